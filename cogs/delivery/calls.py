"""How long calls to Discord about cards may take, and what a question's answer is."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from cogs.delivery.failures import FailureCategory, classify
from cogs.delivery.outcomes import RetryLater, RouteClosed
from cogs.discord_py.bounded_calls import call_within

T = TypeVar("T")

# What ends a question: asked again, it gets the same answer.
_DEFINITE = frozenset({FailureCategory.REFUSED, FailureCategory.BLOCKED, FailureCategory.MALFORMED})

# How long a call without an upload may take.
SHORT_SECONDS = 30.0
# What a line brings to Discord at the least, in bytes a second: an upload's time grows with its size.
_SLOWEST_LINE = 64 * 1024
# The share of a whole edit's time that one call may take.
_SHARE = 0.9


class Calls:
    """Makes calls. `longest_seconds` bounds one with an upload; `after_cut` runs when one was cut short."""

    def __init__(self, *, longest_seconds: float, after_cut: Callable[[], None]) -> None:
        self._longest_seconds = longest_seconds
        self._after_cut = after_cut

    async def make(self, call: Coroutine[Any, Any, T], *, upload_bytes: int = 0, is_long: bool = False) -> T:
        """Return the call's result. Raises: what it raises; TimeoutError."""
        seconds = self._longest_seconds * _SHARE
        if not is_long:
            seconds = min(SHORT_SECONDS + upload_bytes / _SLOWEST_LINE, seconds)
        return await call_within(call, seconds=seconds, after_cut=self._after_cut)

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
