"""Databases that already hold one request in several jobs come to hold it in one."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.errors import RequestTaken, StartupError
from services.jobs.model import Job, JobStatus
from services.store import migrate
from services.store.cards import SqlCardStore
from services.store.database import Database
from services.store.engine import open_database
from services.store.jobs import SqlJobStore
from tests.contract.store.databases import PostgresServer, SqliteFiles
from tests.contract.store.making import LEASE, NOW, PLENTY, accept, at, move, reload

Databases = SqliteFiles | PostgresServer


async def _lift_the_rule(database: Database) -> None:
    """Have the latest schema, in which the store works, without what keeps a request with one job."""
    await migrate.upgrade(database)
    await _execute(database, "DROP INDEX uq_jobs_request_id")


async def _go_back(database: Database) -> None:
    """Make it a database of the first release, with the jobs that are in it."""

    def downgrade(connection: Connection) -> None:
        command.downgrade(migrate._config(connection), "0001")  # noqa: SLF001 - as an operator would

    async def work(connection: AsyncConnection) -> None:
        await connection.run_sync(downgrade)

    await database.write(work)


async def _execute(database: Database, *statements: str) -> None:
    async def work(connection: AsyncConnection) -> None:
        for statement in statements:
            await connection.execute(text(statement))

    await database.write(work)


async def _accepted(store: SqlJobStore) -> Job:
    """Return a job of which the first release can keep everything."""
    return await accept(store, limits=replace(PLENTY, running=1), media=())


async def _queued(store: SqlJobStore, request_id: str, *statuses: JobStatus, queued_after: float = 0) -> Job:
    """Return a job that was queued with this request, and went on to these states."""
    job = await move(store, await _accepted(store), JobStatus.SUBMITTING)
    queued = job.confirmed(request_id, at=at(queued_after), within=timedelta(hours=1))
    assert await store.replace(queued, before=job)
    return await move(store, queued, *statuses)


async def test_a_request_stays_with_one_job(databases: Databases, caplog: pytest.LogCaptureFixture) -> None:
    """The job with the result keeps it, or one that is followed, or the first; who was followed with it ends."""
    async with open_database(await databases.new(is_empty=True), alone=False) as database:
        await _lift_the_rule(database)
        store = SqlJobStore(database)
        late = await _queued(store, "two live", queued_after=5)
        early = await _queued(store, "two live", JobStatus.RUNNING, queued_after=1)
        live = await _queued(store, "one done")
        done = await _queued(store, "one done", JobStatus.SUCCEEDED, queued_after=9)
        over = await _queued(store, "one over", JobStatus.LATE, JobStatus.EXPIRED)
        followed = await _queued(store, "one over", queued_after=9)
        others = [await _queued(store, "its own"), await _accepted(store), await _accepted(store)]
        await store.claim_followed(LEASE, limit=100)
        await _go_back(database)
        assert await migrate.upgrade(database)

        for kept in (early, done, followed, *others):
            assert await reload(store, kept) == kept
        assert await reload(store, over) == replace(over, request_id=None)
        for lost in (late, live):
            ended = await reload(store, lost)
            assert (ended.status, ended.request_id, ended.version) == (JobStatus.UNCONFIRMED, None, lost.version + 1)
            assert ended.finished_at == ended.changed_at
            assert ended.deadline == lost.deadline
        held = set(await store.renew(LEASE))
        assert held == {early.job_id, followed.job_id, others[0].job_id}
        shown = await SqlCardStore(database).claim_due(LEASE, now=(await reload(store, late)).changed_at, limit=100)
        assert {late.job_id, live.job_id} <= {due.job_id for due in shown}
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert [line for line in told if late.job_id in line] == [
        f"job_id={late.job_id} gives up request_id=two live, which is job_id={early.job_id}'s too"
    ]
    assert len(told) == 3


async def test_the_repaired_database_refuses_a_second_holder(databases: Databases) -> None:
    """From then on the database itself decides; the job that lost its request can take another one."""
    async with open_database(await databases.new(is_empty=True), alone=False) as database:
        await _lift_the_rule(database)
        store = SqlJobStore(database)
        first, second = await _queued(store, "same"), await _queued(store, "same", queued_after=1)
        await _go_back(database)
        await migrate.upgrade(database)
        lost = await reload(store, second)
        again = lost.confirmed("same", at=NOW, within=timedelta(hours=1))
        with pytest.raises(RequestTaken, match=first.job_id):
            await store.replace(again, before=lost)
        right = lost.confirmed("right", at=NOW, within=timedelta(hours=1))
        assert await store.replace(right, before=lost)


async def test_a_step_that_breaks_takes_no_request_away(databases: Databases) -> None:
    """The step is one with its index: where that cannot be made, no job has lost its request."""
    async with open_database(await databases.new(is_empty=True), alone=False) as database:
        await _lift_the_rule(database)
        store = SqlJobStore(database)
        for _ in range(2):
            await _queued(store, "same")
        await _go_back(database)
        await _execute(database, "CREATE TABLE other (x int)", "CREATE INDEX uq_jobs_request_id ON other (x)")
        with pytest.raises(StartupError, match="already exists"):
            await migrate.upgrade(database)

        async def requests(connection: AsyncConnection) -> list[str]:
            return list((await connection.execute(text("SELECT request_id FROM jobs"))).scalars())

        assert await database.read(requests) == ["same", "same"]
