from __future__ import annotations

import asyncio
import sqlite3
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.util import greenlet_spawn

from services.errors import DatabaseInUse, SettingsError, StartupError, StoreUnavailable
from services.store import migrate
from services.store.database import Database
from services.store.engine import open_database, write_ahead
from services.store.jobs import SqlJobStore
from tests.contract.store.databases import PostgresServer, SqliteFiles
from tests.contract.store.making import accept, reload


async def _scalar(database: Database, query: str) -> object:
    async def work(connection: AsyncConnection) -> object:
        return (await connection.execute(text(query))).scalar_one()

    return await database.write(work)


@asynccontextmanager
async def _bot(url: str) -> AsyncIterator[Process]:
    """Run a process that opens the database as a bot does."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.contract.store.locking_process",
        url,
        stdin=PIPE,
        stdout=PIPE,
        cwd=Path(__file__).parents[3],
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _said(process: Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(50):
        return (await process.stdout.readline()).decode().strip()


async def test_the_data_folder_is_made(tmp_path: Path) -> None:
    """A bot that starts for the first time needs no folder to be made beforehand; others cannot look into it."""
    folder = tmp_path / "new" / "data"
    async with open_database(f"sqlite+aiosqlite:///{folder}/bot.db", alone=True) as database:
        await migrate.upgrade(database)
    assert (folder / "bot.db").exists()
    assert folder.stat().st_mode & 0o077 == 0


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """Where the data folder cannot be made, one sentence says which."""
    (tmp_path / "file").touch()
    with pytest.raises(StartupError, match=r"the folder .*file/data cannot be made"):
        async with open_database(f"sqlite+aiosqlite:///{tmp_path}/file/data/bot.db", alone=True):
            pass


async def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Where the database's name is a folder's, one sentence says so."""
    (tmp_path / "bot.db").mkdir()
    with pytest.raises(StartupError, match=r"bot\.db cannot be written"):
        async with open_database(f"sqlite+aiosqlite:///{tmp_path}/bot.db", alone=True):
            pass


async def test_a_file_that_is_no_database_is_an_outage(tmp_path: Path) -> None:
    """Where the file holds something else, one sentence says so, and the file stays as it was."""
    path = tmp_path / "bot.db"
    path.write_text("a letter to grandmother, " * 200, encoding="utf-8")
    async with open_database(f"sqlite+aiosqlite:///{path}", alone=True) as database:
        with pytest.raises(StoreUnavailable, match="file is not a database"):
            await migrate.upgrade(database)
    assert path.read_text(encoding="utf-8").startswith("a letter")


async def test_two_bots_do_not_share_a_file(sqlite_files: SqliteFiles) -> None:
    """A second bot on the same SQLite file is refused in one sentence, in this process as in another."""
    url = await sqlite_files.new()
    async with open_database(url, alone=True) as database:
        assert database.is_alone
        with pytest.raises(DatabaseInUse, match="in use by another bot"):
            async with open_database(url, alone=True):
                pass
        async with _bot(url) as other:
            assert (await _said(other)).startswith("DatabaseInUse: ")
    async with open_database(url, alone=True):
        pass  # the first has gone


async def test_a_link_to_the_file_is_the_same_file(sqlite_files: SqliteFiles, tmp_path: Path) -> None:
    """The lock belongs to the file, by whatever name it is opened."""
    url = await sqlite_files.new()
    link = tmp_path / "link.db"
    link.symlink_to(url.removeprefix("sqlite+aiosqlite:///"))
    async with open_database(url, alone=True):
        with pytest.raises(DatabaseInUse):
            async with open_database(f"sqlite:///{link}", alone=True):
                pass


async def test_a_killed_bot_leaves_no_lock(sqlite_files: SqliteFiles) -> None:
    """After SIGKILL the database can be opened at once, and what had been committed is there."""
    url = await sqlite_files.new()
    async with open_database(url, alone=False) as database:
        job = await accept(SqlJobStore(database))
    async with _bot(url) as bot:
        assert await _said(bot) == "open"
        with pytest.raises(DatabaseInUse):
            async with open_database(url, alone=True):
                pass
        bot.kill()
        await bot.wait()
        async with open_database(url, alone=True) as database:
            assert await reload(SqlJobStore(database), job) == job


async def test_a_command_works_beside_a_bot(sqlite_files: SqliteFiles) -> None:
    """What is opened not to be alone works while a bot runs, and does not believe to be alone."""
    url = await sqlite_files.new()
    async with open_database(url, alone=True) as bot, open_database(url, alone=False) as command:
        assert not command.is_alone
        job = await accept(SqlJobStore(bot))
        assert await reload(SqlJobStore(command), job) == job


async def test_postgresql_is_shared(postgres: PostgresServer) -> None:
    """Several bots may open the same PostgreSQL database; none of them is alone."""
    url = await postgres.new()
    async with open_database(url, alone=True) as one, open_database(url, alone=True) as two:
        assert not one.is_alone
        assert not two.is_alone
        await two.ping()


