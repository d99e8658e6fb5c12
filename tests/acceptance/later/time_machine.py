"""Moves the sandbox and the bot in it forward together."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sandbox.sandbox import Sandbox

MINUTE = 60
HOUR = 60 * MINUTE


@dataclass(kw_only=True, slots=True)
class TimeMachine:
    """Both clocks, which agree: the sandbox's, and the bot's by way of a file."""

    sandbox: Sandbox
    file: Path
    ahead_seconds: float = 0.0

    def __post_init__(self) -> None:
        self._tell_the_bot()

    def now(self) -> datetime:
        """Return everybody's present."""
        return self.sandbox.clock.now()

    async def forward(self, seconds: float) -> None:
        """Let so much time pass at once; the bot notices at its next look at its clock."""
        await self.sandbox.clock.advance(seconds)
        self.ahead_seconds += seconds
        self._tell_the_bot()

    async def forward_to(self, timestamp: float) -> None:
        """Let time pass until this moment, in seconds since 1970."""
        await self.forward(timestamp - self.now().timestamp())

    def _tell_the_bot(self) -> None:
        written = self.file.with_suffix(".new")
        written.write_text(repr(self.ahead_seconds), encoding="ascii")
        written.replace(self.file)  # so that nobody ever reads half of it


def accepted_at(data_dir: Path, owner_id: int) -> list[int]:
    """Return when this person's jobs were accepted, oldest first, in whole seconds since 1970."""
    with closing(sqlite3.connect(data_dir / "jobs.db", timeout=10)) as connection:
        rows = connection.execute("SELECT created_at FROM jobs WHERE owner_id = ? ORDER BY number", (owner_id,))
        return [int(microseconds) // 1_000_000 for (microseconds,) in rows]
