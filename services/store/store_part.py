"""What the parts of the job store stand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncConnection

from services.jobs.model import Job
from services.store.database import Database
from services.store.reading_rows import Rows
from services.store.transactions import reads, writes


class StorePart:
    """A part of the store: some of its methods, on the one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows = Rows()

    @property
    def database(self) -> Database:
        """The database that it is a part of."""
        return self._database

    @reads
    async def _read_jobs(
        self, connection: AsyncConnection, statement: Executable, parameters: Mapping[str, object]
    ) -> Sequence[Job]:
        """Return the jobs that a query of whole rows finds, in its order."""
        return self._rows.jobs(await connection.execute(statement, parameters))

    @writes
    async def _claim_jobs(
        self, connection: AsyncConnection, statement: Executable, parameters: Mapping[str, object]
    ) -> list[Job]:
        """Return the jobs that an UPDATE of leases returns, oldest first (RETURNING has no order)."""
        rows = (await connection.execute(statement, parameters)).all()
        numbered = [(row.number, job) for row in rows if (job := self._rows.job(row)) is not None]
        return [job for _, job in sorted(numbered, key=lambda one: (one[1].created_at, one[0]))]
