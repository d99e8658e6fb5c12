from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it has no type hints
import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import IntegrityError, InternalError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.errors import StoreUnavailable
from services.jobs.model import JobStatus
from services.store import engine
from services.store.database import Database
from services.store.engine import open_database
from services.store.jobs import SqlJobStore
from tests.contract.store.databases import PostgresServer, SqliteFiles
from tests.contract.store.making import CARD, DEADLINE, LEASE, NOW, PLENTY, accept, at, make_new, move, start

TERMINATE_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname LIKE 'jobs_%' AND application_name = 'comfycord'"
)
# PostgreSQL runs a deferred trigger while it commits; this one cuts its own connection.
CUT_AT_COMMIT = (
    """CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'""",
    """CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON users DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION cut()""",
)
LOCK_USER = text("SELECT * FROM users WHERE user_id = :user_id FOR UPDATE")


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite+aiosqlite:///"))


async def test_a_locked_file_is_an_outage(sqlite_files: SqliteFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """While somebody else keeps the SQLite file locked writing is an outage, reading is not; then it goes on."""
    monkeypatch.setattr(engine, "_BUSY_SECONDS", 0.05)
    url = await sqlite_files.new()
    async with open_database(url, alone=True) as database:
        store = SqlJobStore(database)
        job = await accept(store)
        with closing(sqlite3.connect(_path(url), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable, match="database is locked"):
                await accept(store)
            with pytest.raises(StoreUnavailable):
                await store.claim_waiting(LEASE, now=NOW, limit=1)
            assert await store.get(job.job_id) == job
            other.execute("COMMIT")
        assert len(await start(store)) == 1


async def test_a_full_disk_is_an_outage(sqlite_files: SqliteFiles) -> None:
    """Where the file cannot grow any more, nothing was changed, and the call can be made again when it can."""
    async with open_database(await sqlite_files.new(), alone=True) as database:
        store = SqlJobStore(database)
        job = await accept(store)
        await _do(database, "PRAGMA max_page_count = 1")
        large = make_new(prompt="x" * 100_000)
        with pytest.raises(StoreUnavailable, match="full"):
            await store.accept(large, CARD, limits=PLENTY, now=NOW, deadline=DEADLINE)
        assert await store.get(large.job_id) is None
        await _do(database, "PRAGMA max_page_count = 1000000")
        assert (await store.accept(large, CARD, limits=PLENTY, now=NOW, deadline=DEADLINE)).is_new
        assert await store.get(job.job_id) == job


async def _do(database: Database, *statements: str) -> None:
    async def work(connection: AsyncConnection) -> None:
        for statement in statements:
            await connection.execute(text(statement))

    await database.write(work)


async def test_connections_that_died_idle_are_not_noticed(postgres: PostgresServer) -> None:
    """After the server has cut all connections, the next call of any kind works: it is made again on a fresh one."""
    async with open_database(await postgres.new(), alone=True) as database:
        store = SqlJobStore(database)
        job = await accept(store)
        for call in (
            lambda: store.get(job.job_id),
            lambda: accept(store),
            lambda: store.claim_waiting(LEASE, now=NOW, limit=1),
            lambda: store.renew(LEASE),
        ):
            await asyncio.gather(*(database.ping() for _ in range(5)))
            await postgres.execute(TERMINATE_OTHERS)
            await call()
        usage = await store.usage(job.owner_id, now=NOW)
        assert (usage.in_flight, usage.waiting) == (1, 1)


async def test_a_cut_in_the_middle_changes_nothing_or_everything(postgres: PostgresServer) -> None:
    """While connections are cut again and again, each accept that returned is there, once, and no other is."""
    async with open_database(await postgres.new(), alone=True) as database:
        store = SqlJobStore(database)
        asked = [make_new() for _ in range(40)]
        answers = await asyncio.gather(
            *(store.accept(new, CARD, limits=PLENTY, now=NOW, deadline=DEADLINE) for new in asked),
            *(postgres.execute(TERMINATE_OTHERS) for _ in range(3)),
            return_exceptions=True,
        )
        for new, answer in zip(asked, answers, strict=False):
            if isinstance(answer, BaseException):
                assert isinstance(answer, StoreUnavailable)
            else:
                assert await store.get(new.job_id) is not None
        history = await store.history(asked[0].owner_id, page=0, per_page=100)
        assert len({job.interaction_id for job in history.jobs}) == history.total


async def test_a_driver_that_was_cut_in_the_middle_of_an_operation(postgres: PostgresServer) -> None:
    """The driver may then say that it cannot go on, in its own words: the transaction is done again."""
    own_words = asyncpg.InternalClientError("cannot switch to state 11; another operation (2) is in progress")
    async with open_database(await postgres.new(), alone=True) as database:
        runs = 0

        async def work(_: AsyncConnection) -> str:
            nonlocal runs
            runs += 1
            if runs == 1:
                translated = AsyncAdapt_asyncpg_dbapi.InternalClientError(str(own_words))  # type: ignore[no-untyped-call]  # SQLAlchemy's
                translated.__cause__ = own_words
                raise InternalError("SELECT 1", {}, translated)
            return "done"

        assert await database.write(work) == "done"
        assert runs == 2


async def test_a_commit_without_an_answer_is_not_repeated(postgres: PostgresServer) -> None:
    """Where the connection is cut while it commits, nobody knows what became of it: the caller has to look."""
    async with open_database(await postgres.new(), alone=True) as database:
        await _do(database, *CUT_AT_COMMIT)
        runs = 0

        async def work(connection: AsyncConnection) -> None:
            nonlocal runs
            runs += 1
            await connection.execute(text("INSERT INTO users (user_id) VALUES (1)"))

        with pytest.raises(StoreUnavailable):
            await database.write(work)
        assert runs == 1
        await database.ping()


async def test_a_deadlock_is_tried_again(postgres: PostgresServer) -> None:
    """Of two transactions that lock each other out one is undone by the server, and done again here."""
    url = await postgres.new()
    async with open_database(url, alone=True) as one, open_database(url, alone=True) as two:
        first, second = [await accept(SqlJobStore(one), owner) for owner in (1, 2)]
        both_hold_one, one_is_through = asyncio.Barrier(2), asyncio.Event()
        runs = 0

        async def lock(database: Database, *owners: int) -> None:
            is_first_run = True

            async def work(connection: AsyncConnection) -> None:
                nonlocal is_first_run, runs
                runs += 1
                if not is_first_run:
                    await one_is_through.wait()  # else the two might meet again
                for owner in owners:
                    await connection.execute(LOCK_USER, {"user_id": owner})
                    if is_first_run:
                        is_first_run = False
                        await both_hold_one.wait()

            await database.write(work)
            one_is_through.set()

        await asyncio.gather(lock(one, first.owner_id, second.owner_id), lock(two, second.owner_id, first.owner_id))
        assert runs == 3


async def test_mistakes_are_not_outages(database: Database) -> None:
    """An error of ours in a statement, or a broken rule of the tables, comes through as what it is."""

    async def misspelt(connection: AsyncConnection) -> None:
        await connection.execute(text("SELECT * FROM nothing"))

    async def broken_rule(connection: AsyncConnection) -> None:
        await connection.execute(text("INSERT INTO users (user_id) VALUES (1), (1)"))

    with pytest.raises(Exception, match="nothing") as error:
        await database.read(misspelt)
    assert not isinstance(error.value, StoreUnavailable)
    with pytest.raises(IntegrityError):
        await database.write(broken_rule)


async def test_an_error_in_the_middle_undoes_everything(database: Database) -> None:
    """What a transaction wrote before its own error is not there afterwards."""

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(text("INSERT INTO users (user_id) VALUES (1)"))
        raise LookupError

    async def count(connection: AsyncConnection) -> int:
        found: int = (await connection.execute(text("SELECT count(*) FROM users"))).scalar_one()
        return found

    with pytest.raises(LookupError):
        await database.write(work)
    assert await database.read(count) == 0


async def test_a_cancelled_call_blocks_nobody(store: SqlJobStore) -> None:
    """A call that is cancelled at any point leaves no transaction open: the next ones go on, and no row is half."""
    jobs = [await accept(store, now=at(n)) for n in range(3)]
    for n in range(30):
        call = asyncio.create_task(store.claim_waiting(LEASE, now=NOW, limit=1))
        for _ in range(n):
            await asyncio.sleep(0)
        call.cancel()
        await asyncio.wait([call])
        async with asyncio.timeout(20):
            jobs.append(await accept(store))
    for job in jobs:
        now = await store.get(job.job_id)
        assert now is not None
        assert now in (job, job.transition(JobStatus.SUBMITTING, at=NOW))
    await move(store, await accept(store), JobStatus.CANCELLED)


async def test_a_schema_that_changes_under_running_processes(postgres: PostgresServer) -> None:
    """What had been prepared for the old schema is prepared anew: no call of any kind fails for it."""
    async with open_database(await postgres.new(), alone=True) as database:
        store = SqlJobStore(database)
        jobs = [await accept(store) for _ in range(2)]
        for kind in ("varchar(40)", "varchar(50)"):
            for _ in range(6):  # asyncpg keeps a plan from the first use on
                await asyncio.gather(*(store.get(job.job_id) for job in jobs), store.usage(jobs[0].owner_id, now=NOW))
                await store.renew(LEASE)
            await _do(database, f"ALTER TABLE jobs ALTER COLUMN status TYPE {kind}")
            found = await asyncio.gather(*(store.get(job.job_id) for job in jobs))
            assert [job.job_id for job in found if job] == [job.job_id for job in jobs]
            await accept(store)
            await store.renew(LEASE)
        assert len(await start(store)) == 4
