"""A job is paid for once, whatever its submit meets."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.errors import ApiNotSent, ApiOutcomeUnknown, ApiRefused, FailureKind, StoreUnavailable
from services.jobs.job_updater import JobUpdater
from services.jobs.model import Actor, CancelState, Job, JobStatus, Json
from services.jobs.ports import Lease, Progress, RequestState
from services.store.database import Database
from services.store.jobs import SqlJobStore
from services.store.tables import jobs
from tests.contract.jobs.core import LIMITS, OWNER, Core, overdue, submit
from tests.contract.jobs.scripted_api import ScriptedApi
from tests.contract.jobs.test_clocks import MovedClock
from tests.contract.store.making import BEN, PLENTY, make_new

BROKEN = "acme/broken/text-to-image"


async def test_the_row_is_submitting_before_the_post_leaves(core: Core, api: ScriptedApi) -> None:
    """A crash during the POST finds a committed SUBMITTING, so nobody sends it again."""
    api.may_submit.clear()
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.SUBMITTING)
        assert (await core.until(job.job_id, JobStatus.SUBMITTING)).request_id is None
        api.may_submit.set()
        queued = await core.until(job.job_id, JobStatus.QUEUED)
        assert queued.request_id == "req-1"
    assert api.submits_begun == 1


async def test_what_certainly_was_not_sent_is_sent_again(core: Core, api: ScriptedApi) -> None:
    """429 or no connection: back to waiting, then submitted once."""
    api.submit_errors = [ApiNotSent(cause="429", retry_after_seconds=0.05)]
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED)
    assert (api.submits_begun, len(api.requests)) == (2, 1)


async def test_a_definite_refusal_fails_the_job_with_its_reason(core: Core, api: ScriptedApi) -> None:
    """The kind decides our sentence, the reason is the service's."""
    api.submit_errors = [ApiRefused(kind=FailureKind.BAD_INPUT, http_status=422, reason="too dark")]
    job = await submit(core, make_new())
    async with core.running():
        failed = await core.until(job.job_id, JobStatus.FAILED)
    assert failed.failure is not None
    assert (failed.failure.kind, failed.failure.reason) == (FailureKind.BAD_INPUT, "too dark")
    assert api.submits_begun == 1


@pytest.mark.parametrize("error", [ApiOutcomeUnknown(cause="reset"), ValueError("a fault of ours")])
async def test_an_unknown_outcome_is_never_sent_again(core: Core, api: ScriptedApi, error: Exception) -> None:
    """It may have been paid: UNCONFIRMED, one POST, and the quota is given back."""
    api.lost_answers = [error]
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.UNCONFIRMED)
        await asyncio.sleep(0.3)  # three scans: time enough to do it wrong
    assert api.submits_begun == 1
    usage, _ = await core.jobs.quota(Actor(user_id=job.owner_id))
    assert usage.today == 0


async def test_a_stop_in_the_middle_of_a_post_leaves_unconfirmed(core: Core, api: ScriptedApi) -> None:
    """A clean stop waits for the answer; if it does not come in time, the outcome is unknown and says so."""
    api.may_submit.clear()
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.SUBMITTING)
    after = await core.store.get(job.job_id)
    assert after is not None
    assert after.status is JobStatus.UNCONFIRMED


async def test_a_stop_lets_a_running_post_finish(core: Core, api: ScriptedApi) -> None:
    """The answer that comes within the stop's grace is stored."""
    api.may_submit.clear()
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.SUBMITTING)
        asyncio.get_running_loop().call_later(0.1, api.may_submit.set)
    after = await core.store.get(job.job_id)
    assert after is not None
    assert (after.status, after.request_id) == (JobStatus.QUEUED, "req-1")


async def test_a_dead_process_leaves_unconfirmed_when_its_lease_has_run_out(core: Core, store: SqlJobStore) -> None:
    """Another process ends what was being submitted, and never submits it."""
    job = await submit(core, make_new())
    dead = Lease(worker_id="dead", ttl_seconds=0)
    assert await store.claim_waiting(dead, now=core.clock.now(), limit=1)
    await core.housekeeper.tidy()
    after = await store.get(job.job_id)
    assert after is not None
    assert after.status is JobStatus.UNCONFIRMED


async def test_a_living_process_is_left_alone(core: Core, store: SqlJobStore) -> None:
    """A submit under a living lease may still get its answer."""
    job = await submit(core, make_new())
    assert await store.claim_waiting(Lease(worker_id="alive", ttl_seconds=60), now=core.clock.now(), limit=1)
    await core.housekeeper.tidy()
    after = await store.get(job.job_id)
    assert after is not None
    assert after.status is JobStatus.SUBMITTING


