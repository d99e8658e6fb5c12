"""Ids that carry the sandbox's time, as Discord's do."""

from __future__ import annotations

from datetime import UTC, datetime

from sandbox.clock import SandboxClock

EPOCH_MS = 1_420_070_400_000  # the first second of 2015
_SEQUENCE_BITS = 22


class Snowflakes:
    """Makes ids that grow strictly, each with the millisecond of its birth in the upper bits."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        """A new id of the present moment."""
        now_ms = int(self._clock.now().timestamp() * 1000) - EPOCH_MS
        self._last = max(now_ms << _SEQUENCE_BITS, self._last + 1)
        return self._last


def created_at(snowflake: int) -> datetime:
    """The moment an id was made."""
    return datetime.fromtimestamp(((snowflake >> _SEQUENCE_BITS) + EPOCH_MS) / 1000, UTC)
