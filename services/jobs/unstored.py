"""Paid requests whose ids the database did not take at once: kept in the journal, stored when it takes them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from services.clock import Clock
from services.errors import JobNotFound, RequestTaken
from services.jobs.job_updater import GRACE_SECONDS, JobUpdater
from services.jobs.model import Job, JobStatus
from services.jobs.pacing import JobTiming
from services.jobs.ports import JournalEntry, RequestJournal
from services.jobs.shielding import run_to_end
from services.jobs.signals import JobSignals

log = logging.getLogger(__name__)

# How long the database may take before an id is written to the journal; at an error it is at once.
PATIENCE_SECONDS = 0.5
# How long a journal that takes nothing is left alone.
RETRY_SECONDS = 1.0


class UnstoredRequests:
    """Keeps request ids in the journal while they are not in the database, and brings them there."""

    def __init__(
        self, journal: RequestJournal, *, updater: JobUpdater, signals: JobSignals, clock: Clock, timing: JobTiming
    ) -> None:
        self._journal = journal
        self._updater = updater
        self._signals = signals
        self._clock = clock
        self._timing = timing
        self._being_stored: set[str] = set()
        self._is_unwell = False
        self._strangers: set[str] = set()

    @asynccontextmanager
    async def kept(self, job: Job, request_id: str) -> AsyncIterator[Callable[[], None]]:
        """Have the id in the journal when the block takes long, when it calls what it is given, or when it is left
        by an error; take it out again when the block ends in order.
        """  # noqa: D205 - one sentence
        entry = JournalEntry(
            job_id=job.job_id, request_id=request_id, model_id=job.model_id, answered_at=self._clock.now()
        )
        has_failed, is_over = asyncio.Event(), asyncio.Event()
        writing = asyncio.create_task(self._write_when_late(entry, has_failed, is_over), name=f"journal {job.job_id}")
        self._being_stored.add(job.job_id)
        try:
            yield has_failed.set
        except BaseException:
            has_failed.set()
            is_over.set()  # a stop waits for one more try, and for no journal that never takes it
            await run_to_end(writing, grace_seconds=GRACE_SECONDS)
            raise
        else:
            is_over.set()
            if has_failed.is_set() or writing.done():
                await writing
                await self._remove(entry)
            else:
                writing.cancel()  # what it had begun to write is taken out by the next look
        finally:
            self._being_stored.discard(job.job_id)

    async def _write_when_late(self, entry: JournalEntry, has_failed: asyncio.Event, is_over: asyncio.Event) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await has_failed.wait()
        # In a task of its own: once begun it is written to its end.
        await asyncio.shield(asyncio.create_task(self._add(entry, is_over)))

    async def _add(self, entry: JournalEntry, is_over: asyncio.Event) -> None:
        """Write the entry, again and again until the journal has taken it; once more when nobody waits any longer."""
        is_told = False
        while not await self._is_added(entry, is_told=is_told) and not is_over.is_set():
            is_told = True
            with suppress(TimeoutError):
                async with asyncio.timeout(RETRY_SECONDS):
                    await is_over.wait()

    async def _is_added(self, entry: JournalEntry, *, is_told: bool) -> bool:
        try:
            await self._journal.add(entry)
        except OSError as error:
            log.log(
                logging.DEBUG if is_told else logging.CRITICAL,
                "job_id=%s request_id=%s is in this log alone: the journal takes it no more than the database (%s)",
                entry.job_id,
                entry.request_id,
                error.strerror or error,
            )
            return False
        log.warning("job_id=%s request_id=%s waits in the journal", entry.job_id, entry.request_id)
        return True

    async def _remove(self, entry: JournalEntry) -> None:
        try:
            await self._journal.remove(entry)
        except OSError as error:
            # It is found again, and then says nothing new.
            log.warning("job_id=%s stays in the journal: %s", entry.job_id, error.strerror or error)

    async def run(self) -> None:
        """Store what the journal holds, every few seconds until cancelled."""
        while True:
            await self.store_all()
            await asyncio.sleep(self._timing.scan_seconds)

    async def store_all(self) -> None:
        """Store what the journal holds of processes that are gone; what the database does not take yet stays there."""
        try:
            entries = await self._journal.entries()
        except OSError as error:
            if not self._is_unwell:
                log.error("the journal of request ids cannot be read: %s", error.strerror or error)
            self._is_unwell = True
            return
        self._is_unwell = False
        for entry in entries:
            if entry.job_id not in self._being_stored and await self._is_settled(entry):
                await self._remove(entry)

    async def _is_settled(self, entry: JournalEntry) -> bool:
        """Bring the entry into its row; True when nothing is left to be done about it."""
        try:
            changed = await self._updater.update(entry.job_id, lambda job: self._with_request(job, entry))
        except JobNotFound:
            if entry.job_id not in self._strangers:
                log.error("job_id=%s of the journal is in no row of this database: left there", entry.job_id)
            self._strangers.add(entry.job_id)
            return False
        except RequestTaken as error:
            log.error("job_id=%s of the journal is not changed: %s", entry.job_id, error)
            return True
        except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
            log.debug("job_id=%s stays in the journal: %r", entry.job_id, error)
            return False
        if changed.is_changed:
            log.warning("job_id=%s request_id=%s was stored from the journal", entry.job_id, entry.request_id)
            self._signals.polls.wake()
        elif changed.job.request_id != entry.request_id:
            log.error(
                "job_id=%s is %s and cannot take request_id=%s of the journal",
                entry.job_id,
                changed.job.status,
                entry.request_id,
            )
        return True

    def _with_request(self, job: Job, entry: JournalEntry) -> Job | None:
        is_open = job.status is JobStatus.SUBMITTING or job.is_reopenable
        if job.model_id != entry.model_id or not is_open or job.request_id is not None:
            return None
        now = self._clock.now()
        queued = job.confirmed(entry.request_id, at=now, within=self._timing.deadline)
        # As an adopted one it has its whole time from now: what counts is that the result is there to be fetched.
        return replace(queued, deadline=now + self._timing.deadline)
