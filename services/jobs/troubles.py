"""What a loop says of a database that fails it, while it goes on: which errors pass is not known beforehand."""

from __future__ import annotations

import logging

from services.errors import StoreUnavailable

log = logging.getLogger(__name__)


class Troubles:
    """Tells of failures in a row: an outage quietly, anything else with its whole story once."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._in_a_row = 0

    def tell(self, error: Exception) -> None:
        """Log one failure; the loop tries again after its ordinary wait."""
        self._in_a_row += 1
        if isinstance(error, StoreUnavailable):
            log.info("%s: %s", self._what, error)  # told once, by the database itself
        elif self._in_a_row == 1:
            log.error("%s, tried again", self._what, exc_info=error)
        else:
            log.warning("%s (%d in a row): %r", self._what, self._in_a_row, error)

    def passed(self) -> None:
        """It worked."""
        self._in_a_row = 0
