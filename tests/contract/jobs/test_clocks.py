"""Clocks that differ: the bot's from the database's, one process's from another's, and one that is set meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.clock import SystemClock
from services.errors import ApiUnavailable, QuotaExceeded
from services.jobs.model import LATE_FOR, Actor, Job, JobStatus
from services.jobs.ports import Lease, Progress, RequestState
from services.jobs.quota import QuotaLimits
from services.store.database import Database
from services.store.jobs import SqlJobStore
from services.store.tables import jobs
from tests.contract.jobs.core import BRISK, Core, submit
from tests.contract.jobs.scripted_api import ScriptedApi
from tests.contract.store.making import make_new
from tests.rig import until

AWAY = [timedelta(minutes=2), timedelta(minutes=-2)]
both_ways = pytest.mark.parametrize("away", AWAY, ids=["ahead", "behind"])


class MovedClock(SystemClock):
    """The machine's clock, set wrong by `away`; `passed_seconds` move it and the monotonic one on."""

    def __init__(self, away: timedelta = timedelta(0)) -> None:
        self.away = away
        self.passed_seconds = 0.0

    def now(self) -> datetime:
        """Return the wall time as this clock shows it."""
        return super().now() + self.away + timedelta(seconds=self.passed_seconds)

    def monotonic(self) -> float:
        """Return the monotonic seconds."""
        return super().monotonic() + self.passed_seconds


class SlowClaims(SqlJobStore):
    """A store whose first claim is answered late, by a clock that was set meanwhile."""

    def __init__(self, database: Database, clock: MovedClock, away: timedelta) -> None:
        super().__init__(database)
        self._clock, self._away = clock, away
        self.late = 0

    async def claim_waiting(
        self,
        lease: Lease,
        *,
        now: datetime,
        limit: int,
        expired_by: datetime | None = None,
        held_back: Collection[str] = (),
    ) -> Sequence[Job]:
        """Claim; the first time, a second passes before the answer is there, and the clock is set."""
        jobs = await super().claim_waiting(lease, now=now, limit=limit, expired_by=expired_by, held_back=held_back)
        if jobs and not self.late:
            self.late += 1
            self._clock.away = self._away
            self._clock.passed_seconds += 1.0
        return jobs


async def _succeed(core: Core, api: ScriptedApi, job: Job) -> Job:
    queued = await core.until(job.job_id, JobStatus.QUEUED, JobStatus.RUNNING)
    assert queued.request_id is not None
    api.becomes(Progress(state=RequestState.SUCCEEDED), queued.request_id)
    return await core.until(job.job_id, JobStatus.SUCCEEDED)


@both_ways
async def test_processes_whose_clocks_differ_share_the_jobs(
    store: SqlJobStore, other_store: SqlJobStore, api: ScriptedApi, away: timedelta
) -> None:
    """Jobs that either of them accepts are submitted once, followed to their results, and their cards come up."""
    right, wrong = Core(store, api), Core(other_store, api, clock=MovedClock(away))
    async with right.running(), wrong.running():
        jobs = [await submit((right, wrong)[owner % 2], make_new(owner)) for owner in range(100, 112)]
        for job in jobs:
            await _succeed(right, api, job)
    assert api.submits_begun == len(jobs)
    shown = {due.job_id: due.job.status for core in (right, wrong) for due in await core.outbox.take(100)}
    assert shown == {job.job_id: JobStatus.SUCCEEDED for job in jobs}


@both_ways
async def test_a_job_outlives_a_process_whose_clock_differs(
    store: SqlJobStore, other_store: SqlJobStore, api: ScriptedApi, away: timedelta
) -> None:
    """Who takes up the jobs of a dead process with another clock follows them to their results, and expires none."""
    first, second = Core(store, api), Core(other_store, api, clock=MovedClock(away))
    waiting = [await submit(first, make_new(owner)) for owner in (100, 101)]
    async with first.running():
        for job in waiting:
            await first.until(job.job_id, JobStatus.QUEUED)
    waiting.append(await submit(first, make_new(102)))
    async with second.running():
        for job in waiting:
            await _succeed(second, api, job)
    assert api.submits_begun == 3


