"""Opens a database as a bot does, says so, and keeps it until it is told otherwise or killed."""

from __future__ import annotations

import asyncio
import sys

from services.errors import StartupError
from services.store.engine import open_database


async def main(url: str) -> None:
    """Say "open" or why not, then wait for a line."""
    try:
        async with open_database(url, alone=True) as database:
            await database.ping()
            sys.stdout.write("open\n")
            sys.stdout.flush()
            sys.stdin.readline()
    except StartupError as error:
        sys.stdout.write(f"{type(error).__name__}: {error}\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
