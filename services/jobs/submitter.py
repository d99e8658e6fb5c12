"""Starts waiting jobs: claims them, sends the one paid request of each, and stores what came of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from services.clock import Clock, DeadlineClock
from services.errors import (
    ApiNotSent,
    ApiOutcomeUnknown,
    ApiRefused,
    FailureKind,
    RequestTaken,
)
from services.jobs.job_updater import GRACE_SECONDS, Change, JobUpdater
from services.jobs.model import FOLLOWED, CancelState, Job, JobFailure, JobStatus
from services.jobs.pacing import JobTiming, SubmitGate
from services.jobs.ports import JobStore, Lease, ModelApi
from services.jobs.sent_jobs import SentJobs
from services.jobs.signals import JobSignals
from services.jobs.troubles import Troubles
from services.jobs.unstored import UnstoredRequests

log = logging.getLogger(__name__)


class Submitter:
    """The loop that turns WAITING into a request at the API, at most once a job."""

    AT_ONCE = 16
    # The part of its lease that a claimed job may spend before its POST leaves, and what a stop gives the database.
    STALE_SHARE = 0.1
    STOP_WRITE_SECONDS = 1.0

    def __init__(
        self,
        *,
        store: JobStore,
        api: ModelApi,
        updater: JobUpdater,
        signals: JobSignals,
        gate: SubmitGate,
        clock: Clock,
        worker_id: str,
        timing: JobTiming,
        on_confirmed: Callable[[Job], None],
        unstored: UnstoredRequests,
    ) -> None:
        self._store = store
        self._api = api
        self._updater = updater
        self._signals = signals
        self._gate = gate
        self._clock = clock
        self._deadline_clock = DeadlineClock(clock, longest=timing.waiting_deadline)
        self._lease = Lease(worker_id=worker_id, ttl_seconds=timing.submit_seconds)
        self._timing = timing
        self._on_confirmed = on_confirmed
        self._unstored = unstored
        self._sent = SentJobs()
        self._running: dict[asyncio.Task[None], Job] = {}
        self._troubles = Troubles("waiting jobs cannot be read")

    async def run(self) -> None:
        """Submit waiting jobs until cancelled; then let running submits finish for `stop_seconds`."""
        try:
            while True:
                if not await self._start_some():
                    await self._signals.room.wait(self._wait_seconds())
        finally:
            await self._finish()

    def _wait_seconds(self) -> float:
        closed = self._gate.closed_seconds()
        return min(closed, self._timing.scan_seconds) if closed else self._timing.scan_seconds

    async def _start_some(self) -> bool:
        most = 1 if self._gate.is_trying else self.AT_ONCE
        free = most - len(self._running)
        if free <= 0 or self._gate.closed_seconds() > 0:
            return False
        claimed_at = self._clock.monotonic()
        try:
            jobs = await self._claim(free)
        except Exception as error:  # noqa: BLE001 - told there: whatever it is, the next claim may pass
            self._troubles.tell(error)
            return False
        self._troubles.passed()
        for job in jobs:
            work = self._put_back(job) if self._is_one_too_many(job) else self._submit(job, claimed_at)
            task = asyncio.create_task(work, name=f"submit {job.job_id}")
            self._running[task] = job
            task.add_done_callback(self._submitted)
        if jobs:
            self._signals.changed.wake()
        return bool(jobs)

    def _held_back(self) -> frozenset[str]:
        """Return the models of which no submit may leave now."""
        running = {job.model_id for job in self._running.values()}
        return self._gate.closed_models | {model_id for model_id in running if self._gate.is_in_doubt(model_id)}

    def _is_one_too_many(self, job: Job) -> bool:
        """Whether another job of this model, which is in doubt, is on its way already."""
        running = (one.model_id for one in self._running.values())
        return self._gate.is_in_doubt(job.model_id) and job.model_id in running

    async def _put_back(self, job: Job) -> None:
        """Have a job wait again that was claimed, and is not to be sent now."""
        await self._updater.update_durably(job.job_id, self._requeue(job))

    async def _claim(self, limit: int) -> Sequence[Job]:
        now, expired_by = self._clock.now(), self._deadline_clock.now()
        claim = asyncio.ensure_future(
            self._store.claim_waiting(
                self._lease, now=now, limit=limit, expired_by=expired_by, held_back=self._held_back()
            )
        )
        try:
            return await asyncio.shield(claim)
        except asyncio.CancelledError:
            # Stopped in the middle: what was claimed all the same has certainly not been sent.
            await asyncio.wait({claim}, timeout=GRACE_SECONDS)
            if not claim.done():
                claim.cancel()
            elif not claim.cancelled() and claim.exception() is None:
                for job in claim.result():
                    await self._updater.update_within(job.job_id, self._requeue(job), seconds=self.STOP_WRITE_SECONDS)
            raise

    def _submitted(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        self._signals.room.wake()
        if not task.cancelled() and (error := task.exception()):
            log.error("%s died", task.get_name(), exc_info=error)

    async def _finish(self) -> None:
        running = set(self._running)
        if not running:
            return
        log.info("stopping: %d running submits get %.0f s", len(running), self._timing.stop_seconds)
        _, late = await asyncio.wait(running, timeout=self._timing.stop_seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _submit(self, job: Job, claimed_at: float) -> None:
        """Send the job's paid request, unless it cannot be sent, or was."""
        if self._is_stale(job, claimed_at):
            log.warning("job_id=%s was claimed too long ago to be sent under that claim, waits", job.job_id)
            await self._put_back(job)
            return
        if not job.is_sendable:
            log.error("job_id=%s what was asked for cannot be read in its row: it fails, unsent", job.job_id)
            await self._updater.update_durably(job.job_id, self._failed(job, JobFailure(kind=FailureKind.UNREADABLE)))
            return
        if job.job_id in self._sent:
            await self._recall(job)
            return
        await self._send(job)

    async def _send(self, job: Job) -> None:
        """Send the paid request. Whatever happens here, the row leaves SUBMITTING with what is known."""
        self._sent.leaves(job.job_id)
        try:
            request_id = await self._api.submit(job.model_id, job.inputs)
        except ApiNotSent as error:
            self._sent.turned_away(job.job_id)
            log.warning("job_id=%s not sent, waits: %s", job.job_id, error)
            self._gate.not_sent(error.retry_after_seconds)
            await self._put_back(job)
        except ApiRefused as error:
            self._sent.turned_away(job.job_id)
            log.error("job_id=%s refused: %s", job.job_id, error)
            if error.http_status:
                self._gate.answered(job.model_id)
            await self._updater.update_durably(
                job.job_id, self._failed(job, JobFailure(kind=error.kind, reason=error.reason))
            )
        except asyncio.CancelledError:
            log.error("job_id=%s may or may not have been accepted: the process stops without its answer", job.job_id)
            await self._updater.update_within(job.job_id, self._unconfirmed, seconds=self.STOP_WRITE_SECONDS)
            raise
        except ApiOutcomeUnknown as error:
            self._gate.unknown(job.model_id)
            await self._mark_unconfirmed(job, error.cause)
        except Exception:
            # A fault of ours between the request's start and its answer: it may have been accepted.
            log.exception("job_id=%s the submit broke", job.job_id)
            self._gate.unknown(job.model_id)
            await self._mark_unconfirmed(job, "a fault of the bot")
        else:
            self._sent.accepted(job.job_id, request_id)
            log.info("job_id=%s accepted by the API as request_id=%s", job.job_id, request_id)
            await self._store_request(job, request_id)

    async def _recall(self, job: Job) -> None:
        """Give a job what is known of the request that it had before: its database went back in time meanwhile.

        A standby that lagged behind has taken over, say, or an older file lies in the place of the newer one.
        """
        request_id = self._sent.request_id(job.job_id)
        log.error("job_id=%s was sent before, and its database has forgotten that: it is not sent again", job.job_id)
        if request_id is None:
            await self._mark_unconfirmed(job, "it was sent before, and no answer came")
        else:
            await self._store_request(job, request_id)

    async def _store_request(self, job: Job, request_id: str) -> None:
        try:
            async with self._unstored.kept(job, request_id) as failed:
                changed = await self._updater.update_durably(job.job_id, self._with_request(request_id), failed=failed)
        except RequestTaken as error:
            # An answer to another submit (a cache on the way, say), or an id adopted by mistake: whatever became of
            # this one, its own request is not known.
            self._gate.unknown(job.model_id)
            await self._mark_unconfirmed(job, str(error))
            return
        self._gate.answered(job.model_id)
        if changed.job.request_id == request_id:
            if changed.job.status in FOLLOWED:
                self._on_confirmed(changed.job)
        else:
            log.error("job_id=%s is %s and cannot take request_id=%s", job.job_id, changed.job.status, request_id)

    def _is_stale(self, job: Job, claimed_at: float) -> bool:
        """Whether the process stood still since the claim: somebody else may have given the job up meanwhile.

        Two clocks tell: the wall's may have been set back, the monotonic one stands still while a machine sleeps.
        """
        by_wall = (self._clock.now() - (job.submitted_at or job.changed_at)).total_seconds()
        age = max(by_wall, self._clock.monotonic() - claimed_at)
        return age > self._timing.submit_seconds * self.STALE_SHARE

    async def _mark_unconfirmed(self, job: Job, cause: str) -> None:
        log.error("job_id=%s may or may not have been accepted (%s): never sent again", job.job_id, cause)
        await self._updater.update_durably(job.job_id, self._unconfirmed)

    def _unconfirmed(self, job: Job) -> Job | None:
        # Only from SUBMITTING: what has moved on meanwhile (a request id adopted, say) knows better.
        return (
            job.transition(JobStatus.UNCONFIRMED, at=self._clock.now()) if job.status is JobStatus.SUBMITTING else None
        )

    def _requeue(self, claimed: Job) -> Change:
        """Return the change to WAITING, from this claim only, whose moment marks it; a wish to cancel comes true.

        An answer to it that is lost has it tried again: by then somebody else may have claimed the job and be sending.
        """

        def change(job: Job) -> Job | None:
            if job.status is not JobStatus.SUBMITTING or job.submitted_at != claimed.submitted_at:
                return None
            waiting = job.transition(JobStatus.WAITING, at=self._clock.now())
            is_unwanted = job.cancel is CancelState.REQUESTED
            return waiting.transition(JobStatus.CANCELLED, at=self._clock.now()) if is_unwanted else waiting

        return change

    def _failed(self, claimed: Job, failure: JobFailure) -> Change:
        """Return the change to FAILED; a job that goes on by an id that was adopted meanwhile is left alone."""

        def change(job: Job) -> Job | None:
            if job.status is not JobStatus.SUBMITTING or job.submitted_at != claimed.submitted_at:
                return None
            return replace(job.transition(JobStatus.FAILED, at=self._clock.now()), failure=failure)

        return change

    def _with_request(self, request_id: str) -> Change:
        """Return the change to QUEUED; one that has a request id (this one, where the answer was lost) keeps it."""

        def change(job: Job) -> Job | None:
            if job.request_id is not None:
                return None
            return job.confirmed(request_id, at=self._clock.now(), within=self._timing.deadline)

        return change
