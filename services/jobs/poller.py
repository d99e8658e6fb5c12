"""Follows every job at the API to its end, under leases in the database."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from services.clock import Clock
from services.errors import ApiError, ApiUnavailable, RequestNotFound, StoreUnavailable
from services.jobs.cancelling import Canceller
from services.jobs.changes import Changes
from services.jobs.following import expired, follow, gone
from services.jobs.model import CancelState, Job, JobStatus
from services.jobs.pacing import JobTiming, Random, RequestBudget, backoff_seconds, poll_seconds
from services.jobs.ports import JobStore, Lease, ModelApi, Progress, RequestState
from services.jobs.schedule import Schedule, Watched
from services.jobs.signals import JobSignals

log = logging.getLogger(__name__)


class Poller:
    """The loop that asks the API about live jobs and writes only when something changed."""

    AT_ONCE = 16  # polls under way at the same time
    BATCH = 200  # jobs taken up in one statement
    NOT_FOUND_IN_A_ROW = 5  # answers 404001, poll_max apart, before a request counts as gone
    COST_CHECK_SECONDS = (3.0, 10.0, 30.0)  # the API may tell a cost only some time after the end

    def __init__(
        self,
        *,
        store: JobStore,
        api: ModelApi,
        changes: Changes,
        canceller: Canceller,
        signals: JobSignals,
        budget: RequestBudget,
        clock: Clock,
        random: Random,
        owner: str,
        timing: JobTiming,
    ) -> None:
        self._store = store
        self._api = api
        self._changes = changes
        self._canceller = canceller
        self._signals = signals
        self._budget = budget
        self._clock = clock
        self._random = random
        self._lease = Lease(owner=owner, ttl_seconds=timing.lease_seconds)
        self._timing = timing
        self._schedule = Schedule()

    def watch(self, job: Job) -> None:
        """Follow this job, whose lease this process holds; the first poll is at once if a cancel waits to be sent."""
        if job.job_id in self._schedule:
            return
        wait = 0.0 if job.cancel is CancelState.REQUESTED else self._timing.poll_min_seconds / 2
        self._schedule.add(Watched(job.job_id), self._clock.monotonic() + wait)
        self._signals.polls.wake()

    async def run(self) -> None:
        """Take up live jobs, keep their leases, and poll them, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_leases(), name="poller: leases")
            group.create_task(self._keep_taking_up(), name="poller: taking up")
            free = asyncio.Semaphore(self.AT_ONCE)
            while True:
                await free.acquire()
                watched = await self._next_due()
                task = group.create_task(self._poll(watched), name=f"poll {watched.job_id}")
                task.add_done_callback(lambda _: free.release())

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(self._timing.lease_seconds / 3)
            try:
                held = await self._store.renew(self._lease)
            except StoreUnavailable as error:
                log.warning("leases cannot be renewed: %s", error)
                continue
            for job_id in held:
                # Taken, but the answer was lost: nobody else would follow it while this process lives.
                if job_id not in self._schedule:
                    log.info("job_id=%s is held and was not followed", job_id)
                    self._schedule.add(Watched(job_id), self._clock.monotonic())
                    self._signals.polls.wake()

    async def _keep_taking_up(self) -> None:
        while True:
            try:
                jobs = await self._store.take_up(self._lease, most=self.BATCH)
            except StoreUnavailable as error:
                log.warning("live jobs cannot be taken up: %s", error)
                jobs = ()
            for job in jobs:
                log.info("job_id=%s taken up as %s", job.job_id, job.status)
                self.watch(job)
            if len(jobs) < self.BATCH:
                await asyncio.sleep(self._timing.scan_seconds)

    async def _next_due(self) -> Watched:
        while (watched := self._schedule.pop_due(self._clock.monotonic())) is None:
            seconds = self._schedule.seconds_to_next(self._clock.monotonic())
            await self._signals.polls.wait(self._timing.scan_seconds if seconds is None else seconds)
        return watched

    async def _poll(self, watched: Watched) -> None:
        """Ask once about one job; whatever happens, it is either asked about again or has ended."""
        try:
            wait = await self._ask_about(watched)
        except asyncio.CancelledError:
            self._schedule.forget(watched.job_id)  # a poller that runs again takes it up again
            raise
        except (ApiUnavailable, StoreUnavailable) as error:
            watched.failures += 1
            after = error.retry_after_seconds if isinstance(error, ApiUnavailable) else None
            wait = max(after or 0.0, self._backoff(watched.failures))
            log.warning("job_id=%s no answer (%d in a row): %s", watched.job_id, watched.failures, error)
        except Exception:
            watched.failures += 1
            wait = self._backoff(watched.failures)
            log.exception("job_id=%s the poll broke", watched.job_id)
        if wait is None:
            self._schedule.forget(watched.job_id)
        else:
            self._schedule.add(watched, self._clock.monotonic() + wait)
            self._signals.polls.wake()  # the loop may sleep for longer: it knew of no job while this one was out

    def _backoff(self, failures: int) -> float:
        first, most = self._timing.poll_min_seconds, self._timing.poll_max_seconds
        return backoff_seconds(failures, first=first, most=most * 3, random=self._random)

    async def _ask_about(self, watched: Watched) -> float | None:
        """Return the seconds until the job is to be asked about again; None when it needs no more."""
        job = await self._store.get(watched.job_id)
        if job is None or job.request_id is None:
            return None
        if job.status.is_terminal:
            return await self._look_for_cost(watched, job, job.request_id)
        if job.cancel is CancelState.REQUESTED and job.status is JobStatus.QUEUED:
            await self._take_turn()
            await self._canceller.send(job)
        asked_at = self._clock.now()
        try:
            progress = await self._ask(job.request_id)
        except RequestNotFound:
            return await self._not_found(watched, job)
        except ApiUnavailable:
            if self._is_long_overdue(job):
                await self._expire(job)
                return None
            raise
        watched.failures = watched.not_found = 0
        return await self._follow(watched, job, progress, asked_at=asked_at)

    async def _take_turn(self) -> None:
        await asyncio.sleep(self._budget.reserve())

    async def _ask(self, request_id: str) -> Progress:
        """Ask /status; the end, and what a word never seen means, only /result tells.

        Raises: ApiUnavailable, RequestNotFound.
        """
        await self._take_turn()
        try:
            progress = await self._api.get_status(request_id)
            if progress.state in {RequestState.FINISHED, RequestState.UNKNOWN}:
                await self._take_turn()
                progress = await self._api.get_result(request_id)
        except (ApiUnavailable, RequestNotFound):
            raise
        except ApiError as error:
            # A refused question (a revoked token, say) says nothing about the job: it goes on being asked.
            raise ApiUnavailable(cause=str(error)) from error
        return progress

    async def _follow(self, watched: Watched, job: Job, progress: Progress, *, asked_at: datetime) -> float | None:
        changed = await self._changes.apply(job.job_id, lambda j: follow(j, progress, at=self._clock.now()))
        after = changed.job
        if after.status.is_terminal:
            return self._wait_for_cost(watched, after)
        if asked_at >= after.deadline:
            await self._expire(after)
            return None
        watched.unchanged = 0 if changed.is_changed else watched.unchanged + 1
        until_deadline = (after.deadline - self._clock.now()).total_seconds()
        # A question from before the deadline does not end the job: it may have finished since.
        return min(poll_seconds(watched.unchanged, self._timing, self._random), max(0.0, until_deadline))

    def _wait_for_cost(self, watched: Watched, job: Job) -> float | None:
        if job.status is not JobStatus.SUCCEEDED or job.cost is not None:
            return None
        if watched.cost_checks >= len(self.COST_CHECK_SECONDS):
            return None
        return self.COST_CHECK_SECONDS[watched.cost_checks]

    async def _look_for_cost(self, watched: Watched, job: Job, request_id: str) -> float | None:
        watched.cost_checks += 1
        await self._take_turn()
        try:
            progress = await self._api.get_result(request_id)
        except ApiError as error:
            log.info("job_id=%s its cost cannot be read: %s", job.job_id, error)
            return self._wait_for_cost(watched, job)
        changed = await self._changes.apply(job.job_id, lambda j: follow(j, progress, at=self._clock.now()))
        return self._wait_for_cost(watched, changed.job)

    async def _not_found(self, watched: Watched, job: Job) -> float | None:
        watched.not_found += 1
        log.warning("job_id=%s the API does not know its request (%d in a row)", job.job_id, watched.not_found)
        if watched.not_found < self.NOT_FOUND_IN_A_ROW:
            return self._timing.poll_max_seconds
        await self._changes.apply(job.job_id, lambda j: gone(j, at=self._clock.now()))
        return None

    def _is_long_overdue(self, job: Job) -> bool:
        """Whether even the API's silence ends the job: its deadline has passed by as long again."""
        return self._clock.now() >= job.deadline + self._timing.deadline

    async def _expire(self, job: Job) -> None:
        log.warning("job_id=%s its deadline has passed while %s", job.job_id, job.status)
        if job.status is JobStatus.QUEUED and job.request_id is not None:
            await self._take_turn()
            try:
                await self._api.cancel(job.request_id)  # nobody waits for it any more: do not let it be paid
            except ApiError as error:
                log.warning("job_id=%s could not be cancelled at its deadline: %s", job.job_id, error)
        await self._changes.apply(job.job_id, lambda j: expired(j, at=self._clock.now()))
