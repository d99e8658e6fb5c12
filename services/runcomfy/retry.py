"""Repeating free calls: how often, how long to wait, and when to leave it to the caller."""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from services.clock import Clock
from services.errors import ApiUnavailable

log = logging.getLogger(__name__)

T = TypeVar("T")
# A wish for a longer pause is heard, but not for longer than this: a wrong header must not stop a job for a day.
RETRY_AFTER_CAP_SECONDS = 600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryPolicy:
    """Capped exponential backoff with full jitter: before try n+1 wait a random part of `first * 2**n`.

    `budget_seconds` bounds a call with all its tries and waits; a wait that does not fit in it is not begun.
    """

    tries: int = 4
    first_seconds: float = 0.5
    longest_seconds: float = 8.0
    budget_seconds: float = 45.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Retrier:
    """Repeats a free call as long as it ends in ApiUnavailable. Time and chance come in; `chance` is in [0, 1)."""

    clock: Clock
    sleep: Callable[[float], Awaitable[object]]
    chance: Callable[[], float]
    policy: RetryPolicy = RetryPolicy()

    async def run(
        self,
        attempt: Callable[[float], Awaitable[T]],
        *,
        on_failure: Callable[[ApiUnavailable], object],
    ) -> T:
        """Await `attempt(seconds left)` until it succeeds, fails for good, or the policy is used up.

        Each ApiUnavailable goes to `on_failure` first.

        Raises: ApiUnavailable of the last try, whose `retry_after_seconds` is the service's wish; what else it raises.
        """
        until = self.clock.monotonic() + self.policy.budget_seconds
        done = 0
        while True:
            try:
                return await attempt(max(until - self.clock.monotonic(), 0.001))
            except ApiUnavailable as error:
                on_failure(error)
                done += 1
                pause = self._pause(done, error)
                if done >= self.policy.tries or self.clock.monotonic() + pause >= until:
                    raise
                log.debug("try %d ended with %s; again in %.2f s", done, error, pause)
            await self.sleep(pause)

    def _pause(self, done: int, error: ApiUnavailable) -> float:
        backoff = min(self.policy.longest_seconds, self.policy.first_seconds * 2.0 ** (done - 1)) * self.chance()
        return max(backoff, error.retry_after_seconds or 0.0)


def parse_retry_after(text: str | None, *, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for, capped; None where it cannot be read.

    RFC 9110 has seconds or a date; seconds with a fraction are read too.
    """
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            date = parsedate_to_datetime(text)
            seconds = ((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds()
        except Exception:  # noqa: BLE001 - a header that nobody foresaw must not decide over a paid job
            return None
    if not math.isfinite(seconds):
        return None
    return min(max(seconds, 0.0), RETRY_AFTER_CAP_SECONDS)
