"""Calls to Discord, bounded in time: discord.py waits out rate limits and server errors in place."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from cogs.delivery.outcomes import Closed, TryLater
from cogs.delivery.verdicts import Verdict, judge

T = TypeVar("T")

# How long a call without an upload may take.
SHORT_SECONDS = 30.0


class Calls:
    """Makes calls. `longest_seconds` bounds one with an upload; `after_cut` runs when one was cut short."""

    def __init__(self, *, longest_seconds: float, after_cut: Callable[[], None]) -> None:
        self._longest_seconds = longest_seconds
        self._after_cut = after_cut

    async def make(self, call: Awaitable[T], *, is_long: bool = False) -> T:
        """Return the call's result. Raises: what it raises; TimeoutError."""
        seconds = self._longest_seconds if is_long else min(SHORT_SECONDS, self._longest_seconds)
        try:
            async with asyncio.timeout(seconds):
                return await call
        except (TimeoutError, asyncio.CancelledError):
            self._after_cut()
            raise

    async def ask(self, call: Awaitable[T]) -> T:
        """Return a question's answer. Raises: Closed for a definite no, TryLater for anything else."""
        try:
            return await self.make(call)
        except Exception as error:
            trouble = judge(error)
            if trouble.verdict is Verdict.REFUSED:
                raise Closed(trouble.words) from error
            raise TryLater(trouble.words, seconds=trouble.retry_after_seconds or 0.0) from error
