"""Runs the real bot by a clock that a test moves forward while it runs.

`python -m tests.acceptance.later.moved_clock FILE run --config CONFIG`: FILE says by how many seconds the bot's clock
is ahead of the machine's. Leases are measured by the database's clock, which stays as it is. What discord.py waits
before it goes back to a gateway that was away, which is partly chance, is a moment here.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

import discord
from discord.backoff import ExponentialBackoff

from bot import wiring
from bot.__main__ import main
from services.clock import SystemClock


class MovedClock(SystemClock):
    """The machine's clocks, ahead by what the file says now."""

    ahead = Path()

    def now(self) -> datetime:
        """Return wall time, aware UTC."""
        return super().now() + timedelta(seconds=self._seconds())

    def monotonic(self) -> float:
        """Return seconds that never run backwards: the file's figure only grows."""
        return super().monotonic() + self._seconds()

    def _seconds(self) -> float:
        return float(self.ahead.read_text(encoding="ascii"))


def short_delay(_: object) -> float:
    """Return the seconds until the next try to reach the gateway."""
    return 0.1


async def identify_at_once(_: discord.Client, shard_id: int | None, *, initial: bool = False) -> None:
    """Let a login follow another at once."""


if __name__ == "__main__":
    MovedClock.ahead = Path(sys.argv[1])
    wiring.SystemClock = MovedClock  # type: ignore[attr-defined]  # not exported: what is wired is its own affair
    ExponentialBackoff.delay = short_delay  # type: ignore[assignment]  # overloaded by the kind of number
    discord.Client.before_identify_hook = identify_at_once  # type: ignore[assignment]  # unbound
    sys.exit(main(sys.argv[2:]))
