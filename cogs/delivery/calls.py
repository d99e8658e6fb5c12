"""Calls to Discord, bounded in time: discord.py waits out rate limits and server errors in place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from cogs.delivery.failures import FailureCategory, classify
from cogs.delivery.outcomes import RetryLater, RouteClosed

T = TypeVar("T")

# What ends a question: asked again, it gets the same answer.
_DEFINITE = frozenset({FailureCategory.REFUSED, FailureCategory.BLOCKED, FailureCategory.MALFORMED})

# How long a call without an upload may take.
SHORT_SECONDS = 30.0
# What a line brings to Discord at the least, in bytes a second: an upload's time grows with its size.
_SLOWEST_LINE = 64 * 1024
# The share of a whole edit's time that one call may take.
_SHARE = 0.9
# How long a call that was cut short may take to put its locks back. A slower one only waits, and sends nothing.
_TIDY_SECONDS = 1.0


class Calls:
    """Makes calls. `longest_seconds` bounds one with an upload; `after_cut` runs when one was cut short."""

    def __init__(self, *, longest_seconds: float, after_cut: Callable[[], None]) -> None:
        self._longest_seconds = longest_seconds
        self._after_cut = after_cut

    async def make(self, call: Coroutine[Any, Any, T], *, upload_bytes: int = 0, is_long: bool = False) -> T:
        """Return the call's result. Raises: what it raises; TimeoutError.

        The call runs as a task of its own, so that it is cancelled once at most, whoever gives up first: a second
        cancellation would meet discord.py 2.7.1 while it puts its rate limit back, and the limit would stay taken.
        """
        seconds = self._longest_seconds * _SHARE
        if not is_long:
            seconds = min(SHORT_SECONDS + upload_bytes / _SLOWEST_LINE, seconds)
        task = asyncio.create_task(call)
        task.add_done_callback(_note_its_end)
        try:
            await asyncio.wait({task}, timeout=seconds)
        finally:
            if not task.done():
                await self._cut(task)
        if not task.done() or task.cancelled():
            raise TimeoutError
        return task.result()

    async def _cut(self, task: asyncio.Task[T]) -> None:
        task.cancel()
        try:
            await asyncio.wait({task}, timeout=_TIDY_SECONDS)
        finally:
            self._after_cut()

    async def ask(self, call: Coroutine[Any, Any, T], *, is_long: bool = False) -> T:
        """Return a question's answer; a long one may take many calls.

        Raises: RouteClosed for a definite no, RetryLater for anything else.
        """
        try:
            return await self.make(call, is_long=is_long)
        except Exception as error:
            failure = classify(error)
            if failure.category in _DEFINITE:
                raise RouteClosed(failure.words) from error
            raise RetryLater(failure.words, seconds=failure.retry_after_seconds or 0.0, failure=failure) from error


def _note_its_end(task: asyncio.Task[Any]) -> None:
    """Read a failure that nobody waits for any more, so that asyncio does not report it."""
    if not task.cancelled():
        task.exception()
