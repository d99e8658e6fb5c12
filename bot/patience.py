"""Tries again what Discord does not take just now: ever more rarely, and as late as it asks for."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp
import discord

from bot.login import words_of
from cogs.discord_py.rate_limits import lacks_retry_after
from cogs.passing_answers import passes
from services.errors import StoreUnavailable

log = logging.getLogger(__name__)
T = TypeVar("T")

# The pauses double from the first to the longest.
FIRST_SECONDS = 2.0
LONGEST_SECONDS = 300.0
# The log tells of every so many tries in vain, and of the first.
_TELL_EVERY = 12
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500


def is_overload(error: BaseException) -> bool:
    """Whether Discord answered, and has no room for this just now: a server's error, or too many requests."""
    return isinstance(error, discord.RateLimited) or (
        isinstance(error, discord.HTTPException)
        and (error.status >= _SERVER_ERROR or error.status == _TOO_MANY_REQUESTS)
    )


def is_passing(error: BaseException) -> bool:
    """Whether the same may be taken later: an overload, no connection, no database.

    So is a page: it comes from something in between.
    """
    if isinstance(error, discord.GatewayNotFound):
        return error.__cause__ is None or is_passing(error.__cause__)
    is_answer = isinstance(error, discord.HTTPException) and (passes(error) or _is_page(error))
    passing = (aiohttp.ClientError, OSError, StoreUnavailable, discord.RateLimited)
    return is_answer or lacks_retry_after(error) or isinstance(error, passing)


def _is_page(error: discord.HTTPException) -> bool:
    return not error.code and error.response.headers.get("Content-Type", "").startswith("text/")


def pause_seconds(failures: int, error: BaseException, *, spread: float) -> float:
    """Return how long to wait after so many failures; `spread`, 0 to 1, keeps many bots from coming at once."""
    pause = min(FIRST_SECONDS * 2.0 ** min(failures - 1, 20), LONGEST_SECONDS) * (0.75 + spread / 2)
    return max(pause, _asked_seconds(error))


def _asked_seconds(error: BaseException) -> float:
    """Return for how long Discord, or what stands before it, asked to be left alone; an hour at most."""
    if isinstance(error, discord.RateLimited):
        return min(error.retry_after, 3600.0)
    cause = error.__cause__ if isinstance(error, discord.GatewayNotFound) else error
    given = cause.response.headers.get("Retry-After", "") if isinstance(cause, discord.HTTPException) else ""
    try:
        return max(0.0, min(float(given), 3600.0))
    except ValueError:
        return 0.0


async def keep_trying(
    what: str, work: Callable[[], Awaitable[T]], *, is_worth_waiting: Callable[[BaseException], bool] = is_passing
) -> T:
    """Return what the work does as soon as Discord takes it; `what` completes "it was not possible to …".

    Raises: what does not pass by waiting.
    """
    failures = 0
    while True:
        try:
            return await work()
        except Exception as error:
            if not is_worth_waiting(error):
                raise
            failures += 1
            seconds = pause_seconds(failures, error, spread=random.random())  # noqa: S311 - no secret
            level = logging.WARNING if failures % _TELL_EVERY == 1 else logging.INFO
            log.log(
                level, "it was not possible to %s (%s): tried again in %.0f s, until it is", what, _told(error), seconds
            )
        await asyncio.sleep(seconds)


def _told(error: BaseException) -> str:
    cause = error.__cause__ if isinstance(error, discord.GatewayNotFound) and error.__cause__ else error
    if isinstance(cause, discord.HTTPException):
        # Discord's own words come with a code; what else may answer there sends a page of many lines.
        return f"HTTP {cause.status}" + (f", {cause.text}" if cause.code else "")
    return words_of(cause) if isinstance(cause, Exception) else type(cause).__name__
