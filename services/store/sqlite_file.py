"""Notices an SQLite file that is removed or replaced under the running bot, and does not lose what was in it."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from services.errors import StoreUnavailable

log = logging.getLogger(__name__)

# How long the transactions under way get to end before a file is written anew.
_SETTLE_SECONDS = 5.0
# A page that says that there will be a log. With its tables a database is many times as large.
_EMPTY_BYTES = 4096


class SqliteFile:
    """The file behind the connections of these engines.

    What is removed lives on for whoever has it open: commits would go on, and be gone with the process.
    """

    def __init__(self, path: Path, *engines: AsyncEngine) -> None:
        self._path = path
        self._engines = engines
        self._known: tuple[int, int] | None = None
        self._repairing = asyncio.Lock()
        self._users = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @asynccontextmanager
    async def in_place(self, *, writes: bool) -> AsyncIterator[None]:
        """Have the file that is open stand at its path while a transaction runs. Raises: StoreUnavailable."""
        await self._require()
        self._users += 1
        self._idle.clear()
        try:
            yield
        except StoreUnavailable:
            raise
        except Exception as error:
            if self._is_in_place():
                raise
            # A connection that was opened just then made an empty file, without a table.
            raise StoreUnavailable(f"{self._path} was removed under the running bot") from error
        finally:
            self._users -= 1
            if not self._users:
                self._idle.set()
        if writes and self._known is None:
            # Not before: some file systems make another file of one that is written to for the first time.
            self._known = _identity(self._path)

    async def _require(self) -> None:
        if self._is_in_place():
            return
        async with self._repairing:
            there = _identity(self._path)
            if there is None:
                await self._write_again()
            elif there != self._known:
                # Not to be used unasked: jobs of an old copy would be submitted, and paid for, a second time.
                msg = f"{self._path} was replaced under the running bot: put the old file back, or restart the bot"
                raise StoreUnavailable(msg)

    def _is_in_place(self) -> bool:
        return self._known is None or _identity(self._path) == self._known

    async def _write_again(self) -> None:
        """Write the file from a connection that has it open still. Nobody may have the old one open afterwards.

        The last one to close that would remove the new one's write-ahead log, by its name.
        """
        try:
            async with asyncio.timeout(_SETTLE_SECONDS):
                await self._idle.wait()
            copy = await self._copy()
            for engine in self._engines:
                await engine.dispose()
            await asyncio.to_thread(_put_in_place, copy, self._path)
        except (SQLAlchemyError, sqlite3.Error, OSError, TimeoutError) as error:
            raise StoreUnavailable(f"{self._path} was removed under the running bot: {error}") from error
        self._known = _identity(self._path)
        log.error("%s was removed under the running bot, and was written anew: nothing of it is lost", self._path)

    async def _copy(self) -> Path:
        engine = next((each for each in self._engines if _has_open(each)), None)
        if engine is None:
            raise OSError("no connection has it open")
        copy = self._path.with_name(f"{self._path.name}.anew")
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy.unlink(missing_ok=True)
        copy.touch(mode=0o600)
        async with engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await driver.execute("VACUUM INTO ?", (str(copy),))
        return copy


def _has_open(engine: AsyncEngine) -> bool:
    """Whether a connection waits in the pool: a new one would open what stands at the path now."""
    return isinstance(engine.pool, QueuePool) and engine.pool.checkedin() > 0


def _identity(path: Path) -> tuple[int, int] | None:
    """Return which file stands there; None: none, or one that was made by being opened."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found.st_size > _EMPTY_BYTES else None


def _put_in_place(copy: Path, path: Path) -> None:
    """Rename the copy, synced. A log that is left of the old file must not be taken for the new one's."""
    with copy.open("rb+") as file:
        os.fsync(file.fileno())
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    copy.replace(path)
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(path.parent, os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
