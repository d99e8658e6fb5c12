"""The sandbox's clock: real time plus an offset that a test or a person can move forward."""

from __future__ import annotations

import asyncio
import contextlib
import time
from datetime import UTC, datetime, timedelta


class SandboxClock:
    """Wall time of the sandbox, aware UTC. `advance` moves it forward and wakes whoever sleeps on it.

    Everything in the sandbox that has a deadline (an interaction's 3 seconds and 15 minutes, signed links, how long a
    request stays in the queue) reads this clock, so that moving it makes those things happen at once.
    """

    def __init__(self) -> None:
        self._offset_seconds = 0.0
        self._moved = asyncio.Event()  # of the next move; each move has one of its own

    def now(self) -> datetime:
        """The sandbox's current time."""
        return datetime.now(UTC) + timedelta(seconds=self._offset_seconds)

    def monotonic(self) -> float:
        """Seconds that never run backwards and that jump with `advance`."""
        return time.monotonic() + self._offset_seconds

    async def advance(self, seconds: float) -> None:
        """Move the clock forward; `seconds` must not be negative."""
        if seconds < 0:
            msg = "the sandbox's time does not run backwards"
            raise ValueError(msg)
        self._offset_seconds += seconds
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def sleep(self, seconds: float) -> None:
        """Sleep for `seconds` by the sandbox's clock; returns early in real time when the clock is moved past it."""
        until = self.monotonic() + seconds
        while (left := until - self.monotonic()) > 0:
            # No lock, and not `wait_for`: a sleeper that is cancelled just as its time is up must not keep anything.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._moved.wait()