@both_ways
async def test_a_lease_is_the_database_s_to_measure(
    store: SqlJobStore, other_store: SqlJobStore, api: ScriptedApi, away: timedelta
) -> None:
    """A process whose clock differs neither ends a living process's submit nor misses a dead one's."""
    right, wrong = Core(store, api), Core(other_store, api, clock=MovedClock(away))
    alive, dead = await submit(right, make_new(100)), await submit(right, make_new(101))
    now = right.clock.now()
    [first] = await store.claim_waiting(Lease(worker_id="alive", ttl_seconds=60), now=now, limit=1)
    [second] = await store.claim_waiting(Lease(worker_id="dead", ttl_seconds=0), now=now, limit=1)
    assert (first.job_id, second.job_id) == (alive.job_id, dead.job_id)
    await wrong.housekeeper.tidy()
    assert (await right.until(alive.job_id, JobStatus.SUBMITTING)).version == first.version
    await right.until(dead.job_id, JobStatus.UNCONFIRMED)


@both_ways
async def test_a_clock_set_while_all_runs_ends_nothing(store: SqlJobStore, api: ScriptedApi, away: timedelta) -> None:
    """During a POST, and while a job is at the API, the clock is set: one submit, no expiry, the result arrives."""
    clock = MovedClock()
    core = Core(store, api, clock=clock)
    api.may_submit.clear()
    async with core.running():
        job = await submit(core, make_new())
        await core.until(job.job_id, JobStatus.SUBMITTING)
        clock.away = away
        api.may_submit.set()
        await core.until(job.job_id, JobStatus.QUEUED)
        clock.away = -away
        reads = api.reads
        while api.reads < reads + 3:  # noqa: ASYNC110 - the poller's doing
            await asyncio.sleep(0.01)
        assert (await core.until(job.job_id, JobStatus.QUEUED)).finished_at is None
        await _succeed(core, api, job)
    assert api.submits_begun == 1


async def polls(core: Core, api: ScriptedApi, clock: MovedClock, *, each: timedelta = timedelta(minutes=35)) -> None:
    """Let so much time pass, again and again, until the API has been asked three times more."""
    asked_before = api.reads
    while api.reads < asked_before + 3:
        clock.passed_seconds += each.total_seconds()
        core.signals.polls.wake()
        await asyncio.sleep(0.05)


async def test_a_waiting_job_starts_although_the_clock_was_set_forward(store: SqlJobStore, api: ScriptedApi) -> None:
    """By that clock its time is over, by the time that has run it is not."""
    clock = MovedClock()
    core = Core(store, api, clock=clock, timing=replace(BRISK, waiting_deadline=timedelta(hours=1)))
    job = await submit(core, make_new())
    clock.away = timedelta(hours=7)
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED)


async def test_days_forward_give_nothing_up(store: SqlJobStore, other_store: SqlJobStore, api: ScriptedApi) -> None:
    """A late job is asked about for days of running time, also by a process that starts with the wrong clock."""
    clock = MovedClock()
    timing = replace(BRISK, deadline=timedelta(seconds=5))
    core = Core(store, api, clock=clock, timing=timing)
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED)
        clock.away = LATE_FOR + timedelta(days=1)
        clock.passed_seconds += 6
        await core.until(job.job_id, JobStatus.LATE)
        await polls(core, api, clock)
        assert (await core.until(job.job_id, JobStatus.LATE)).finished_at is None
    clock = MovedClock(LATE_FOR + timedelta(days=1))
    api.read_errors = [ApiUnavailable(cause="no network yet")]
    second = Core(other_store, api, clock=clock, timing=timing)
    async with second.running():
        await until(lambda: not api.read_errors, what="a first question without an answer")
        await asyncio.sleep(0.1)
        api.becomes(Progress(state=RequestState.SUCCEEDED))
        clock.passed_seconds += 2400
        second.signals.polls.wake()
        await second.until(job.job_id, JobStatus.SUCCEEDED)


