"""Transactions: each call of the store is one, and an outage has one name."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeVar

from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.errors import StoreUnavailable
from services.jobs.shielding import run_to_end
from services.store.database_errors import is_passing_perhaps, outage_of, sentence_of
from services.store.sqlite_file import SqliteFile
from services.store.write_watch import WriteWatch

log = logging.getLogger(__name__)
T = TypeVar("T")

# What is done in one transaction. It may be done again from its start, so it must change nothing but the database.
Work = Callable[[AsyncConnection], Awaitable[T]]

# How often a transaction is tried that was undone for another one's sake, or whose connection had died idle.
ATTEMPTS = 4

# How long a transaction waits where the server has no connection left for it, and how often it asks for one meanwhile.
CROWDED_SECONDS = 3.0
_CROWDED_PAUSE_SECONDS = 0.1

# What a transaction gets to end by itself when its caller is cancelled: longer than any that is not stuck.
GRACE_SECONDS = 2.0

# What those still under way get before the connections are closed: longer than a wait for another program's lock.
SETTLE_SECONDS = 4.0

# For how long the outcome of the last write says whether the next one will be taken.
TRUSTED_SECONDS = 5.0

NO_ANSWER = "the database does not answer: "


class Database:
    """A database that is open. `is_alone`: no other bot works on it (SQLite's file lock is ours)."""

    def __init__(
        self, *, writers: AsyncEngine, readers: AsyncEngine, is_alone: bool, file: SqliteFile | None = None
    ) -> None:
        self._writers = writers
        self._readers = readers
        self._file = file
        self._under_way: set[asyncio.Future[object]] = set()
        self._writes = WriteWatch()
        self.is_alone = is_alone

    @property
    def writes_at_once(self) -> int:
        """How many transactions that write are worth being under way at once: SQLite has one writer."""
        return 1 if self._writers is not self._readers else 4

    async def read(self, work: Work[T]) -> T:
        """Do `work` in a transaction that only reads, and return what it returns.

        Raises: StoreUnavailable.
        """
        return await self._to_its_end(self._transact(self._readers, work))

    async def write(self, work: Work[T]) -> T:
        """Do `work` in one transaction and commit it; an error of its own undoes everything.

        Raises: StoreUnavailable: nothing was changed, or, where the commit's answer was lost, everything.
        """
        try:
            result = await self._to_its_end(self._transact(self._writers, work, writes=True))
        except StoreUnavailable as error:
            self._writes.failed(str(error).removeprefix(NO_ANSWER))
            raise
        self._writes.succeeded()
        return result

    async def require_writable(self, write: Callable[[], Awaitable[None]]) -> None:
        """Have the database answer, and take writes as far as the last ones tell; if they are old, try `write`.

        Raises: StoreUnavailable.
        """
        await self.ping()
        if self._writes.quiet_seconds > TRUSTED_SECONDS:
            await write()
        if self._writes.problem is not None:
            raise StoreUnavailable(f"nothing can be written to the database: {self._writes.problem}")

    async def ping(self) -> None:
        """Ask the database for an answer.

        Raises: StoreUnavailable.
        """

        async def ask(connection: AsyncConnection) -> None:
            await connection.execute(select(true()))

        await self.read(ask)

    async def settle(self) -> None:
        """Wait for the transactions under way; call it before the connections are closed.

        One that was given up still waits for its connection's thread, and would do so for ever once that has ended.
        """
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=SETTLE_SECONDS)

    async def _transact(self, engine: AsyncEngine, work: Work[T], *, writes: bool = False) -> T:
        if self._file is None:
            return await _in_transaction(engine, work)
        async with self._file.in_place(writes=writes):
            return await _in_transaction(engine, work)

    async def _to_its_end(self, transaction: Coroutine[object, object, T]) -> T:
        """Await a transaction; when the caller is cancelled, let it end first, then go on with the cancellation.

        A statement on SQLite runs in a thread and cannot be called back: its connection, given up in the middle, would
        keep the file locked.
        """
        task = asyncio.ensure_future(transaction)
        self._under_way.add(task)  # type: ignore[arg-type]  # only its end matters, not what it returns
        task.add_done_callback(self._under_way.discard)
        return await run_to_end(task, grace_seconds=GRACE_SECONDS)


async def _in_transaction(engine: AsyncEngine, work: Work[T]) -> T:
    attempt = 1
    crowded_until = time.monotonic() + CROWDED_SECONDS
    while True:
        is_committing = False
        try:
            async with engine.connect() as connection:
                result = await work(connection)
                is_committing = True
                await connection.commit()
                return result
        except Exception as error:
            outage = outage_of(error)
            # Before its commit was sent, a transaction has certainly changed nothing.
            if not is_committing and outage is not None and outage.is_crowded and time.monotonic() < crowded_until:
                await asyncio.sleep(_CROWDED_PAUSE_SECONDS)
                continue
            passes = is_passing_perhaps(error) if outage is None else outage.is_passing
            if not is_committing and passes and attempt < ATTEMPTS:
                log.info("a transaction is tried again: %s", outage.reason if outage else sentence_of(error))
                attempt += 1
                continue
            if outage is None:
                raise
            raise StoreUnavailable(NO_ANSWER + outage.reason) from error
