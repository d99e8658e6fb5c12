"""However a database fails under the running loops: it is told once, and they go on by themselves when it is over."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing

import pytest

from services.jobs.model import JobStatus
from services.jobs.ports import Progress, RequestState
from services.store import database as database_module
from services.store import engine, write_watch
from services.store.engine import open_database
from services.store.jobs import SqlJobStore
from tests.contract.jobs.core import Core, submit
from tests.contract.jobs.scripted_api import ScriptedApi
from tests.contract.store.databases import PostgresServer, SqliteFiles
from tests.contract.store.making import BEN, PLENTY, accept, make_new
from tests.rig import until

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'comfycord'"
TRIED = ("live jobs cannot", "waiting jobs cannot", "cannot be tidied")


@asynccontextmanager
async def _locked(url: str) -> AsyncIterator[None]:
    """Another program writes to the SQLite file, and does not come to an end."""
    path = url.removeprefix("sqlite+aiosqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        # Not from this thread: who holds the lock may wait for it in the middle of a transaction.
        await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def _survives(url: str, outage: AbstractAsyncContextManager[None], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    api = ScriptedApi()
    async with open_database(url, alone=True) as database:
        core = Core(SqlJobStore(database), api, limits=PLENTY)
        async with core.running():
            before = await core.until((await submit(core, make_new())).job_id, JobStatus.QUEUED)
            async with outage:
                await until(lambda: all(caplog.text.count(words) > 1 for words in TRIED), what="tries of each loop")
            api.becomes(Progress(state=RequestState.SUCCEEDED))
            await core.until(before.job_id, JobStatus.SUCCEEDED)
            await core.until((await submit(core, make_new(BEN))).job_id, JobStatus.QUEUED)
            await until(lambda: "can be written again" in caplog.text)
    told = [record for record in caplog.records if record.levelno > logging.INFO and "without a file" not in record.msg]
    assert [record.getMessage().partition(",")[0] for record in told] == [
        "nothing can be written to the database",
        "the database can be written again",
    ]


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an outage be over as soon as it is, and nobody wait long for what does not come."""
    monkeypatch.setattr(write_watch, "_CALM_SECONDS", 0.0)
    monkeypatch.setattr(engine, "_BUSY_SECONDS", 0.02)
    monkeypatch.setattr(database_module, "CROWDED_SECONDS", 0.05)


async def test_another_writer_keeps_the_file(sqlite_files: SqliteFiles, caplog: pytest.LogCaptureFixture) -> None:
    """For however long: nothing is lost, and its end is enough."""
    url = await sqlite_files.new()
    await _survives(url, _locked(url), caplog)


async def test_a_server_that_restarts(postgres: PostgresServer, caplog: pytest.LogCaptureFixture) -> None:
    """PostgreSQL ends, is away, and starts again."""

    @asynccontextmanager
    async def away() -> AsyncIterator[None]:
        postgres.stop()
        yield
        postgres.start()

    await _survives(await postgres.new(), away(), caplog)


async def test_statements_that_take_too_long(postgres: PostgresServer, caplog: pytest.LogCaptureFixture) -> None:
    """Statements are given less time than another session's lock takes."""
    url = await postgres.new()
    name = url.partition("@/")[2].partition("?")[0]

    @asynccontextmanager
    async def hurried() -> AsyncIterator[None]:
        await postgres.execute(f"ALTER DATABASE {name} SET statement_timeout = '20ms'", CUT)
        async with postgres.connected(name) as other, other.transaction():
            await other.execute("SET LOCAL statement_timeout = 0")
            await other.execute("LOCK TABLE jobs")
            yield
        await postgres.execute(f"ALTER DATABASE {name} RESET statement_timeout", CUT)

    await _survives(url, hurried(), caplog)


async def test_a_server_without_a_place_left(postgres: PostgresServer, caplog: pytest.LogCaptureFixture) -> None:
    """Every connection that this role may have is taken away."""
    async with _role(postgres, await postgres.new()) as url:
        await postgres.execute("ALTER ROLE few CONNECTION LIMIT -1")

        @asynccontextmanager
        async def crowded() -> AsyncIterator[None]:
            await postgres.execute("ALTER ROLE few CONNECTION LIMIT 0", CUT)
            yield
            await postgres.execute("ALTER ROLE few CONNECTION LIMIT -1")

        await _survives(url, crowded(), caplog)


async def test_fewer_connections_than_are_wanted(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a server gives fewer than the bot would like, a burst waits for those there are."""
    monkeypatch.undo()
    async with _role(postgres, await postgres.new()) as url, open_database(url, alone=True) as database:
        store = SqlJobStore(database)
        made = await asyncio.gather(*(accept(store, owner) for owner in range(1, 41)))
        found = await asyncio.gather(*(store.get(job.job_id) for job in made))
        assert list(found) == made


@asynccontextmanager
async def _role(postgres: PostgresServer, url: str) -> AsyncIterator[str]:
    """Have a role that may work on the tables over two connections, and give the address for it."""
    await postgres.execute(
        "CREATE ROLE few LOGIN CONNECTION LIMIT 2", "GRANT pg_read_all_data, pg_write_all_data TO few"
    )
    try:
        yield url.replace("postgres@", "few@")
    finally:
        await postgres.execute("DROP ROLE few")
