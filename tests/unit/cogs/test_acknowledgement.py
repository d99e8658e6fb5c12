"""What is submitted after an acknowledgement that failed: only what may have arrived."""

from __future__ import annotations

from types import SimpleNamespace

import aiohttp
import discord
import pytest

from cogs.answers import Acknowledgement, judge_failure
from cogs.tries import Tries, tries_of_this_task, watched_tries

SILENCE, NO_CONNECTION = None, 0


def tries_of(*answers: int | None) -> Tries:
    """Return what was seen of requests that were answered so."""
    with watched_tries() as tries:
        for answer in answers:
            tries.begin()
            if answer != NO_CONNECTION:
                tries.leave()
            if answer:
                tries.answer(answer)
    return tries


def refused(status: int, code: int = 0) -> discord.HTTPException:
    """Return Discord's refusal as the library raises it."""
    response = SimpleNamespace(status=status, reason="")
    return discord.HTTPException(response, {"code": code, "message": ""})


@pytest.mark.parametrize(
    ("answers", "error", "expected"),
    [
        ((400,), refused(400, 40060), Acknowledgement.TAKEN),
        ((429, 400), refused(400, 40060), Acknowledgement.TAKEN),
        ((NO_CONNECTION, 400), refused(400, 40060), Acknowledgement.TAKEN),
        ((500, 400), refused(400, 40060), Acknowledgement.UNCERTAIN),
        ((SILENCE, 400), refused(400, 40060), Acknowledgement.UNCERTAIN),
        ((404,), refused(404, 10062), Acknowledgement.DEAD),
        ((503, 404), refused(404, 10062), Acknowledgement.DEAD),
        ((401,), refused(401, 50027), Acknowledgement.DEAD),
        ((503, 503), refused(503), Acknowledgement.UNCERTAIN),
        ((429, 429), refused(429), Acknowledgement.UNSENT),
        ((429,), TimeoutError(), Acknowledgement.UNSENT),
        ((429, SILENCE), TimeoutError(), Acknowledgement.UNCERTAIN),
        ((SILENCE,), aiohttp.ServerDisconnectedError(), Acknowledgement.UNCERTAIN),
        ((200,), aiohttp.ClientPayloadError(), Acknowledgement.UNCERTAIN),
        ((NO_CONNECTION,), OSError(24, "Too many open files"), Acknowledgement.UNSENT),
        ((NO_CONNECTION,), TimeoutError(), Acknowledgement.UNSENT),
        ((NO_CONNECTION, NO_CONNECTION), OSError(), Acknowledgement.UNSENT),
        ((500, NO_CONNECTION), OSError(24, "Too many open files"), Acknowledgement.UNCERTAIN),
        ((), OSError(), Acknowledgement.UNCERTAIN),
    ],
)
def test_what_failed_is_judged_by_every_try(
    answers: tuple[int | None, ...], error: Exception, expected: Acknowledgement
) -> None:
    """40060 is ours only after a try of ours that may have arrived; what never left was certainly not acknowledged."""
    assert judge_failure(error, tries_of(*answers)) is expected


def test_tries_are_watched_in_their_block_alone() -> None:
    """What is sent afterwards belongs to nobody's acknowledgement."""
    with watched_tries() as tries:
        assert tries_of_this_task() is tries
    assert tries_of_this_task() is None
