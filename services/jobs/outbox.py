"""Cards that are behind their jobs, under a lease, until somebody acknowledges that they show what changed."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from services.clock import Clock
from services.errors import StoreUnavailable
from services.jobs.card import Card, DueCard
from services.jobs.model import Job, JobStatus
from services.jobs.pacing import LONGEST_PUT_OFF, JobTiming
from services.jobs.ports import CardStore, JobStore, Lease
from services.jobs.signals import JobSignals

log = logging.getLogger(__name__)

# After the database did not take the taking of cards once.
FIRST_PAUSE_SECONDS = 0.25


class CardOutbox:
    """What the announcer works from. Nothing is pushed: the database knows what has not been shown yet."""

    def __init__(
        self,
        *,
        store: JobStore,
        cards: CardStore,
        signals: JobSignals,
        clock: Clock,
        worker_id: str,
        timing: JobTiming,
    ) -> None:
        self._store = store
        self._cards = cards
        self._signals = signals
        self._clock = clock
        self._scan_seconds = timing.scan_seconds
        # Renewed while a card is worked on, so it need not outlast an edit: a dead process's cards wait no longer.
        self._lease = Lease(worker_id=worker_id, ttl_seconds=timing.lease_seconds)
        # A card may be taken again before its last edit has wound up, so those at work are counted.
        self._held: Counter[str] = Counter()
        self._failures = 0
        self.longest_edit_seconds = timing.edit_seconds

    async def wait(self) -> None:
        """Return when something may be due: a wake-up, a due time, or the scan's turn.

        What is due and cannot be taken is tried again ever more rarely, whatever wakes up meanwhile.
        """
        if self._failures:
            await asyncio.sleep(min(FIRST_PAUSE_SECONDS * 2.0 ** min(self._failures - 1, 10), self._scan_seconds))
        seconds = self._scan_seconds
        try:
            due = await self._cards.next_due()
        except StoreUnavailable as error:
            log.info("due cards cannot be read: %s", error)
            due = None
        if due is not None:
            seconds = min(seconds, (due - self._clock.now()).total_seconds())
        if seconds > 0:
            await self._signals.changed.wait(seconds)

    async def take(self, limit: int) -> Sequence[DueCard]:
        """Take up to `limit` cards that are behind; each must be acknowledged or postponed, then let go."""
        try:
            claimed = await self._cards.claim_due(self._lease, now=self._clock.now(), limit=limit)
        except StoreUnavailable as error:
            log.info("due cards cannot be taken: %s", error)
            self._failures += 1
            return ()
        self._failures = 0
        self._held.update(due.job.job_id for due in claimed)
        return claimed

    def let_go(self, job: Job) -> None:
        """Renew the lease of a card that was taken no longer: nobody works on it any more."""
        self._held[job.job_id] -= 1
        if not self._held[job.job_id]:
            del self._held[job.job_id]

    async def keep_leases(self) -> None:
        """Renew the leases of the cards that were taken, until cancelled: nobody else edits one while we still may."""
        while True:
            await asyncio.sleep(self._lease.ttl_seconds / 3)
            try:
                if self._held:
                    await self._cards.renew(self._lease, tuple(self._held))
            except StoreUnavailable as error:
                log.info("the leases of cards cannot be renewed: %s", error)
            except Exception:
                log.exception("the leases of cards could not be renewed")

    async def get_resubmission(self, job: Job) -> Job | None:
        """Return the job that was submitted in place of an unconfirmed one, for its card to tell."""
        return await self._store.get_resubmission(job.job_id) if job.status is JobStatus.UNCONFIRMED else None

    async def save(self, job: Job, card: Card) -> bool:
        """Write where the card is (before a message is sent, after it was); False: the lease is lost, stop."""
        return await self._cards.save(job.job_id, card, worker_id=self._lease.worker_id)

    async def acknowledge(self, job: Job, card: Card) -> bool:
        """Record that the card shows what it had to; False: the lease was lost, and the card is drawn again."""
        kept = await self._cards.acknowledge(job.job_id, card, worker_id=self._lease.worker_id)
        if not kept:
            log.warning("job_id=%s the card's lease was lost in the middle of an edit", job.job_id)
        # What changed during the edit was nobody's to take: whoever waits has to look at its due time now.
        self._signals.changed.wake()
        return kept

    async def postpone(self, job: Job, *, seconds: float) -> None:
        """Try the same card again in `seconds`, within two hours in any case."""
        until = self._clock.now() + min(timedelta(seconds=seconds), LONGEST_PUT_OFF)
        await self._cards.postpone(job.job_id, worker_id=self._lease.worker_id, until=until)
        self._signals.changed.wake()
