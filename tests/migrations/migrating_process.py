"""Migrates a database as a process of its own: `python -m tests.migrations.migrating_process URL`, then says how."""

from __future__ import annotations

import asyncio
import sys

from services.store import migrate
from services.store.engine import open_database


async def main(url: str) -> None:
    """Wait for a line, so that several processes begin together; then migrate."""
    async with open_database(url, alone=False) as database:
        _say("ready")
        sys.stdin.readline()
        _say("migrated" if await migrate.upgrade(database) else "nothing to do")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
