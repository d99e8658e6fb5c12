"""Follows every job at the API to its end, under leases in the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.clock import Clock, DeadlineClock
from services.errors import ApiError, ApiUnavailable, RequestNotFound, StoreUnavailable
from services.jobs.cancelling import Canceller
from services.jobs.echoes import without_echoes
from services.jobs.job_updater import JobUpdater
from services.jobs.model import LATE_FOR, CancelState, Job, JobStatus
from services.jobs.pacing import (
    JobTiming,
    Random,
    RequestBudget,
    backoff_seconds,
    late_poll_seconds,
    poll_seconds,
)
from services.jobs.ports import JobStore, Lease, ModelApi, Progress, RequestState
from services.jobs.schedule import Schedule, Watched
from services.jobs.signals import JobSignals
from services.jobs.transitions import apply_progress, essence, gone, overdue
from services.jobs.troubles import Troubles

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """When a question was asked, by the clocks that decide what silence about an end means."""

    for_late: datetime
    for_giving_up: datetime
    monotonic: float


class Poller:
    """The loop that asks the API about live jobs and writes only when something changed."""

    # Polls under way at the same time: so many that those without an answer hold up nobody else's.
    AT_ONCE = 64
    BATCH = 200  # jobs taken up in one statement
    # A job is given up only by a process that has asked about it for so long: its clock may be wrong when it starts.
    GIVES_UP_AFTER_SECONDS = 3600.0
    # Answers 404001 before a request counts as gone: poll_max apart at first, then twice as long each time.
    NOT_FOUND_IN_A_ROW = 6
    FAILURES_BEFORE_RESULT = 4  # of /status in a row, before /result is asked beside it
    NOT_FOUND_BEFORE_RESULT = 2  # of these, before /result is asked as well: that may have what /status has forgotten
    ANSWERS_WITHOUT_RESULT = 12  # of /status, with an end that needs no result, before that is the end
    LOOKS_AT_GAPS = 4  # at a result of which places are empty, before what is there is taken for all of it
    # A process that the API has not answered for so long lets its leases run out: another may have a way to it.
    CUT_OFF_AFTER_SECONDS = 60.0
    COST_CHECK_SECONDS = (3.0, 10.0, 30.0)  # the API may tell a cost only some time after the end

    def __init__(
        self,
        *,
        store: JobStore,
        api: ModelApi,
        updater: JobUpdater,
        canceller: Canceller,
        signals: JobSignals,
        budget: RequestBudget,
        clock: Clock,
        random: Random,
        worker_id: str,
        timing: JobTiming,
    ) -> None:
        self._store = store
        self._api = api
        self._updater = updater
        self._canceller = canceller
        self._signals = signals
        self._budget = budget
        self._clock = clock
        self._deadline_clock = DeadlineClock(clock, longest=timing.deadline)
        self._patient_clock = DeadlineClock(clock, longest=timing.deadline + LATE_FOR)
        self._random = random
        self._lease = Lease(worker_id=worker_id, ttl_seconds=timing.lease_seconds)
        self._timing = timing
        self._schedule = Schedule()
        self._silent_since: float | None = None  # monotonic: since when no question was answered
        self._lease_troubles = Troubles("leases cannot be renewed")
        self._take_up_troubles = Troubles("live jobs cannot be taken up")

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
            if self._is_cut_off():
                continue
            watched = self._schedule.waiting()
            try:
                held = await self._store.renew(self._lease)
            except Exception as error:  # noqa: BLE001 - told there: whatever it is, the next renewal may pass
                self._lease_troubles.tell(error)
                continue
            self._lease_troubles.passed()
            self._compare_with(held, watched)

    def _is_cut_off(self) -> bool:
        """Whether the API is out of reach. What is followed is asked about still, whoever holds it by then."""
        since = self._silent_since
        return since is not None and self._clock.monotonic() - since >= self.CUT_OFF_AFTER_SECONDS

    def _compare_with(self, held: Mapping[str, int], watched: Sequence[Watched]) -> None:
        """Follow what this process holds, and only that. `watched` waited for their turn before it was asked for."""
        for job_id in held:
            # Taken, but the answer was lost: nobody else would follow it while this process lives.
            if job_id not in self._schedule:
                log.info("job_id=%s is held and was not followed", job_id)
                self._schedule.add(Watched(job_id), self._clock.monotonic())
        waiting = {one.job_id for one in self._schedule.waiting()}
        for one in watched:
            if one.job_id not in waiting or one.is_over:
                continue
            if one.job_id not in held:
                log.info("job_id=%s is followed by somebody else now, or has ended", one.job_id)
                self._schedule.drop(one.job_id)
            elif one.late_version not in {None, held[one.job_id]}:
                # Adopted, or to be cancelled, by another process: not in half an hour.
                self._schedule.add(one, self._clock.monotonic())
        self._signals.polls.wake()

    async def _keep_taking_up(self) -> None:
        while True:
            try:
                jobs = () if self._is_cut_off() else await self._store.claim_followed(self._lease, limit=self.BATCH)
            except Exception as error:  # noqa: BLE001 - told there: whatever it is, the next scan may pass
                self._take_up_troubles.tell(error)
                jobs = ()
            else:
                self._take_up_troubles.passed()
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
        asked = _Asked(
            for_late=self._deadline_clock.now(),
            for_giving_up=self._patient_clock.now(),
            monotonic=self._clock.monotonic(),
        )
        watched.late_version = None
        try:
            wait = await self._ask_about(watched, asked)
            self._silent_since = None
        except asyncio.CancelledError:
            self._schedule.forget(watched.job_id)  # a poller that runs again takes it up again
            raise
        except Exception as error:  # noqa: BLE001 - told there: whatever it is, the job goes on by the rules
            watched.failures += 1
            if isinstance(error, ApiUnavailable) and self._silent_since is None:
                self._silent_since = self._clock.monotonic()
            self._tell(watched, error)
            after = error.retry_after_seconds if isinstance(error, ApiUnavailable) else None
            wait = await self._wait_after_failure(watched, after or 0.0, asked)
        if wait is None:
            self._schedule.forget(watched.job_id)
        else:
            self._schedule.add(watched, self._clock.monotonic() + wait)
            self._signals.polls.wake()  # the loop may sleep for longer: it knew of no job while this one was out

    def _tell(self, watched: Watched, error: Exception) -> None:
        if isinstance(error, ApiUnavailable | StoreUnavailable):
            # A database that is away is away for every job, and told once, by itself.
            level = logging.WARNING if isinstance(error, ApiUnavailable) else logging.INFO
            log.log(level, "job_id=%s no answer (%d in a row): %s", watched.job_id, watched.failures, error)
        elif watched.failures == 1:
            log.error("job_id=%s the poll broke", watched.job_id, exc_info=error)
        else:
            log.warning("job_id=%s the poll broke (%d in a row): %r", watched.job_id, watched.failures, error)

    async def _wait_after_failure(self, watched: Watched, at_least: float, asked: _Asked) -> float | None:
        """Return the seconds until the next try. Silence, too, is no end in time."""
        wait = max(at_least, self._backoff(watched.failures))
        try:
            job = await self._note_overdue(watched, asked)
        except Exception:  # noqa: BLE001 - the question before has told what is wrong; this job alone waits for it
            return wait
        return None if job.status.is_terminal else max(wait, self._late_seconds(watched, job))

    def _backoff(self, failures: int) -> float:
        first, most = self._timing.poll_min_seconds, self._timing.poll_max_seconds
        return backoff_seconds(failures, first=first, longest=most * 3, random=self._random)

    async def _ask_about(self, watched: Watched, asked: _Asked) -> float | None:
        """Return the seconds until the job is to be asked about again; None when it needs no more."""
        job = await self._store.get(watched.job_id)
        if job is None or job.request_id is None:
            return None
        if job.status.is_terminal:
            return await self._look_for_cost(watched, job, job.request_id)
        if watched.deadline != job.deadline:
            watched.deadline, watched.since = job.deadline, asked.monotonic
        if job.cancel is CancelState.REQUESTED and job.is_cancellable:
            await self._take_turn()
            await self._canceller.send(job)
        try:
            progress = await self._ask(job.request_id, failures=watched.failures, not_found=watched.not_found)
        except RequestNotFound:
            return await self._not_found(watched, job)
        watched.failures = watched.not_found = 0
        certain = self._confirmed(watched, without_echoes(job, progress))
        return await self._follow(watched, job, certain, asked)

    async def _take_turn(self) -> None:
        await asyncio.sleep(self._budget.reserve())

    async def _ask(self, request_id: str, *, failures: int, not_found: int) -> Progress:
        """Ask /status; the end, and what a word never seen means, only /result tells.

        `failures`: how many questions in a row got no answer, `not_found`: how many that the request is not known.
        After some of them /result is asked as well: it may have what /status cannot tell.
        Raises: ApiUnavailable, RequestNotFound.
        """
        await self._take_turn()
        try:
            try:
                progress = await self._api.get_status(request_id)
            except ApiUnavailable:
                if failures < self.FAILURES_BEFORE_RESULT:
                    raise
                progress = Progress(state=RequestState.UNKNOWN)
            except RequestNotFound:
                if not_found < self.NOT_FOUND_BEFORE_RESULT:
                    raise
                return await self._ask_result_alone(request_id)
            if progress.state in {RequestState.FINISHED, RequestState.UNKNOWN} or progress.answers_needed > 1:
                await self._take_turn()
                result = await self._read_result(request_id, told=progress)
                # Of a request that nobody says is over, a refused result is no end: it may be too early to ask.
                is_too_early = result.is_refusal and progress.state is RequestState.UNKNOWN
                progress = progress if is_too_early else result
        except (ApiUnavailable, RequestNotFound):
            raise
        except ApiError as error:
            # A refused question (a revoked token, say) says nothing about the job: it goes on being asked.
            raise ApiUnavailable(cause=str(error)) from error
        return progress

    async def _ask_result_alone(self, request_id: str) -> Progress:
        """Ask /result of a request that /status does not know. Raises: RequestNotFound where it tells no end either."""
        await self._take_turn()
        try:
            progress = await self._api.get_result(request_id)
        except ApiError as error:
            raise RequestNotFound from error
        if progress.outputs or (progress.state is RequestState.FAILED and progress.reason):
            return progress
        raise RequestNotFound

    async def _read_result(self, request_id: str, *, told: Progress) -> Progress:
        try:
            return await self._api.get_result(request_id)
        except (ApiUnavailable, RequestNotFound) as error:
            end = told.ended_as or RequestState.FAILED
            needs_no_result = told.reason or told.outputs or end is RequestState.CANCELLED
            if told.state is RequestState.FINISHED and needs_no_result:
                # A failure may have no result at all: then what /status told of it counts, once that has stayed.
                return replace(told, state=end, answers_needed=self.ANSWERS_WITHOUT_RESULT)
            if isinstance(error, ApiUnavailable):
                raise
            # Nobody says that the request is gone: its result may not be registered yet.
            raise ApiUnavailable("a result is not known of a request that is") from error

    def _confirmed(self, watched: Watched, progress: Progress) -> Progress:
        """Return what the answer tells for certain: a doubtful one nothing, until it has come often enough in a row."""
        if progress.answers_needed <= 1:
            watched.doubtful, watched.doubtful_answers = None, 0
            return progress
        told = essence(progress)
        watched.doubtful_answers = watched.doubtful_answers + 1 if told == watched.doubtful else 1
        watched.doubtful = told
        if watched.doubtful_answers < progress.answers_needed:
            return Progress(state=RequestState.UNKNOWN)
        is_success = progress.state is RequestState.UNKNOWN and progress.outputs
        return replace(progress, state=RequestState.SUCCEEDED) if is_success else progress

    async def _follow(self, watched: Watched, job: Job, progress: Progress, asked: _Asked) -> float | None:
        if progress.state is RequestState.SUCCEEDED and not progress.outputs:
            # Its files may be registered a moment after its state.
            watched.empty_results += 1
            if watched.empty_results <= len(self._timing.empty_result_seconds):
                log.warning("job_id=%s has succeeded, without a file so far", job.job_id)
                return self._timing.empty_result_seconds[watched.empty_results - 1]
            progress = replace(progress, outputs=progress.leftovers)
        if progress.state is RequestState.SUCCEEDED and progress.has_gaps:
            watched.empty_results += 1
            if watched.empty_results <= min(self.LOOKS_AT_GAPS, len(self._timing.empty_result_seconds)):
                return self._timing.empty_result_seconds[watched.empty_results - 1]
        changed = await self._updater.update(job.job_id, lambda j: apply_progress(j, progress, at=self._clock.now()))
        if changed.job.status.is_terminal:
            watched.is_over = True
            return self._wait_for_cost(watched, changed.job)
        after = await self._note_overdue(watched, asked, known=changed.job)
        if after.status.is_terminal:
            return None
        watched.unchanged = 0 if changed.is_changed else watched.unchanged + 1
        if after.status is JobStatus.LATE:
            return self._late_seconds(watched, after)
        until_deadline = (after.deadline - self._deadline_clock.now()).total_seconds()
        # A question from before the deadline does not make the job late: it may have finished since.
        return min(poll_seconds(watched.unchanged, self._timing, self._random), max(0.0, until_deadline))

    async def _note_overdue(self, watched: Watched, asked: _Asked, *, known: Job | None = None) -> Job:
        """Write that the job is late, or given up, where a question asked then has not seen its end; return it.

        Raises: JobNotFound, StoreUnavailable.
        """

        def change(job: Job) -> Job | None:
            return overdue(job, asked_at=self._asked_at(watched, job, asked), at=self._clock.now())

        if known is not None and change(known) is None:
            return known
        changed = await self._updater.update(watched.job_id, change)
        if changed.is_changed:
            log.warning("job_id=%s its deadline has passed, it is %s now", watched.job_id, changed.job.status)
        return changed.job

    def _asked_at(self, watched: Watched, job: Job, asked: _Asked) -> datetime:
        """Return when the question was asked, as far as that may end the job's time: no step of a clock does."""
        followed_seconds = asked.monotonic - watched.since if watched.deadline == job.deadline else 0.0
        if job.status is JobStatus.LATE:
            return asked.for_giving_up if followed_seconds >= self.GIVES_UP_AFTER_SECONDS else job.deadline
        # Where the clock was set back meanwhile, a hung job would keep its place for hours more.
        has_had_its_time = 0.0 < self._timing.deadline.total_seconds() <= followed_seconds
        return max(asked.for_late, job.deadline) if has_had_its_time else asked.for_late

    def _late_seconds(self, watched: Watched, job: Job) -> float:
        """Return for how long a job that is late is left alone; 0 for any other."""
        if job.status is not JobStatus.LATE:
            return 0.0
        watched.late_version = job.version
        wait = late_poll_seconds(self._deadline_clock.now() - job.deadline, self._timing, self._random)
        is_unwanted = job.cancel is CancelState.REQUESTED and job.is_cancellable
        return min(wait, 3 * self._timing.poll_max_seconds) if is_unwanted else wait

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
        told = without_echoes(job, progress)
        changed = await self._updater.update(job.job_id, lambda j: apply_progress(j, told, at=self._clock.now()))
        return self._wait_for_cost(watched, changed.job)

    async def _not_found(self, watched: Watched, job: Job) -> float | None:
        watched.not_found += 1
        log.warning("job_id=%s the API does not know its request (%d in a row)", job.job_id, watched.not_found)
        if watched.not_found < self.NOT_FOUND_IN_A_ROW:
            return self._timing.poll_max_seconds * 2.0 ** (watched.not_found - 1)
        await self._updater.update(job.job_id, lambda j: gone(j, at=self._clock.now()))
        return None
