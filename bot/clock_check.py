"""Whether this machine's clock is right, by the `Date` of Discord's answers.

Deadlines, and links that die, depend on it.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from services.clock import Clock

log = logging.getLogger(__name__)

# An answer is under way for seconds, and its header has whole ones: less than this says nothing.
TOLERATED = timedelta(seconds=60)


def clock_error(date: str | None, *, now: datetime) -> timedelta | None:
    """Return by how much a clock that shows `now` is ahead (negative: behind); None where the header tells nothing."""
    try:
        told = parsedate_to_datetime(date or "")
        return now - (told if told.tzinfo else told.replace(tzinfo=UTC))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def sentence_of(error: timedelta) -> str:
    """Return what is wrong with the clock, and what to do."""
    seconds = round(abs(error.total_seconds()))
    told = f"{seconds // 60} min {seconds % 60} s" if seconds < 2 * 3_600 else f"{seconds / 3_600:.1f} h"
    direction = "ahead of" if error > timedelta(0) else "behind"
    return f"This machine's clock is {told} {direction} Discord's. Set it right, or have it set (NTP)."


class ClockWatch:
    """Tells in the log that the clock is wrong: once, and again when the difference has changed by minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: timedelta | None = None
        self.error: timedelta | None = None

    def see(self, date: str | None) -> None:
        """Take note of an answer's `Date`."""
        error = clock_error(date, now=self._clock.now())
        if error is None:
            return
        self.error = error
        if abs(error) <= TOLERATED:
            if self._told is not None:
                log.info("this machine's clock agrees with Discord's again")
            self._told = None
        elif self._told is None or abs(error - self._told) > TOLERATED:
            self._told = error
            log.warning("%s", sentence_of(error))

    @property
    def problem(self) -> str | None:
        """Return what is wrong by the last answer; None where nothing is, or none has come."""
        return None if self.error is None or abs(self.error) <= TOLERATED else sentence_of(self.error)
