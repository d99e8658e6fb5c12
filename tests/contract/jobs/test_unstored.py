"""A paid request's id is kept on this machine while the database does not take it, and brought there by itself."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import pytest

from services.clock import SystemClock
from services.jobs.model import JobStatus
from services.jobs.ports import JournalEntry
from services.store.database import Database
from services.store.jobs import SqlJobStore
from services.store.journal import NAME, JournalFile
from tests.contract.jobs.core import Core, submit
from tests.contract.jobs.scripted_api import ScriptedApi
from tests.contract.jobs.test_lost_answers import LossyStore
from tests.contract.store.making import make_new
from tests.rig import until


def entry(job_id: str = "abcdefghjk", request_id: str = "req-1", model_id: str = "") -> JournalEntry:
    """Return an entry as the submitter writes it."""
    return JournalEntry(
        job_id=job_id, request_id=request_id, model_id=model_id or make_new().model_id, answered_at=SystemClock().now()
    )


async def test_an_id_that_was_not_stored_is_stored_by_the_next_start(
    database: Database, api: ScriptedApi, tmp_path: Path
) -> None:
    """The process ends with the database unwritable; the next one follows the request: paid once, not unconfirmed."""
    lossy, journal = LossyStore(database), JournalFile(tmp_path)
    lossy.errors_at_queued = [RuntimeError("no room")] * 1000
    first = Core(lossy, api, journal=journal)
    job = await submit(first, make_new())
    async with first.running():
        async with asyncio.timeout(5):
            while not await journal.entries():  # noqa: ASYNC110 - the submitter's doing
                await asyncio.sleep(0.01)
    second = Core(SqlJobStore(database), api, journal=journal)
    await second.unstored.store_all()
    queued = await second.store.get(job.job_id)
    assert queued is not None
    assert (queued.status, queued.request_id, api.submits_begun) == (JobStatus.QUEUED, "req-1", 1)
    assert await journal.entries() == ()


async def test_what_is_kept_outlives_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When an id counts as kept, it is on the disk, and not only in the system's memory of it."""
    synced: list[bytes] = []

    def sync(file: int) -> None:
        synced.append(os.pread(file, 1_000_000, 0))

    monkeypatch.setattr("services.store.journal.os.fsync", sync)
    await JournalFile(tmp_path).add(entry(request_id="req-9"))
    assert b"req-9" in synced[-1]


async def test_an_id_is_kept_once(tmp_path: Path) -> None:
    """A database that is away for long has it written again and again, and the file does not grow."""
    journal, kept = JournalFile(tmp_path), entry(request_id="req-9")
    for _ in range(3):
        await journal.add(kept)
    assert await journal.entries() == (kept,)


async def test_an_id_that_is_stored_at_once_is_in_no_journal(
    store: SqlJobStore, api: ScriptedApi, tmp_path: Path
) -> None:
    """The journal is for the exception: it costs an ordinary submit nothing."""
    core = Core(store, api, journal=JournalFile(tmp_path))
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED)
    assert not (tmp_path / NAME).exists()


async def test_an_unconfirmed_job_is_reopened(store: SqlJobStore, api: ScriptedApi, tmp_path: Path) -> None:
    """Also where the job was called unconfirmed meanwhile; twice changes nothing more."""
    journal = JournalFile(tmp_path)
    core = Core(store, api, journal=journal)
    api.lost_answers = [RuntimeError("gone")]
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.UNCONFIRMED)
    await journal.add(entry(job.job_id))
    await core.unstored.store_all()
    reopened = await store.get(job.job_id)
    assert reopened is not None
    assert (reopened.status, reopened.request_id) == (JobStatus.QUEUED, "req-1")
    await journal.add(entry(job.job_id))
    await core.unstored.store_all()
    assert await store.get(job.job_id) == reopened
    assert await journal.entries() == ()


async def test_nothing_is_stored_in_a_wrong_job(store: SqlJobStore, api: ScriptedApi, tmp_path: Path) -> None:
    """Not where another job has the id, where the job never was sent, or is of another model; a stranger stays."""
    journal = JournalFile(tmp_path)
    core = Core(store, api, journal=journal)
    holder = await submit(core, make_new())
    async with core.running():
        await core.until(holder.job_id, JobStatus.QUEUED)
    waiting = await submit(core, make_new())
    unconfirmed = await submit(core, make_new())
    for wrong in (
        entry(waiting.job_id, "req-9"),
        entry(holder.job_id, "req-8"),
        entry(unconfirmed.job_id, "req-7", model_id="another/model"),
    ):
        await journal.add(wrong)
    stranger = entry("zzzzzzzzzz", "req-6")
    await journal.add(stranger)
    before = [await store.get(job.job_id) for job in (holder, waiting, unconfirmed)]
    await core.unstored.store_all()
    assert [await store.get(job.job_id) for job in (holder, waiting, unconfirmed)] == before
    assert await journal.entries() == (stranger,)


