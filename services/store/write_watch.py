"""Notices when a database takes no writes, and says so once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

# One that fails alone may have met somebody else's lock.
_IN_A_ROW = 2
# Some writes need no room on a full disk: what is over has to stay so for a moment.
_CALM_SECONDS = 10.0


class WriteWatch:
    """Knows from the outcomes of the writes that are made anyway whether the database takes any."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._failures = 0
        self._last_at = self._last_failure_at = monotonic()
        self.problem: str | None = None

    @property
    def quiet_seconds(self) -> float:
        """How long ago the last write ended, well or not."""
        return self._monotonic() - self._last_at

    def failed(self, reason: str) -> None:
        """A write did not come through."""
        self._last_at = self._last_failure_at = self._monotonic()
        self._failures += 1
        if self.problem is None and self._failures >= _IN_A_ROW:
            log.error("nothing can be written to the database, so no command is accepted, no card changes: %s", reason)
        if self._failures >= _IN_A_ROW:
            self.problem = reason

    def succeeded(self) -> None:
        """A write came through."""
        self._last_at = self._monotonic()
        self._failures = 0
        if self.problem is not None and self._last_at - self._last_failure_at >= _CALM_SECONDS:
            self.problem = None
            log.warning("the database can be written again")
