"""Opens a database, and the one SQL function that differs between the two."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout
from sqlalchemy import BigInteger, event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.util import await_only

from services.errors import DatabaseInUse, SettingsError, StartupError
from services.store.database import Database
from services.store.database_urls import DRIVERS, POSTGRESQL, SQLITE
from services.store.postgresql import open_postgresql
from services.store.sqlite_file import SqliteFile

_OLDEST_SQLITE: Final = (3, 35, 0)  # the first with RETURNING
# How long a statement waits for another program's lock. It cannot be called back: a stop within 10 s waits for it too.
_BUSY_SECONDS: Final = 3.0
_WAL_PAUSE_SECONDS: Final = 0.05
_OTHERS_LOCK: Final = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL")
_NO_WRITE_AHEAD: Final = (
    "SQLite cannot do write-ahead logging where database.url points ({reason}): "
    "put the file on a local disk, or use PostgreSQL"
)


class db_now(FunctionElement[int]):  # noqa: N801 - reads as a function in a query
    """The database's own clock in microseconds since 1970: what leases are measured with, whoever asks."""

    type = BigInteger()
    inherit_cache = True


@compiles(db_now, "sqlite")
def _sqlite_now(element: db_now, compiler: SQLCompiler, **options: object) -> str:  # noqa: ARG001 - the hook's
    # Precise to a millisecond; unixepoch('subsec') would need SQLite 3.42.
    return "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"


@compiles(db_now, "postgresql")
def _postgresql_now(element: db_now, compiler: SQLCompiler, **options: object) -> str:  # noqa: ARG001 - the hook's
    # Not now(), which stands still in a transaction; not clock_timestamp(), which moves inside a statement and so
    # cannot be looked up in an index.
    return "CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000000 AS BIGINT)"


@asynccontextmanager
async def open_database(url: str, *, alone: bool) -> AsyncIterator[Database]:
    """Open the database that `url` names, and close it at the end.

    `alone` is for a bot that runs: on SQLite it takes the lock beside the file, so that a second bot is refused. What
    works beside a bot (`adopt`, `check`) opens it without; the database's own locking keeps the two apart. Processes
    share PostgreSQL by design: there `alone` changes nothing.
    Raises: SettingsError, DatabaseInUse, StartupError; StoreUnavailable where a PostgreSQL server does not answer.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # ValueError: the port is no number
        raise SettingsError("database.url cannot be read; it looks like sqlite+aiosqlite:///data/bot.db") from error
    if DRIVERS.get(parsed.drivername) == SQLITE:
        opened = _open_sqlite(_sqlite_path(parsed), alone=alone)
    elif DRIVERS.get(parsed.drivername) == POSTGRESQL:
        opened = open_postgresql(parsed)
    else:
        message = f"database.url names {parsed.drivername!r}; known are {SQLITE} and {POSTGRESQL}"
        raise SettingsError(message)
    async with opened as database:
        yield database


def _sqlite_path(url: URL) -> Path:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise SettingsError("database.url must name a file: jobs in memory would be lost at a restart")
    return Path(url.database).expanduser().resolve()


@asynccontextmanager
async def _open_sqlite(path: Path, *, alone: bool) -> AsyncIterator[Database]:
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise StartupError(f"this Python has SQLite {sqlite3.sqlite_version}; 3.35 or newer is needed")
    _require_writable(path)
    async with AsyncExitStack() as stack:
        if alone:
            lock = _lock(path)
            stack.callback(lock.release)
        # One writer: SQLite has one anyhow, and those who wait for it here are served in turn, not by luck.
        writers = _sqlite_engine(path, begin="BEGIN IMMEDIATE", connections=1)
        stack.push_async_callback(writers.dispose)
        readers = _sqlite_engine(path, begin="BEGIN", connections=4)
        stack.push_async_callback(readers.dispose)
        file = SqliteFile(path, writers, readers) if alone else None
        database = Database(writers=writers, readers=readers, is_alone=alone, file=file)
        stack.push_async_callback(database.settle)
        yield database


def _require_writable(path: Path) -> None:
    """Make the file's folder, and raise StartupError where the file could not be written."""
    try:
        # Its rows hold prompts and tokens: nobody else's business.
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StartupError(f"the folder {path.parent} cannot be made: {error.strerror}") from error
    # Asked, not opened: closing a file frees the locks that SQLite holds on it for this process (POSIX).
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.R_OK | os.W_OK):
        raise StartupError(f"the database {path} cannot be written; give it to the user that the bot runs as")


def _lock(path: Path) -> FileLock:
    """Take the operating system's lock beside the file; it is freed with the process, however that ends."""
    lock = FileLock(f"{path}.lock", thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        message = f"the database {path} is in use by another bot that runs; stop that one, or name another database.url"
        raise DatabaseInUse(message) from error
    except OSError as error:
        raise StartupError(f"the file {path}.lock cannot be written: {error.strerror}") from error
    return lock


def _sqlite_engine(path: Path, *, begin: str, connections: int) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        # Python's sqlite3 must not open transactions by itself: it does so too late for "count, then insert".
        connect_args={"isolation_level": None, "timeout": _BUSY_SECONDS},
        pool_size=connections,
        max_overflow=0,
        pool_timeout=30.0,
        hide_parameters=True,
    )

    def set_up(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        # Bytes that are no text would end a query in the middle of its rows.
        connection.driver_connection.text_factory = partial(str, encoding="utf-8", errors="replace")
        cursor = connection.cursor()
        write_ahead(cursor)
        # A commit survives a power cut: one that is forgotten after the POST would be paid for twice.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", set_up)
    event.listen(engine.sync_engine, "begin", start)
    return engine


def write_ahead(cursor: DBAPICursor) -> None:
    """Turn write-ahead logging on; a file keeps it.

    Of several connections that do so on a new file at once, SQLite tells all but one that it is locked, at once and
    without the busy time-out that everything else gets.
    Raises: StartupError where the file system cannot do it (one on the network, mostly): without it two connections
    would wait for each other, or read half a commit.
    """
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            mode = cursor.fetchone()
        except sqlite3.OperationalError as error:
            if time.monotonic() > until:
                if getattr(error, "sqlite_errorname", "SQLITE_BUSY").startswith(_OTHERS_LOCK):
                    raise
                raise StartupError(_NO_WRITE_AHEAD.format(reason=error)) from error
            await_only(asyncio.sleep(_WAL_PAUSE_SECONDS))
        else:
            if mode is not None and str(mode[0]).lower() != "wal":
                raise StartupError(_NO_WRITE_AHEAD.format(reason=f"its journal stays {mode[0]}"))
            return
