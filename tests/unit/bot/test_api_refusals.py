"""What an operator reads of a refusal of the Model API, in the log, in `check` and in `adopt`."""

import pytest

from services.errors import REFUSALS, ApiRefused, FailureKind
from services.runcomfy.probe import report_error

URL = "https://model-api.runcomfy.net"


@pytest.mark.parametrize(
    ("status", "code", "answer"),
    [(401, None, " (HTTP 401)"), (400, 400004, " (HTTP 400, code 400004)"), (0, None, "")],
)
def test_a_refusal_tells_the_numbers_that_there_are(status: int, code: int | None, answer: str) -> None:
    """A code that was not given is left out, and so is an answer that there was not."""
    refusal = ApiRefused(FailureKind.BAD_TOKEN, http_status=status, error_code=code, reason="Not for people")
    assert str(refusal) == f"the token is refused{answer}"


@pytest.mark.parametrize("kind", FailureKind)
def test_each_kind_of_refusal_is_told_in_words(kind: FailureKind) -> None:
    """No name of the program's own stands in what an operator reads."""
    report = report_error(URL, ApiRefused(kind, http_status=403)).report
    assert "(HTTP 403)" in report
    assert "_" not in report + REFUSALS[kind]


def test_check_says_once_that_a_token_is_refused() -> None:
    """The report names the answer behind its own words, and no second time the same."""
    probe = report_error(URL, ApiRefused(FailureKind.BAD_TOKEN, http_status=401))
    assert probe.report == f"The Model API at {URL} refuses the token (HTTP 401)."
