from __future__ import annotations

import discord
import pytest

from cogs.delivery.verdicts import Verdict, judge


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
    ("status", "code", "verdict"),
    [
        (401, 50027, Verdict.REFUSED),
        (404, 10015, Verdict.REFUSED),
        (404, 10008, Verdict.REFUSED),
        (404, 10003, Verdict.REFUSED),
        (403, 50001, Verdict.REFUSED),
        (403, 50013, Verdict.REFUSED),
        (403, 50007, Verdict.REFUSED),
        (400, 50083, Verdict.REFUSED),
        (413, 40005, Verdict.TOO_LARGE),
        (400, 40005, Verdict.TOO_LARGE),
        (413, 0, Verdict.TOO_LARGE),
        (400, 50035, Verdict.MALFORMED),
        (429, 30046, Verdict.TOO_OFTEN),
        (400, 30046, Verdict.TOO_OFTEN),
        (429, 0, Verdict.LATER),
        (500, 0, Verdict.LATER),
        (503, 50013, Verdict.LATER),
        (408, 0, Verdict.LATER),
        (403, 40006, Verdict.LATER),
        (400, 20016, Verdict.LATER),
        (400, 200000, Verdict.BLOCKED),
        (400, 240000, Verdict.BLOCKED),
        (403, 20009, Verdict.BLOCKED),
        (400, 50033, Verdict.BLOCKED),
        (400, 50006, Verdict.MALFORMED),
        (400, 50109, Verdict.MALFORMED),
        (400, 50045, Verdict.TOO_LARGE),
        (401, 0, Verdict.LATER),
        (403, 0, Verdict.UNKNOWN),
        (404, 0, Verdict.UNKNOWN),
        (400, 99999, Verdict.UNKNOWN),
    ],
)
def test_an_answer_means_what_its_code_says(status: int, code: int, verdict: Verdict) -> None:
    """Only codes that are known to be final close a way; a no that nobody knows is one only after some times."""
    assert judge(answer(status, code)).verdict is verdict


def test_what_is_no_answer_is_tried_again() -> None:
    """A lost connection, a time-out, something never seen: the same way again."""
    for error in (ConnectionResetError(), TimeoutError(), RuntimeError("never seen"), KeyError("other")):
        assert judge(error).verdict is Verdict.LATER


def test_a_rate_limit_tells_for_how_long() -> None:
    """discord.py raises where a wait would be too long for it; the wait is known then."""
    trouble = judge(discord.RateLimited(90.0))
    assert (trouble.verdict, trouble.retry_after_seconds) == (Verdict.LATER, 90.0)


def test_a_429_without_retry_after_is_the_limit_of_old_messages() -> None:
    """discord.py 2.7.1 meets 30046 with a KeyError."""
    assert judge(KeyError("retry_after")).verdict is Verdict.TOO_OFTEN
