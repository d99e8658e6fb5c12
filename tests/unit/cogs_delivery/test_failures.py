from __future__ import annotations

import discord
import pytest

from cogs.delivery.failures import FailureCategory, classify


class Response:
    """As much of an HTTP answer as discord.py's exceptions read."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.reason = "reason"


def answer(status: int, code: int) -> discord.HTTPException:
    """Return what discord.py raises for such an answer."""
    response = Response(status)
    body = {"message": "words", "code": code}
    return discord.HTTPException(response, body)


@pytest.mark.parametrize(
    ("status", "code", "category"),
    [
        (401, 50027, FailureCategory.REFUSED),
        (404, 10015, FailureCategory.REFUSED),
        (404, 10008, FailureCategory.REFUSED),
        (404, 10003, FailureCategory.REFUSED),
        (403, 50001, FailureCategory.REFUSED),
        (403, 50013, FailureCategory.REFUSED),
        (403, 50007, FailureCategory.REFUSED),
        (400, 50083, FailureCategory.REFUSED),
        (413, 40005, FailureCategory.TOO_LARGE),
        (400, 40005, FailureCategory.TOO_LARGE),
        (413, 0, FailureCategory.TOO_LARGE),
        (400, 50035, FailureCategory.MALFORMED),
        (429, 30046, FailureCategory.TOO_OFTEN),
        (400, 30046, FailureCategory.TOO_OFTEN),
        (429, 0, FailureCategory.LATER),
        (500, 0, FailureCategory.LATER),
        (503, 50013, FailureCategory.LATER),
        (408, 0, FailureCategory.LATER),
        (403, 40006, FailureCategory.LATER),
        (400, 20016, FailureCategory.LATER),
        (400, 200000, FailureCategory.BLOCKED),
        (400, 240000, FailureCategory.BLOCKED),
        (403, 20009, FailureCategory.BLOCKED),
        (400, 50033, FailureCategory.BLOCKED),
        (400, 50006, FailureCategory.MALFORMED),
        (400, 50109, FailureCategory.MALFORMED),
        (400, 50045, FailureCategory.TOO_LARGE),
        (401, 0, FailureCategory.LATER),
        (403, 0, FailureCategory.UNKNOWN),
        (404, 0, FailureCategory.UNKNOWN),
        (400, 99999, FailureCategory.UNKNOWN),
    ],
)
def test_an_answer_means_what_its_code_says(status: int, code: int, category: FailureCategory) -> None:
    """Only codes that are known to be final close a way; a no that nobody knows is one only after some times."""
    assert classify(answer(status, code)).category is category


def test_what_is_no_answer_is_tried_again() -> None:
    """A lost connection, a time-out, something never seen: the same way again."""
    for error in (ConnectionResetError(), TimeoutError(), RuntimeError("never seen"), KeyError("other")):
        assert classify(error).category is FailureCategory.LATER


def test_a_rate_limit_tells_for_how_long() -> None:
    """discord.py raises where a wait would be too long for it; the wait is known then."""
    failure = classify(discord.RateLimited(90.0))
    assert (failure.category, failure.retry_after_seconds) == (FailureCategory.LATER, 90.0)


def test_a_429_without_retry_after_is_the_limit_of_old_messages() -> None:
    """discord.py 2.7.1 meets 30046 with a KeyError."""
    assert classify(KeyError("retry_after")).category is FailureCategory.TOO_OFTEN
