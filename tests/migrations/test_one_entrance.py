"""Databases of the release before, with jobs in flight: forth and back, none is lost, and all go on."""

from __future__ import annotations

from dataclasses import replace

from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.jobs.model import Job, JobStatus, MediaRef
from services.store import migrate
from services.store.database import Database
from services.store.engine import open_database
from services.store.jobs import SqlJobStore
from tests.contract.store.databases import PostgresServer, SqliteFiles
from tests.contract.store.making import BEN, LEASE, PLENTY, accept, at, move, reload, start
from tests.unit.jobs.factories import pictures, resubmitting

BEFORE = "0005"
OLD = text("SELECT job_id, retry_of, input_names FROM jobs ORDER BY number")


async def _go_back(database: Database) -> list[tuple[str, str | None, str]]:
    """Make it a database of the release before; return what that one sees."""

    def downgrade(connection: Connection) -> None:
        command.downgrade(migrate._config(connection), BEFORE)  # noqa: SLF001 - as an operator would

    async def work(connection: AsyncConnection) -> list[tuple[str, str | None, str]]:
        await connection.run_sync(downgrade)
        return [(row.job_id, row.retry_of, row.input_names) for row in await connection.execute(OLD)]

    return await database.write(work)


def _as_known_then(job: Job) -> Job:
    """Return the job without what the release before did not keep."""
    names = tuple(medium.name for medium in job.media)
    media: tuple[MediaRef, ...] = tuple(replace(medium, url="") for medium in pictures(*names))
    return replace(job, running_limit=1, media=media)


async def test_jobs_in_flight_survive_the_step_in_both_directions(databases: SqliteFiles | PostgresServer) -> None:
    """What waits, what is submitted, what the API has, what ended and was resubmitted: each is there, and goes on."""
    async with open_database(await databases.new(is_empty=True), alone=False) as database:
        await migrate.upgrade(database)
        store = SqlJobStore(database)
        lost = await move(store, await accept(store), JobStatus.SUBMITTING, JobStatus.UNCONFIRMED)
        again = await accept(store, now=at(1), parent=resubmitting(lost.job_id), media=pictures("fox.png", "ä 'b'.png"))
        queued = await move(store, await accept(store, now=at(2)), JobStatus.SUBMITTING, JobStatus.QUEUED)
        done = await move(store, await accept(store, BEN), JobStatus.SUBMITTING, JobStatus.QUEUED, JobStatus.SUCCEEDED)
        made = (await reload(store, lost), again, queued, done)

        seen = await _go_back(database)
        assert [(job_id, retry_of) for job_id, retry_of, _ in seen] == [
            (lost.job_id, None),
            (again.job_id, lost.job_id),
            (queued.job_id, None),
            (done.job_id, None),
        ]
        assert seen[1][2] == '["fox.png", "\\u00e4 \'b\'.png"]'
        assert await migrate.upgrade(database)

        for job in made:
            assert await reload(store, job) == _as_known_then(job)
        assert (await store.get_resubmission(lost.job_id)) == _as_known_then(again)
        twice = await accept(store, now=at(9), parent=resubmitting(lost.job_id), limits=PLENTY)
        assert twice.job_id == again.job_id
        assert [job.job_id for job in await store.claim_followed(LEASE, limit=9)] == [queued.job_id]
        assert await start(store) == []  # one at a time, as nobody knows how many were allowed
        await move(store, await reload(store, queued), JobStatus.RUNNING, JobStatus.SUCCEEDED)
        assert [job.job_id for job in await start(store)] == [again.job_id]
