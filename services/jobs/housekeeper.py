"""Ends what nobody else ends: submits of dead processes, jobs that waited too long, and secrets that ran out."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from services.clock import Clock, DeadlineClock
from services.errors import StoreUnavailable
from services.jobs.job_updater import JobUpdater
from services.jobs.model import Job, JobStatus
from services.jobs.pacing import JobTiming
from services.jobs.ports import CardStore, JobStore, Lease
from services.jobs.troubles import Troubles

log = logging.getLogger(__name__)

# How long a token is kept after its time: by the clock of another process it may live still.
TOKEN_MARGIN = timedelta(minutes=15)


class Housekeeper:
    """The loop that looks through the database for what has nobody to end it."""

    BATCH = 100

    def __init__(
        self,
        *,
        store: JobStore,
        cards: CardStore,
        updater: JobUpdater,
        clock: Clock,
        worker_id: str,
        timing: JobTiming,
    ) -> None:
        self._store = store
        self._cards = cards
        self._updater = updater
        self._clock = clock
        self._deadline_clock = DeadlineClock(clock, longest=timing.waiting_deadline)
        self._lease = Lease(worker_id=worker_id, ttl_seconds=timing.lease_seconds)
        self._scan_seconds = timing.scan_seconds
        self._troubles = Troubles("the database cannot be tidied")

    async def run(self) -> None:
        """Look every few seconds until cancelled."""
        while True:
            try:
                await self.tidy()
            except Exception as error:  # noqa: BLE001 - told there: whatever it is, the next look may pass
                self._troubles.tell(error)
            else:
                self._troubles.passed()
            await asyncio.sleep(self._scan_seconds)

    async def tidy(self) -> None:
        """End what has to be ended now.

        Raises: StoreUnavailable.
        """
        for job in await self._store.claim_orphaned_submits(self._lease, limit=self.BATCH):
            log.error("job_id=%s its process died while submitting: it may have been charged", job.job_id)
            await self._end(job, JobStatus.SUBMITTING, JobStatus.UNCONFIRMED)
        for job in await self._store.list_overdue_waiting(now=self._deadline_clock.now(), limit=self.BATCH):
            log.warning("job_id=%s waited too long", job.job_id)
            await self._end(job, JobStatus.WAITING, JobStatus.EXPIRED)
        await self._cards.forget_tokens(until=self._clock.now() - TOKEN_MARGIN, limit=self.BATCH)

    async def _end(self, job: Job, of: JobStatus, to: JobStatus) -> None:
        def change(j: Job) -> Job | None:
            return j.transition(to, at=self._clock.now()) if j.status is of else None

        try:
            await self._updater.update(job.job_id, change)
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("job_id=%s cannot be ended", job.job_id)
