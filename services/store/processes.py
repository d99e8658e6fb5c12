"""Which processes work on this database: each gives signs of life, by the database's clock."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.store.database import Database
from services.store.engine import db_now
from services.store.tables import processes
from services.store.transactions import writes

_MICROSECONDS = 1_000_000
# A process that was silent for so long is nobody's concern any more.
_FORGOTTEN_AFTER = 3600 * _MICROSECONDS
_BEAT = update(processes).where(processes.c.worker_id == bindparam("beating")).values(seen_at=db_now())
_BEGIN = insert(processes).values(worker_id=bindparam("beating"), seen_at=db_now())
_LEAVE = delete(processes).where(processes.c.worker_id == bindparam("leaving"))
_FORGET = delete(processes).where(processes.c.seen_at < db_now() - _FORGOTTEN_AFTER)
_AGES = select((db_now() - processes.c.seen_at).label("age")).where(processes.c.worker_id != bindparam("asking"))


class SqlProcesses:
    """Implements `services.jobs.ports.Processes`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @writes
    async def beat(self, connection: AsyncConnection, worker_id: str) -> Sequence[float]:
        """Give a sign of life; return how long ago, in seconds, each other process gave its last.

        Raises: StoreUnavailable.
        """
        if not (await connection.execute(_BEAT, {"beating": worker_id})).rowcount:
            await connection.execute(_BEGIN, {"beating": worker_id})
            await connection.execute(_FORGET)
        ages = (await connection.execute(_AGES, {"asking": worker_id})).scalars()
        return [age / _MICROSECONDS for age in ages]

    @writes
    async def leave(self, connection: AsyncConnection, worker_id: str) -> None:
        """Take the process off the list: it ended in order. Raises: StoreUnavailable."""
        await connection.execute(_LEAVE, {"leaving": worker_id})
