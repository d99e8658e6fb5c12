"""Compare-and-set changes of a job: try, reload, try again; and the kind that must reach the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from services.clock import Clock
from services.errors import InvalidTransition, JobNotFound, RequestTaken, StoreUnavailable
from services.jobs.model import Job, JobStatus
from services.jobs.ports import JobStore
from services.jobs.shielding import run_to_end
from services.jobs.signals import JobSignals

log = logging.getLogger(__name__)

# What a write that must not be forgotten still gets when its caller is cancelled.
GRACE_SECONDS = 1.5
_TELL_EVERY = 12  # failures: a minute, at five seconds each

# What to make of the job as it now is; None: nothing (any more).
Change = Callable[[Job], Job | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """The job as it now is, and whether this call changed it."""

    job: Job
    is_changed: bool


class JobUpdater:
    """Applies changes to jobs in the store and wakes whoever waits for them."""

    def __init__(self, store: JobStore, clock: Clock, signals: JobSignals) -> None:
        self._store = store
        self._clock = clock
        self._signals = signals

    async def update(self, job_id: str, change: Change) -> Changed:
        """Change the job as it now is; whoever loses the race reloads and decides again.

        A change that the transition table no longer allows is none.
        Raises: JobNotFound, RequestTaken, StoreUnavailable.
        """
        while True:
            job = await self._store.get(job_id)
            if job is None:
                raise JobNotFound(job_id)
            try:
                after = change(job)
            except InvalidTransition:
                after = None
            if after is None:
                return Changed(job=job, is_changed=False)
            if await self._store.replace(after, before=job):
                self._wake(after)
                log.info("job_id=%s %s → %s", job_id, job.status, after.status)
                return Changed(job=after, is_changed=True)

    async def update_durably(
        self, job_id: str, change: Change, *, failed: Callable[[], None] = lambda: None
    ) -> Changed:
        """Apply the change whatever the database says meanwhile, and even when the caller is cancelled.

        For what must not be forgotten: the outcome of a paid submit. Which errors pass is not known beforehand, so each
        is taken for one that does, but for the two that are an answer. `failed` is called at each of them.
        Raises: JobNotFound, RequestTaken.
        """
        task = asyncio.ensure_future(self._update_until_stored(job_id, change, failed))
        return await run_to_end(task, grace_seconds=GRACE_SECONDS)

    async def update_within(self, job_id: str, change: Change, *, seconds: float) -> None:
        """Apply the change if the database answers in that time; for what the next start finds out by itself."""
        task = asyncio.ensure_future(self.update(job_id, change))
        try:
            await asyncio.wait({task}, timeout=seconds)
        finally:
            task.cancel()
        if task.done() and not task.cancelled() and (error := task.exception()):
            log.warning("job_id=%s is left as it is: %s", job_id, error)

    async def _update_until_stored(self, job_id: str, change: Change, failed: Callable[[], None]) -> Changed:
        failures = 0
        while True:
            try:
                return await self.update(job_id, change)
            except (JobNotFound, RequestTaken):
                raise
            except StoreUnavailable as error:
                failures += 1
                # Loudly once, then rarely: the tries go on for as long as the process does.
                if failures == 1 or failures % _TELL_EVERY == 0:
                    log.warning("job_id=%s the database is away, trying again: %s", job_id, error)
            except Exception as error:
                failures += 1
                # The whole story once: it is a mistake of ours, or a database in a state that nobody foresaw.
                level, story = (logging.ERROR, error) if failures == 1 else (logging.WARNING, None)
                if failures == 1 or failures % _TELL_EVERY == 0:
                    log.log(level, "job_id=%s cannot be stored, trying again: %r", job_id, error, exc_info=story)
            failed()
            await asyncio.sleep(min(0.1 * 2.0 ** min(failures, 10), 5.0))

    def _wake(self, job: Job) -> None:
        self._signals.changed.wake()
        if job.status.is_terminal or job.status is JobStatus.WAITING:
            self._signals.room.wake()
