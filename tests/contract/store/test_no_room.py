"""A database that cannot be written, full or read-only, is an outage with a name, and over when it can be again."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import count

import pytest

from services.errors import FailureKind, StoreUnavailable
from services.jobs.model import Job, JobFailure, JobStatus
from services.store import database as database_module
from services.store import write_watch
from services.store.cards import SqlCardStore
from services.store.database import Database
from services.store.engine import open_database
from services.store.jobs import SqlJobStore
from services.store.key_values import SqlKeyValueStore
from tests.contract.store.databases import PostgresServer, SqliteFiles
from tests.contract.store.making import CARD, DEADLINE, LEASE, NOW, PLENTY, accept, at, make_new, move, reload

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}' AND application_name = 'comfycord'"


async def set_writer(database: Database, pragma: str) -> None:
    """Set up the one connection that writes to an SQLite file, without a transaction."""
    async with database._writers.connect() as connection:  # noqa: SLF001 - what a full disk does happens below the store
        raw = await connection.get_raw_connection()
        assert raw.driver_connection is not None
        await raw.driver_connection.execute(f"PRAGMA {pragma}")


async def test_a_change_that_finds_no_room_is_an_outage(sqlite_files: SqliteFiles) -> None:
    """SQLITE_FULL in a job's change: nothing was changed, reading goes on, and the same call passes later."""
    async with open_database(await sqlite_files.new(), alone=True) as database:
        store = SqlJobStore(database)
        job = await move(store, await accept(store), JobStatus.SUBMITTING)
        long_reason = JobFailure(kind=FailureKind.BAD_INPUT, reason="x" * 200_000)
        failed = replace(job.transition(JobStatus.FAILED, at=NOW), failure=long_reason)
        await set_writer(database, "max_page_count = 1")
        for _ in range(3):
            with pytest.raises(StoreUnavailable, match="database or disk is full"):
                await store.replace(failed, before=job)
        assert await reload(store, job) == job
        await set_writer(database, "max_page_count = 1000000")
        assert await store.replace(failed, before=job)
        assert await reload(store, job) == failed


async def _writes_fail(store: SqlJobStore, cards: SqlCardStore, job: Job, reason: str) -> None:
    writes: list[Callable[[], Awaitable[object]]] = [
        lambda: store.accept(make_new(), CARD, limits=PLENTY, now=NOW, deadline=DEADLINE),
        lambda: store.replace(job.bump_version(at=NOW), before=job),
        lambda: store.claim_waiting(LEASE, now=NOW, limit=5),
        lambda: cards.claim_due(LEASE, now=at(60), limit=5),
        lambda: store.renew(LEASE),
        lambda: store.release(LEASE.worker_id),
        lambda: cards.release(LEASE.worker_id),
    ]
    for write in writes:
        with pytest.raises(StoreUnavailable, match=reason):
            await write()
    assert (await store.history(job.owner_id, page=0, per_page=5)).total == 1
    assert await reload(store, job) == job


async def test_a_read_only_file_is_an_outage(sqlite_files: SqliteFiles) -> None:
    """SQLITE_READONLY: every call that writes says so, those that read answer; then all go on."""
    async with open_database(await sqlite_files.new(), alone=True) as database:
        store = SqlJobStore(database)
        job = await accept(store)
        await set_writer(database, "query_only = ON")
        await _writes_fail(store, SqlCardStore(database), job, "readonly")
        await set_writer(database, "query_only = OFF")
        assert len(await store.claim_waiting(LEASE, now=NOW, limit=5)) == 1


async def test_a_database_that_takes_no_writes_is_unwell(
    sqlite_files: SqliteFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It still answers: what was written last tells, or a write for its own sake where that was long ago."""
    async with open_database(await sqlite_files.new(), alone=True) as database:
        key_values = SqlKeyValueStore(database)
        moments = count()

        async def write() -> None:
            await key_values.put_value("check", str(next(moments)))

        await database.require_writable(write)
        assert next(moments) == 0  # nothing had to be tried: the last write was just now
        await set_writer(database, "query_only = ON")
        monkeypatch.setattr(database_module, "TRUSTED_SECONDS", -1.0)
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="readonly"):
                await database.require_writable(write)
        monkeypatch.undo()
        with pytest.raises(StoreUnavailable, match="nothing can be written"):
            await database.require_writable(write)
        await database.ping()
        await set_writer(database, "query_only = OFF")
        monkeypatch.setattr(database_module, "TRUSTED_SECONDS", -1.0)
        monkeypatch.setattr(write_watch, "_CALM_SECONDS", 0.0)
        await database.require_writable(write)


def test_the_end_of_an_outage_is_told_once_it_lasts(caplog: pytest.LogCaptureFixture) -> None:
    """Some writes need no room: on a full disk they pass between others that do not."""
    caplog.set_level(logging.INFO)
    now = 0.0
    watch = write_watch.WriteWatch(lambda: now)
    watch.failed("one alone")
    watch.succeeded()
    assert watch.problem is None
    for _ in range(5):
        watch.failed("the disk is full")
    for now in (1.0, 2.0, 9.0):  # noqa: B007 - the watch reads it
        watch.succeeded()
        assert watch.problem == "the disk is full"
    now = 11.0
    watch.succeeded()
    watch.succeeded()
    assert watch.problem is None
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


async def test_a_read_only_server_is_an_outage(postgres: PostgresServer) -> None:
    """A PostgreSQL that was made read-only (a standby, a full disk's guard) is waited for, on connections made anew."""
    url = await postgres.new()
    name = url.partition("@/")[2].partition("?")[0]
    async with open_database(url, alone=True) as database:
        store = SqlJobStore(database)
        job = await accept(store)
        await postgres.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on", CUT.format(name))
        await _writes_fail(store, SqlCardStore(database), job, "read-only transaction")
        await postgres.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        assert len(await store.claim_waiting(LEASE, now=NOW, limit=5)) == 1