async def test_no_two_jobs_get_one_request(store: SqlJobStore, api: ScriptedApi, tmp_path: Path) -> None:
    """An id that another job has is refused, and leaves the journal."""
    journal = JournalFile(tmp_path)
    core = Core(store, api, journal=journal)
    holder = await submit(core, make_new())
    async with core.running():
        await core.until(holder.job_id, JobStatus.QUEUED)
        api.lost_answers = [RuntimeError("gone")]
        other = await submit(core, make_new())
        await core.until(other.job_id, JobStatus.UNCONFIRMED)
    await journal.add(entry(other.job_id, "req-1"))
    await core.unstored.store_all()
    kept = await store.get(other.job_id)
    assert kept is not None
    assert (kept.status, kept.request_id) == (JobStatus.UNCONFIRMED, None)
    assert await journal.entries() == ()


async def test_a_database_that_is_still_away_keeps_the_entry(
    database: Database, api: ScriptedApi, tmp_path: Path
) -> None:
    """An entry leaves the journal only when its row has the id."""
    lossy, journal = LossyStore(database), JournalFile(tmp_path)
    core = Core(lossy, api, journal=journal)
    api.lost_answers = [RuntimeError("gone")]
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.UNCONFIRMED)
    await journal.add(entry(job.job_id))
    lossy.errors_at_queued = [RuntimeError("no room")]
    await core.unstored.store_all()
    assert len(await journal.entries()) == 1
    await core.unstored.store_all()
    assert await journal.entries() == ()


async def test_the_file_survives_torn_lines_and_several_writers(tmp_path: Path) -> None:
    """What was cut in the middle is passed over; nobody's line is lost to another's; only its user may read it."""
    first, second = JournalFile(tmp_path), JournalFile(tmp_path)
    await first.reserve()
    path = tmp_path / NAME
    content = path.read_bytes()
    path.write_bytes(b'{"job_id": "torn", "requ' + content[24:])
    kept = [entry(request_id=f"req-{number}") for number in range(10)]
    await asyncio.gather(*((first, second)[number % 2].add(each) for number, each in enumerate(kept)))
    assert sorted(each.request_id for each in await first.entries()) == sorted(each.request_id for each in kept)
    assert path.stat().st_size == len(content), "written into the room that was reserved"
    await asyncio.gather(*(second.remove(each) for each in kept[1:]))
    assert await first.entries() == (kept[0],)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_journal_that_cannot_be_written_holds_nothing_up(
    database: Database, api: ScriptedApi, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Then the id is in the log, loudly, and is stored as soon as the database takes it."""
    (tmp_path / "file").touch()
    lossy = LossyStore(database)
    lossy.errors_at_queued = [RuntimeError("no room")]
    core = Core(lossy, api, journal=JournalFile(tmp_path / "file"))
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED)
    assert any(record.levelname == "CRITICAL" and "req-1" in record.message for record in caplog.records)


class BusyJournal(JournalFile):
    """A journal that others keep locked for a while."""

    refusals = 3

    async def add(self, entry: JournalEntry) -> None:
        """Refuse at first."""
        if self.refusals:
            self.refusals -= 1
            raise OSError(None, "locked")
        await super().add(entry)


async def test_a_journal_that_is_busy_is_tried_again(
    database: Database, api: ScriptedApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the database takes nothing, the id goes into the journal as soon as that takes it."""
    monkeypatch.setattr("services.jobs.unstored.RETRY_SECONDS", 0.02)
    lossy, journal = LossyStore(database), BusyJournal(tmp_path)
    lossy.errors_at_queued = [RuntimeError("no room")] * 1000
    core = Core(lossy, api, journal=journal)
    await submit(core, make_new())
    async with core.running():
        async with asyncio.timeout(5):
            while not await journal.entries():  # noqa: ASYNC110 - the submitter's doing
                await asyncio.sleep(0.01)
    assert [one.request_id for one in await journal.entries()] == ["req-1"]


class DeadJournal(JournalFile):
    """A journal on a disk that takes nothing any more."""

    async def add(self, entry: JournalEntry) -> None:  # noqa: ARG002 - the port's
        """Refuse."""
        raise OSError(None, "no such device")


async def test_a_journal_that_takes_nothing_holds_up_no_stop(
    database: Database, api: ScriptedApi, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The id stands in the log, once and loudly, and the process ends in order."""
    lossy = LossyStore(database)
    lossy.errors_at_queued = [RuntimeError("no room")] * 1000
    core = Core(lossy, api, journal=DeadJournal(tmp_path))
    await submit(core, make_new())
    async with asyncio.timeout(6):
        async with core.running():
            await until(lambda: "is in this log alone" in caplog.text, what="the log's line")
    assert caplog.text.count("is in this log alone") == 1
