"""Every error has a sentence that says what happened and what to do."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from cogs.ui.sentences import cancel_sentence, failure_sentence, result_sentence, sentence
from services.errors import (
    CannotPost,
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
    ("error", "facts"),
    [
        (InvalidInput("prompt", InputProblem.TOO_LONG, value="4001", limit="4000"), ["`prompt`", "4001", "4000"]),
        (InvalidInput("image_urls", InputProblem.URL_TOO_LONG, value="3000", limit="2048"), ["3000", "2048"]),
        (InvalidInput("quality", InputProblem.NOT_A_CHOICE, limit="low, high"), ["`quality`", "low, high"]),
        (InvalidInput("steps", InputProblem.OUT_OF_RANGE, value="0", limit="1..50"), ["`steps`", "from 1 to 50"]),
        (InvalidInput("steps", InputProblem.OUT_OF_RANGE, value="0", limit="1.."), ["at least 1."]),
        (InvalidInput("steps", InputProblem.OUT_OF_RANGE, value="9", limit="..8"), ["at most 8."]),
        (InvalidInput("image1", InputProblem.NOT_MEDIA, value="notes.txt"), ["`image1`", "notes.txt", "PNG"]),
        (QuotaExceeded(QuotaKind.PER_DAY, used=19, limit=20, resets_at=RESETS_AT), ["19 of 20", "<t:1767323045:R>"]),
        (QuotaExceeded(QuotaKind.WAITING, used=9, limit=10, resets_at=None), ["9 of 10", "`/quota`"]),
        (QuotaExceeded(QuotaKind.PER_DAY, used=0, limit=0, resets_at=None), ["takes no jobs", "operator"]),
        (CannotPost(("Send Messages", "Attach Files")), ["Send Messages, Attach Files", "`private`"]),
    ],
)
def test_a_sentence_holds_what_one_needs_to_fix_it(error: ComfycordError, facts: list[str]) -> None:
    """What was given, what is allowed, and when or how it goes on, as far as the error knows."""
    told = sentence(error)
    assert [fact for fact in facts if fact not in told] == []


def test_what_was_typed_comes_back_harmless() -> None:
    """No mention and no markdown of a person's own comes alive in the bot's answer."""
    assert r"\<@1>.txt" in sentence(InvalidInput("image1", InputProblem.NOT_MEDIA, value="<@1>.txt"))
    assert r"\*ultra\*" in sentence(InvalidInput("quality", InputProblem.NOT_A_CHOICE, value="*ultra*", limit="low"))


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


@pytest.mark.parametrize("kind", list(FailureKind))
def test_every_failure_says_what_it_cost(kind: FailureKind) -> None:
    """Either that nothing was charged, or that it may have been."""
    told = failure_sentence(JobFailure(kind=kind))
    assert ("Nothing was charged" in told) != ("may have charged" in told)


JARGON = re.compile(r"\b(API|tokens?|databases?|HTTP|exceptions?|null)\b")
PLAIN = [JobNotFound("x"), NotAllowed("x"), InvalidTransition("x"), StoreUnavailable("x"), UnknownModel("x")]


@pytest.mark.parametrize("error", PLAIN)
def test_no_sentence_holds_jargon(error: ComfycordError) -> None:
    """Members read of the bot, RunComfy and what to do, not of what the bot is made of."""
    told = [sentence(error), *(failure_sentence(JobFailure(kind=kind)) for kind in FailureKind)]
    told += [result_sentence(problem) for problem in ResultProblem]
    told += [sentence(InvalidInput("x", problem)) for problem in InputProblem]
    assert [each for each in told if JARGON.search(each)] == []


def test_the_operators_failures_name_the_operator() -> None:
    """What only the operator can fix says so."""
    for kind in (FailureKind.BAD_TOKEN, FailureKind.NO_BALANCE, FailureKind.UNKNOWN_MODEL, FailureKind.FORBIDDEN):
        assert "operator" in failure_sentence(JobFailure(kind=kind))


def test_every_result_problem_and_outcome() -> None:
    """No word of the services is left without a sentence, and no two outcomes read the same."""
    assert len({result_sentence(problem) for problem in ResultProblem}) == len(ResultProblem)
    assert len({cancel_sentence(outcome) for outcome in CancelOutcome}) == len(CancelOutcome)
