"""A row that holds what nobody can read is its own job's misfortune: every loop goes on with the others."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.errors import FailureKind
from services.jobs.model import Job, JobStatus
from services.jobs.ports import Progress, RequestState
from services.jobs.quota import QuotaLimits
from services.store.database import Database
from services.store.engine import open_database
from services.store.jobs import SqlJobStore
from tests.contract.jobs.core import Core, submit
from tests.contract.jobs.scripted_api import ScriptedApi
from tests.contract.store.databases import SqliteFiles
from tests.contract.store.making import ADA, BEN, LEASE, PLENTY, accept, make_new, move, reload

# Columns and what may stand in them after a hand's, a disk's or another version's work, on either database.
JOB_GOES_ON: Mapping[str, str] = {
    "media": '\'{"a": "b"}\'',
    "outputs": '\'[{"url": 1, "kind": "image"}]\'',
    "failure": '\'{"kind": "cursed"}\'',
    "cancel": "'perhaps'",
    "cards.route": "'pigeon'",
    "cards.files": "'[{}'",
    "cards.shown_status": "'enchanted'",
    "cards.shown_gone": "'[9,'",
    "relation": "'cousin'",
    "cards.due_at": "-9000000000000000000",
}
JOB_IS_UNSENDABLE = ("'[1'", "'[]'", f"'{'[' * 20_000}'")
ONE_AT_ONCE = QuotaLimits(per_day=100, running=1, waiting=100)


async def damage(database: Database, job: Job, column: str, value: str) -> None:
    """Write into a column what the bot would not; the card's are named with their table."""
    table, _, name = column.rpartition(".")
    statement = f"UPDATE {table or 'jobs'} SET {name} = {value} WHERE job_id = '{job.job_id}'"  # noqa: S608 - the tests' own words

    async def work(connection: AsyncConnection) -> None:
        await connection.exec_driver_sql(statement)

    await database.write(work)


def times_told(caplog: pytest.LogCaptureFixture, job: Job) -> int:
    """Return how often the log says loudly that the job's row cannot be read."""
    lines = (record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR)
    return sum(line.startswith(f"job_id={job.job_id} ") and line.endswith(")") for line in lines)


async def test_damaged_jobs_hold_up_nobody(
    store: SqlJobStore, database: Database, api: ScriptedApi, caplog: pytest.LogCaptureFixture
) -> None:
    """They go on as far as they can or fail unsent; a job behind all of them starts and succeeds; each is told once."""
    core = Core(store, api, limits=PLENTY)
    going_on = {column: await submit(core, make_new()) for column in JOB_GOES_ON}
    unsendable = [await submit(core, make_new()) for _ in JOB_IS_UNSENDABLE]
    unknown = await submit(core, make_new())
    sound = await submit(core, make_new(prompt="sound"))
    for column, job in going_on.items():
        await damage(database, job, column, JOB_GOES_ON[column])
    for job, value in zip(unsendable, JOB_IS_UNSENDABLE, strict=True):
        await damage(database, job, "inputs", value)
    await damage(database, unknown, "status", "'enchanted'")
    async with core.running():
        queued = [await core.until(job.job_id, JobStatus.QUEUED) for job in (*going_on.values(), sound)]
        failed = [await core.until(job.job_id, JobStatus.FAILED) for job in unsendable]
        for job in queued:
            assert job.request_id is not None
            api.becomes(Progress(state=RequestState.SUCCEEDED), job.request_id)
        for job in queued:
            await core.until(job.job_id, JobStatus.SUCCEEDED)
        assert await store.get(unknown.job_id) is None
    assert {job.failure.kind for job in failed if job.failure} == {FailureKind.UNREADABLE}
    assert api.submits_begun == len(queued)
    assert [times_told(caplog, job) for job in (*unsendable, unknown, sound)] == [1, 1, 1, 1, 0]


async def test_damage_comes_in_the_middle(
    store: SqlJobStore, database: Database, api: ScriptedApi, caplog: pytest.LogCaptureFixture
) -> None:
    """A job that is paid for is followed to its result, whatever else of its row is lost."""
    core = Core(store, api)
    async with core.running():
        job = await core.until((await submit(core, make_new())).job_id, JobStatus.QUEUED)
        for column in ("inputs", "media", "outputs", "failure", "cancel", "cards.files", "cards.route"):
            await damage(database, job, column, "'~'")
        api.becomes(Progress(state=RequestState.SUCCEEDED))
        await core.until(job.job_id, JobStatus.SUCCEEDED)
    assert times_told(caplog, job) == 1


async def test_people_find_their_other_jobs(store: SqlJobStore, database: Database) -> None:
    """/history, suggestions and quotas of who has a damaged job, and a new command of theirs, go on."""
    lost, sound = await accept(store), await accept(store)
    await damage(database, lost, "status", "'enchanted'")
    assert [job.job_id for job in (await store.history(ADA, page=0, per_page=5)).jobs] == [sound.job_id]
    found = await store.suggest(ADA, text="fox", only_cancellable=False, limit=5)
    assert [job.job_id for job in found] == [sound.job_id]
    assert (await store.usage(ADA, now=sound.created_at)).waiting == 1
    assert await accept(store)


async def test_ends_are_written_beside_damaged_rows(store: SqlJobStore, database: Database, core: Core) -> None:
    """The housekeeper ends what waited too long, and a submit whose process died, whatever lies among them."""
    late, orphan = await accept(store), await move(store, await accept(store, BEN), JobStatus.SUBMITTING)
    for status in (JobStatus.SUBMITTING, JobStatus.WAITING):
        one = await accept(store, BEN)
        await damage(database, one, "status", f"'{status}'")
        await damage(database, one, "inputs", "'{'")
        await damage(database, one, "deadline", "-9000000000000000000")
    await core.housekeeper.tidy()
    assert (await reload(store, late)).status is JobStatus.EXPIRED
    assert (await reload(store, orphan)).status is JobStatus.UNCONFIRMED


@pytest.mark.parametrize(
    ("column", "value"),
    [("prompt", "CAST(x'66ff6f' AS TEXT)"), ("prompt", "x'ff'"), ("submitted_at", "'noon'"), ("cost", "'much'")],
)
async def test_what_only_sqlite_keeps(sqlite_files: SqliteFiles, column: str, value: str) -> None:
    """Bytes that are no text, and words where numbers belong, keep no job from being claimed."""
    async with open_database(await sqlite_files.new(), alone=True) as database:
        store = SqlJobStore(database)
        jobs = [await accept(store) for _ in range(2)]
        await damage(database, jobs[0], column, value)
        claimed = await store.claim_waiting(LEASE, now=jobs[0].created_at, limit=5)
        assert [job.job_id for job in claimed] == [job.job_id for job in jobs]


async def test_a_job_that_can_never_start_leaves_its_place(sqlite_files: SqliteFiles) -> None:
    """Where not even its channel can be read, it is given up, or its owner's next job would wait behind it for ever."""
    async with open_database(await sqlite_files.new(), alone=True) as database:
        store = SqlJobStore(database)
        jobs = [await accept(store, limits=ONE_AT_ONCE) for _ in range(2)]
        await damage(database, jobs[0], "channel_id", "'somewhere'")
        for expected in ([], [jobs[1].job_id]):
            claimed = await store.claim_waiting(LEASE, now=jobs[0].created_at, limit=1)
            assert [job.job_id for job in claimed] == expected
        assert (await store.usage(ADA, now=jobs[0].created_at)).waiting == 0
