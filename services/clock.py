"""Time as an argument: what asks for the present gets a `Clock`."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where the present comes from."""

    def now(self) -> datetime:
        """Wall time, aware UTC: for what is stored and shown."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards: for waits inside this process."""
        ...


class DeadlineClock:
    """Wall time for deadlines: a step forward of the machine's clock ends nothing that has not run its time.

    After a step it goes on from where it was, by the monotonic clock, and follows the step once `longest` has run: by
    then whatever was alive at the step has had its whole time. Another step meanwhile makes that time begin anew. A
    clock that is set back is followed at once.
    """

    STEP_SECONDS = 5.0  # more than this between two looks, beyond what ran monotonically, is a step

    def __init__(self, clock: Clock, *, longest: timedelta) -> None:
        self._clock = clock
        self._longest_seconds = longest.total_seconds()
        self._wall = clock.now()
        self._monotonic = clock.monotonic()
        self._stepped_at: float | None = None
        self._ahead_seconds = 0.0

    def now(self) -> datetime:
        """Return the wall time without a step of less than `longest` ago, aware UTC."""
        wall, monotonic = self._clock.now(), self._clock.monotonic()
        steady = self._wall + timedelta(seconds=monotonic - self._monotonic)
        ahead = (wall - steady).total_seconds()
        if ahead > self.STEP_SECONDS:
            if self._stepped_at is None or ahead > self._ahead_seconds + self.STEP_SECONDS:
                self._stepped_at = monotonic
            self._ahead_seconds = ahead
            if monotonic - self._stepped_at < self._longest_seconds:
                return steady
        self._wall, self._monotonic, self._stepped_at = wall, monotonic, None
        return wall


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """Return the machine's wall time, aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the machine's monotonic seconds."""
        return time.monotonic()