class _Cursor:
    """A connection's cursor to which SQLite says "locked" so many times."""

    def __init__(self, *, refusals: int) -> None:
        self.refusals = refusals

    def execute(self, statement: str) -> None:
        assert statement == "PRAGMA journal_mode = WAL"
        if self.refusals > 0:
            self.refusals -= 1
            raise sqlite3.OperationalError("database is locked")

    def fetchone(self) -> tuple[str]:
        return ("wal",)


async def test_a_new_file_may_be_opened_by_several_at_once() -> None:
    """SQLite refuses, without its busy time-out, all but one of those who turn on its log at once: they try again."""
    cursor = _Cursor(refusals=3)
    await greenlet_spawn(write_ahead, cursor)
    assert cursor.refusals == 0
    with pytest.raises(sqlite3.OperationalError):
        await greenlet_spawn(write_ahead, _Cursor(refusals=1_000_000))


async def test_a_file_system_without_shared_memory_is_refused(tmp_path: Path) -> None:
    """Where SQLite cannot keep a write-ahead log, as on a network share, one sentence says so and names the way out."""
    # This way of locking has no shared memory, as a network's file systems have none.
    connection = sqlite3.connect(f"file:{tmp_path / 'jobs.db'}?vfs=unix-dotfile", uri=True)
    with (
        closing(connection),
        pytest.raises(StartupError, match=r"write-ahead logging .* local disk, or use PostgreSQL"),
    ):
        await greenlet_spawn(write_ahead, connection.cursor())


async def test_commits_on_sqlite_survive_a_power_cut(sqlite_files: SqliteFiles) -> None:
    """SQLite runs with a write-ahead log that is synced at each commit, with foreign keys enforced."""
    async with open_database(await sqlite_files.new(), alone=True) as database:
        assert await _scalar(database, "PRAGMA journal_mode") == "wal"
        assert await _scalar(database, "PRAGMA synchronous") == 2
        assert await _scalar(database, "PRAGMA foreign_keys") == 1


@pytest.mark.parametrize(
    "url",
    [
        "sqlite+aiosqlite://",
        "sqlite+aiosqlite:///:memory:",
        "sqlite+aiosqlite:///file:memory?mode=memory&uri=true",
        "mysql://user:secret@host/database",
        "bot.db",
        "",
        "postgresql://user:secret@host:port/jobs",
        "postgresql://user:secret@host/jobs?sslmode=always",
        "postgresql://user:secret@host/jobs?connect_timeout=5",
    ],
)
async def test_a_url_that_cannot_hold_jobs_is_refused(url: str) -> None:
    """A URL that no jobs can be kept behind, or with what is not known, is one sentence without its password."""
    with pytest.raises(SettingsError, match=r"database\.url") as refused:
        async with open_database(url, alone=True):
            pass
    assert "secret" not in str(refused.value)


async def test_plain_urls_are_understood(postgres: PostgresServer, sqlite_files: SqliteFiles) -> None:
    """URLs as other programs write them work too: without a driver, and with libpq's sslmode."""
    sqlite = (await sqlite_files.new()).replace("sqlite+aiosqlite", "sqlite")
    plain = (await postgres.new()).replace("postgresql+asyncpg", "postgres")
    for url in (sqlite, plain, f"{plain}&sslmode=prefer"):
        async with open_database(url, alone=False) as database:
            await database.ping()


@pytest.mark.parametrize("query", ["host={nowhere}", "host=127.0.0.1&port=1"], ids=["socket", "port"])
async def test_a_server_that_is_away_is_an_outage(tmp_path: Path, query: str) -> None:
    """Without a server nothing is opened: that says that the database does not answer, and no password."""
    query = query.format(nowhere=quote(str(tmp_path), safe=""))
    with pytest.raises(StoreUnavailable, match="does not answer") as away:
        async with open_database(f"postgresql://user:secret@/jobs?{query}", alone=True):
            pass
    assert "secret" not in str(away.value)


async def test_a_database_that_does_not_exist_is_an_outage(postgres: PostgresServer) -> None:
    """A server without the database says so in the outage's reason."""
    with pytest.raises(StoreUnavailable, match=r'"nothing" does not exist'):
        async with open_database(postgres.url("nothing"), alone=True):
            pass


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
async def test_a_database_that_cannot_keep_any_text(postgres: PostgresServer, encoding: str) -> None:
    """It is refused before the first command that it could not keep; one that keeps bytes keeps them all."""
    name = f"jobs_in_{encoding.lower()}"
    await postgres.execute(f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
    if encoding == "LATIN1":
        with pytest.raises(SettingsError, match=r"LATIN1.*UTF8"):
            async with open_database(postgres.url(name), alone=True):
                pass
        return
    async with open_database(postgres.url(name), alone=True) as database:
        await migrate.upgrade(database)
        store = SqlJobStore(database)
        job = await accept(store, prompt="a 🦊 in the Ötztal")
        assert (await reload(store, job)).prompt == job.prompt