async def test_a_request_id_that_comes_late_reopens_the_job(core: Core, api: ScriptedApi, store: SqlJobStore) -> None:
    """Somebody else gave it up meanwhile; the answer wins, and the job goes on to its result."""
    api.may_submit.clear()
    job = await submit(core, make_new())
    async with core.running():
        submitting = await core.until(job.job_id, JobStatus.SUBMITTING)
        given_up = submitting.transition(JobStatus.UNCONFIRMED, at=core.clock.now())
        assert await store.replace(given_up, before=submitting)
        api.may_submit.set()
        await core.until(job.job_id, JobStatus.QUEUED)
        api.becomes(Progress(state=RequestState.SUCCEEDED))
        await core.until(job.job_id, JobStatus.SUCCEEDED)
    assert api.submits_begun == 1


async def test_an_operator_can_adopt_a_request_from_the_log(core: Core, api: ScriptedApi) -> None:
    """The request id that the log holds brings the result of a job that was given up."""
    api.lost_answers = [ApiOutcomeUnknown(cause="reset")]
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.UNCONFIRMED)
        await core.jobs.adopt(job.job_id, "req-1")
        api.becomes(Progress(state=RequestState.SUCCEEDED))
        await core.until(job.job_id, JobStatus.SUCCEEDED)


async def test_jobs_beyond_at_once_wait_and_start_by_themselves(core: Core, api: ScriptedApi) -> None:
    """Two of five run; each end lets the next one in; nobody else's places are taken."""
    mine = [await submit(core, make_new()) for _ in range(5)]
    other = await submit(core, make_new(BEN))
    async with core.running():
        await core.until(other.job_id, JobStatus.QUEUED)
        await core.until(mine[1].job_id, JobStatus.QUEUED)
        assert (await core.until(mine[2].job_id, JobStatus.WAITING)).status is JobStatus.WAITING
        for job in mine:
            queued = await core.until(job.job_id, JobStatus.QUEUED)
            assert queued.request_id is not None
            in_flight = (await core.jobs.quota(Actor(user_id=job.owner_id)))[0].in_flight
            assert in_flight <= LIMITS.running
            api.becomes(Progress(state=RequestState.SUCCEEDED), queued.request_id)
            await core.until(job.job_id, JobStatus.SUCCEEDED)
    assert len(api.requests) == 6


async def test_two_processes_submit_a_job_once(store: SqlJobStore, other_store: SqlJobStore, api: ScriptedApi) -> None:
    """Both look for waiting jobs all the time; each job is claimed by one."""
    here, there = Core(store, api), Core(other_store, api)
    owners = range(100, 120)
    async with here.running(), there.running():
        accepted = [await submit(here, make_new(owner)) for owner in owners]
        for job in accepted:
            await here.until(job.job_id, JobStatus.QUEUED, JobStatus.RUNNING)
    assert api.submits_begun == len(accepted)


async def test_a_wish_to_cancel_during_the_post_is_sent_when_the_id_is_there(core: Core, api: ScriptedApi) -> None:
    """Nothing is pretended meanwhile, and the job ends as cancelled."""
    api.may_submit.clear()
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.SUBMITTING)
        await core.jobs.cancel(job.job_id, OWNER)
        wished = await core.until(job.job_id, JobStatus.SUBMITTING)
        assert (wished.cancel, api.cancels) == (CancelState.REQUESTED, 0)
        api.may_submit.set()
        await core.until(job.job_id, JobStatus.CANCELLED)
    assert api.cancels == 1


