"""The loops outlive a database that cannot be written, and go on where they were when it can be again."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest

from services.errors import ApiRefused, FailureKind, StoreUnavailable
from services.jobs.model import JobStatus
from services.jobs.ports import Progress, RequestState
from services.store.database import Database
from services.store.engine import open_database
from services.store.jobs import SqlJobStore
from tests.contract.jobs.core import Core, submit
from tests.contract.jobs.scripted_api import ScriptedApi
from tests.contract.store.databases import SqliteFiles
from tests.contract.store.making import make_new
from tests.contract.store.test_no_room import set_writer
from tests.rig import until


@pytest.fixture
async def database(sqlite_files: SqliteFiles) -> AsyncIterator[Database]:
    """An SQLite file, open as a running bot has it."""
    async with open_database(await sqlite_files.new(), alone=True) as database:
        yield database


@pytest.fixture
def store(database: Database) -> SqlJobStore:
    """The store on it."""
    return SqlJobStore(database)


def _warnings(caplog: pytest.LogCaptureFixture, word: str) -> int:
    return sum(word in record.getMessage() for record in caplog.records if record.levelno == logging.WARNING)


def _has_traceback(caplog: pytest.LogCaptureFixture) -> bool:
    return any(record.exc_info for record in caplog.records)


async def test_a_read_only_database_loses_no_request(
    store: SqlJobStore, database: Database, api: ScriptedApi, caplog: pytest.LogCaptureFixture
) -> None:
    """Its answer came while nothing could be written: it is kept trying, and the job goes on to its result."""
    core = Core(store, api)
    api.may_submit.clear()
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.SUBMITTING)
        await set_writer(database, "query_only = ON")
        with pytest.raises(StoreUnavailable, match="readonly"):
            await submit(core, make_new())
        api.may_submit.set()
        await until(
            lambda: _warnings(caplog, f"job_id={job.job_id} the database is away") > 0, what="a try that failed"
        )
        assert (await core.until(job.job_id, JobStatus.SUBMITTING)).request_id is None
        await set_writer(database, "query_only = OFF")
        assert (await core.until(job.job_id, JobStatus.QUEUED)).request_id == "req-1"
        api.becomes(Progress(state=RequestState.SUCCEEDED))
        await core.until(job.job_id, JobStatus.SUCCEEDED)
    assert api.submits_begun == 1
    assert not _has_traceback(caplog)


async def test_what_cannot_be_written_is_told_once(
    store: SqlJobStore, database: Database, api: ScriptedApi, caplog: pytest.LogCaptureFixture
) -> None:
    """However many loops try however often: one line, for people who read no more than errors."""
    caplog.set_level(logging.INFO)
    core = Core(store, api)
    await set_writer(database, "query_only = ON")
    async with core.running():
        tried = ("live jobs cannot", "waiting jobs cannot", "cannot be tidied")
        await until(lambda: all(caplog.text.count(words) > 2 for words in tried), what="several tries of each loop")
        await set_writer(database, "query_only = OFF")
    told = [record.getMessage() for record in caplog.records if record.levelno > logging.INFO]
    assert len(told) == 1
    assert told[0].startswith("nothing can be written to the database")
    assert told[0].endswith("attempt to write a readonly database")


async def test_a_full_disk_keeps_no_job_from_its_end(
    store: SqlJobStore, database: Database, api: ScriptedApi, caplog: pytest.LogCaptureFixture
) -> None:
    """An end that finds no room is written as soon as there is some; nobody else is held up by it."""
    core = Core(store, api)
    api.may_submit.clear()
    api.lost_answers = [ApiRefused(kind=FailureKind.BAD_INPUT, http_status=422, reason="x" * 200_000)]
    large = await submit(core, make_new())
    async with core.running():
        await core.until(large.job_id, JobStatus.SUBMITTING)
        await set_writer(database, "max_page_count = 1")
        api.may_submit.set()
        await until(lambda: _warnings(caplog, "full") >= 1, what="a try that finds no room")
        assert (await core.until(large.job_id, JobStatus.SUBMITTING)).failure is None
        with pytest.raises(StoreUnavailable, match="full"):
            await submit(core, make_new(prompt="x" * 100_000))
        await set_writer(database, "max_page_count = 1000000")
        failed = await core.until(large.job_id, JobStatus.FAILED)
        other = await core.until((await submit(core, make_new(prompt="x" * 100_000))).job_id, JobStatus.QUEUED)
    assert failed.failure is not None
    assert len(failed.failure.reason) == 200_000
    assert (api.submits_begun, other.request_id) == (2, "req-2")
    assert not _has_traceback(caplog)
