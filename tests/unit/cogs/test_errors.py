"""Every error has a sentence that says what happened and what to do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cogs.cancelling import outcome_sentence
from cogs.errors import failure_sentence, result_sentence, sentence
from cogs.places import CannotPost
from services.errors import (
    ComfycordError,
    FailureKind,
    InputProblem,
    InvalidInput,
    InvalidTransition,
    JobNotFound,
    NotAllowed,
    QuotaExceeded,
    QuotaKind,
    ResultProblem,
    StoreUnavailable,
    UnknownModel,
)
from services.jobs.cancelling import CancelOutcome
from services.jobs.model import JobFailure

RESETS_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("problem", list(InputProblem))
def test_every_input_problem(problem: InputProblem) -> None:
    """Each way in which an input can be wrong names the option or the pictures, and holds no open placeholder."""
    told = sentence(InvalidInput("image2", problem, value="v" * 5_000, limit="10"))
    assert "`image2`" in told or "pictures" in told
    assert "{" not in told
    assert len(told) < 900


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            InvalidInput("prompt", InputProblem.TOO_LONG, value="4001", limit="4000"),
            "`prompt` is too long: 4001 characters, and 4000 are allowed.",
        ),
        (
            InvalidInput("image_urls", InputProblem.URL_TOO_LONG, value="3000", limit="2048"),
            "An address in `image_urls` is too long: 3000 characters, and 2048 are allowed.",
        ),
        (
            InvalidInput("quality", InputProblem.NOT_A_CHOICE, value="*ultra*", limit="low, high"),
            r"`quality` cannot be “\*ultra\*”. Choose one of: low, high.",
        ),
        (
            InvalidInput("steps", InputProblem.OUT_OF_RANGE, value="0", limit="1..50"),
            "`steps` cannot be 0: it has to be from 1 to 50.",
        ),
        (
            InvalidInput("steps", InputProblem.OUT_OF_RANGE, value="0", limit="1.."),
            "`steps` cannot be 0: it has to be at least 1.",
        ),
        (
            InvalidInput("steps", InputProblem.OUT_OF_RANGE, value="9", limit="..8"),
            "`steps` cannot be 9: it has to be at most 8.",
        ),
        (
            InvalidInput("image1", InputProblem.NOT_MEDIA, value="<@1>.txt"),
            r"`image1` (“\<@1>.txt”) is no picture that can be used. Attach a PNG, JPEG, WebP or GIF file.",
        ),
        (
            QuotaExceeded(QuotaKind.PER_DAY, used=20, limit=20, resets_at=RESETS_AT),
            "You have used 20 of 20 jobs in 24 hours. The next one is free <t:1767323045:R>.",
        ),
        (
            QuotaExceeded(QuotaKind.WAITING, used=10, limit=10, resets_at=None),
            (
                "You have 10 of 10 jobs running or waiting. The next one is free when one of them has ended; "
                "`/quota` shows how it stands."
            ),
        ),
        (
            QuotaExceeded(QuotaKind.PER_DAY, used=0, limit=0, resets_at=None),
            "This bot takes no jobs at present: its operator has set the limit to 0.",
        ),
        (
            CannotPost(("Send Messages", "Attach Files")),
            (
                "This bot may not post here: it lacks Send Messages, Attach Files. "
                "Try again with `private` on, or in another channel."
            ),
        ),
    ],
)
def test_sentences(error: ComfycordError, expected: str) -> None:
    """What a person reads holds the figures, and their own words harmless."""
    assert sentence(error) == expected


@pytest.mark.parametrize(
    "error",
    [
        JobNotFound("x"),
        NotAllowed("x"),
        InvalidTransition("x"),
        StoreUnavailable("x"),
        UnknownModel("x"),
        ComfycordError("secret inside"),
    ],
)
def test_plain_sentences(error: ComfycordError) -> None:
    """What is inside an error for the log is not shown."""
    assert sentence(error).endswith(".")
    assert "secret" not in sentence(error)


def test_not_found_and_not_yours_are_told_apart_only_where_allowed() -> None:
    """A job that is not there and one that one may not see read the same: both are JobNotFound."""
    assert sentence(JobNotFound("a")) == sentence(JobNotFound("b"))


@pytest.mark.parametrize("kind", list(FailureKind))
def test_every_failure(kind: FailureKind) -> None:
    """A failed job says what it means for the quota, and never passes the service's words off as ours."""
    told = failure_sentence(JobFailure(kind=kind, reason="boom"))
    assert "count" in told
    assert "quota" in told
    assert "boom" not in told
    assert ("Nothing was charged" in told) == (kind not in {FailureKind.MODEL_FAILED, FailureKind.REQUEST_GONE})


def test_the_operators_failures_name_the_operator() -> None:
    """What only the operator can mend says so."""
    for kind in (FailureKind.BAD_TOKEN, FailureKind.NO_BALANCE, FailureKind.UNKNOWN_MODEL, FailureKind.FORBIDDEN):
        assert "operator" in failure_sentence(JobFailure(kind=kind))


def test_every_result_problem_and_outcome() -> None:
    """No word of the services is left without a sentence, and no two outcomes read the same."""
    assert len({result_sentence(problem) for problem in ResultProblem}) == len(ResultProblem)
    assert len({outcome_sentence(outcome) for outcome in CancelOutcome}) == len(CancelOutcome)
