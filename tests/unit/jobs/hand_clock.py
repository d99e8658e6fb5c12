"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.unit.jobs.factories import NOON


class HandClock:
    """Implements `services.clock.Clock`; `move` is the only thing that makes time pass."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._monotonic = 1000.0

    def now(self) -> datetime:
        """Return the hand-set wall time."""
        return self._now

    def monotonic(self) -> float:
        """Return the hand-set monotonic seconds."""
        return self._monotonic

    def move(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def step(self, by: timedelta) -> None:
        """Set the wall clock, as a person or a time server does; no time passes."""
        self._now += by