async def test_an_outcome_is_stored_even_when_the_database_was_away(
    core: Core, api: ScriptedApi, store: SqlJobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request id that is known is written as soon as the database answers again."""
    away = [True, True, True]
    plain = store.replace

    async def replaced(job: Job, *, before: Job) -> bool:
        if api.requests and away:
            away.pop()
            raise StoreUnavailable("away")
        return await plain(job, before=before)

    monkeypatch.setattr(store, "replace", replaced)
    job = await submit(core, make_new())
    async with core.running():
        queued = await core.until(job.job_id, JobStatus.QUEUED)
    assert queued.request_id == "req-1"
    assert not away, "the database was away three times"


async def test_a_job_that_waited_too_long_expires(core: Core, store: SqlJobStore) -> None:
    """A day of waiting is enough; the quota is given back."""
    job = await submit(core, make_new())
    late = replace(job.bump_version(at=core.clock.now()), deadline=core.clock.now())
    assert await store.replace(late, before=job)
    await core.housekeeper.tidy()
    after = await store.get(job.job_id)
    assert after is not None
    assert after.status is JobStatus.EXPIRED


async def test_the_deadline_asks_once_more_before_it_ends_a_job(store: SqlJobStore, api: ScriptedApi) -> None:
    """A job that finished at the last moment is a success; one that did not is late, and not cancelled by us."""
    core = Core(store, api, timing=overdue())
    finished, stuck = await submit(core, make_new()), await submit(core, make_new())
    api.may_submit.clear()
    async with core.running():
        for job in (finished, stuck):
            await core.until(job.job_id, JobStatus.SUBMITTING)
        while len(api.requests) < 2:  # noqa: ASYNC110 - the other task's doing
            await asyncio.sleep(0.01)
        api.becomes(Progress(state=RequestState.SUCCEEDED), "req-1")
        api.may_submit.set()
        ends = {(await core.until(job.job_id, *ENDED)).status for job in (finished, stuck)}
    assert ends == {JobStatus.SUCCEEDED, JobStatus.LATE}
    assert api.cancels == 0


ENDED = (JobStatus.SUCCEEDED, JobStatus.LATE, JobStatus.FAILED, JobStatus.CANCELLED)


async def test_a_cancelled_caller_still_stores_what_it_must(store: SqlJobStore, core: Core) -> None:
    """`update_durably` writes although whoever called it is cancelled in the middle."""
    job = await submit(core, make_new())
    updater: JobUpdater = core.updater
    task = asyncio.create_task(
        updater.update_durably(job.job_id, lambda j: j.transition(JobStatus.CANCELLED, at=core.clock.now()))
    )
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    after = await store.get(job.job_id)
    assert after is not None
    assert after.status is JobStatus.CANCELLED


@pytest.mark.parametrize("is_answered", [True, False])
async def test_a_database_that_goes_back_in_time_has_nothing_sent_twice(
    core: Core, api: ScriptedApi, database: Database, *, is_answered: bool
) -> None:
    """A standby that lagged took over: this process knows what it has sent, and gives the job its request again."""
    if not is_answered:
        api.lost_answers.append(ApiOutcomeUnknown("HTTP 500"))

    async def go_back(connection: AsyncConnection) -> None:
        forgotten = {"request_id": None, "submitted_at": None, "queued_at": None, "poll_worker": None, "poll_until": 0}
        await connection.execute(
            update(jobs).values(status=JobStatus.WAITING, version=1, finished_at=None, **forgotten)
        )

    sent = JobStatus.QUEUED if is_answered else JobStatus.UNCONFIRMED
    async with core.running():
        job = await core.until((await submit(core, make_new())).job_id, sent)
        await database.write(go_back)
        again = await core.until(job.job_id, sent)
    assert api.submits_begun == 1
    assert again.request_id == job.request_id


async def test_what_was_turned_away_is_sent_again(core: Core, api: ScriptedApi) -> None:
    """Remembering what was sent keeps no job from a second try that costs nothing."""
    api.submit_errors.append(ApiNotSent("429"))
    async with core.running():
        await core.until((await submit(core, make_new())).job_id, JobStatus.QUEUED, seconds=15)
    assert api.submits_begun == 2


class HalfBrokenApi(ScriptedApi):
    """An API of which one model never answers a submit."""

    async def submit(self, model_id: str, inputs: Mapping[str, Json]) -> str:
        """Accept what is asked of any other model."""
        if model_id == BROKEN:
            self.submits_begun += 1
            raise ApiOutcomeUnknown("HTTP 500")
        return await super().submit(model_id, inputs)


async def test_a_model_that_never_answers_holds_up_no_other(store: SqlJobStore) -> None:
    """Its own jobs wait after three unknown outcomes, and are tried one at a time; those of other models go on."""
    api = HalfBrokenApi()
    clock = MovedClock()
    core = Core(store, api, limits=PLENTY, clock=clock)
    for _ in range(3):
        broken = await submit(core, make_new(model_id=BROKEN))
        async with core.running():
            await core.until(broken.job_id, JobStatus.UNCONFIRMED)
    waiting = [await submit(core, make_new(model_id=BROKEN)) for _ in range(5)]
    async with core.running():
        await core.until((await submit(core, make_new(BEN))).job_id, JobStatus.QUEUED)
        assert api.submits_begun == 4
        clock.passed_seconds += 31
        core.signals.room.wake()
        await core.until(waiting[0].job_id, JobStatus.UNCONFIRMED)
        assert (await core.until(waiting[-1].job_id, JobStatus.WAITING)).status is JobStatus.WAITING
    assert api.submits_begun == 5, "one at a time"