async def test_a_clock_set_back_leaves_no_hung_job_its_place(store: SqlJobStore, api: ScriptedApi) -> None:
    """What has run its time is late, however far its deadline seems: others of its owner wait for its place."""
    clock = MovedClock()
    core = Core(store, api, clock=clock, timing=replace(BRISK, deadline=timedelta(seconds=5)))
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED)
        clock.away = timedelta(hours=-7)
        await polls(core, api, clock, each=timedelta(0))
        assert (await core.until(job.job_id, JobStatus.QUEUED)).finished_at is None
        clock.passed_seconds += 6
        core.signals.polls.wake()
        await core.until(job.job_id, JobStatus.LATE)


@both_ways
async def test_a_process_that_stood_still_knows_it_by_any_clock(
    database: Database, api: ScriptedApi, away: timedelta
) -> None:
    """Set back meanwhile, the clock says that no time has passed since the claim: it is claimed anew all the same."""
    clock = MovedClock()
    store = SlowClaims(database, clock, away)
    # A tenth of the lease, less than the second that the claim's answer takes, may pass before the POST.
    core = Core(store, api, timing=replace(BRISK, submit_seconds=8.0), clock=clock)
    job = await submit(core, make_new())
    async with core.running():
        queued = await core.until(job.job_id, JobStatus.QUEUED)
    assert (store.late, api.submits_begun) == (1, 1)
    assert queued.version == 5, "claimed, back to waiting, claimed once more, queued"


@both_ways
async def test_a_quota_counts_jobs_of_every_clock(
    store: SqlJobStore, other_store: SqlJobStore, api: ScriptedApi, away: timedelta
) -> None:
    """What a process with another clock has accepted counts, from whichever side it is looked at."""
    limits = QuotaLimits(per_day=3, running=3, waiting=3)
    right = Core(store, api, limits=limits)
    wrong = Core(other_store, api, limits=limits, clock=MovedClock(away))
    for core in (wrong, right, wrong):
        await submit(core, make_new())
    for core in (right, wrong):
        with pytest.raises(QuotaExceeded):
            await submit(core, make_new())
        assert (await core.jobs.quota(Actor(user_id=make_new().owner_id)))[0].today == 3


async def test_a_card_comes_late_by_the_difference_at_most(
    store: SqlJobStore, other_store: SqlJobStore, api: ScriptedApi
) -> None:
    """A change written by a clock that is ahead is shown by others once theirs is there: late, never lost."""
    ahead = Core(store, api, clock=MovedClock(timedelta(minutes=2)))
    clock = MovedClock()
    other = Core(other_store, api, clock=clock)
    job = await submit(ahead, make_new())
    clock.away = timedelta(minutes=2, seconds=5)
    assert [due.job_id for due in await other.outbox.take(10)] == [job.job_id]


async def _quiet(api: ScriptedApi) -> None:
    """Return once nothing was asked for several polls' time, however busy the machine is."""
    reads = -1
    while reads != api.reads:
        reads = api.reads
        await asyncio.sleep(0.3)


async def test_a_job_is_asked_about_by_who_holds_it_alone(
    store: SqlJobStore, database: Database, api: ScriptedApi
) -> None:
    """Whose leases ran out by a step of the database's clock, and were taken by somebody else, asks no more."""
    core = Core(store, api, timing=replace(BRISK, lease_seconds=0.3))
    job = await submit(core, make_new())

    async def run_out(connection: AsyncConnection) -> None:
        await connection.execute(update(jobs).values(poll_worker="other", poll_until=2**62))

    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED)
        await database.write(run_out)
        async with asyncio.timeout(10.0):
            await _quiet(api)
        await store.release("other")
        await _succeed(core, api, job)
