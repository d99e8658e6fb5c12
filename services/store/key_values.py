"""Small facts about this installation."""

from __future__ import annotations

from sqlalchemy import bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.store.column_types import storable
from services.store.database import Database
from services.store.tables import notes
from services.store.transactions import reads, writes

_GET = select(notes.c.value).where(notes.c.key == bindparam("wanted"))
_PUT = text(
    "INSERT INTO notes (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
)


class SqlKeyValueStore:
    """Implements `services.jobs.ports.KeyValueStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @reads
    async def get_value(self, connection: AsyncConnection, key: str) -> str | None:
        """Return what is stored under the key. Raises: StoreUnavailable."""
        return (await connection.execute(_GET, {"wanted": key})).scalar_one_or_none()

    @writes
    async def put_value(self, connection: AsyncConnection, key: str, value: str) -> None:
        """Store the value, over an older one. Raises: StoreUnavailable."""
        await connection.execute(_PUT, {"key": key, "value": storable(value)})
