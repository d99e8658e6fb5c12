"""Following a job to its end."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from services.clock import SystemClock
from services.errors import ApiRefused, ApiUnavailable, FailureKind, RequestNotFound
from services.jobs.model import Actor, JobStatus, MediaKind, Output
from services.jobs.pacing import RequestBudget
from services.jobs.poller import Poller
from services.jobs.ports import Lease, Progress, RequestState
from services.jobs.schedule import Schedule, Watched
from services.store.jobs import SqlJobStore
from tests.contract.jobs.core import BRISK, Core, submit
from tests.contract.jobs.scripted_api import ScriptedApi
from tests.contract.store.making import PLENTY, make_new
from tests.rig import until

PICTURE = Output(url="https://x.runcomfy.net/a.png", kind=MediaKind.IMAGE)
DONE = Progress(state=RequestState.SUCCEEDED, outputs=(PICTURE,), cost=Decimal("0.04"))


async def test_a_job_is_followed_through_its_states(core: Core, api: ScriptedApi) -> None:
    """Queue, running, result with cost."""
    job = await submit(core, make_new())
    async with core.running():
        queued = await core.until(job.job_id, JobStatus.QUEUED)
        assert queued.queued_at is not None
        api.becomes(Progress(state=RequestState.RUNNING))
        await core.until(job.job_id, JobStatus.RUNNING)
        api.becomes(DONE)
        done = await core.until(job.job_id, JobStatus.SUCCEEDED)
    assert (done.outputs, done.cost) == ((PICTURE,), Decimal("0.04"))
    assert done.finished_at is not None


@pytest.mark.parametrize(
    "error",
    [
        ApiUnavailable(cause="500"),
        ApiRefused(kind=FailureKind.BAD_TOKEN, http_status=401),
        ApiRefused(kind=FailureKind.FORBIDDEN, http_status=403),
        RequestNotFound("req-1"),
        ValueError("a fault of ours"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_no_bad_answer_ends_a_job(core: Core, api: ScriptedApi, error: Exception) -> None:
    """Only a state in a body ends a job."""
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED)
        api.read_errors = [error] * (Poller.NOT_FOUND_IN_A_ROW - 1)
        while api.read_errors:
            await core.until(job.job_id, JobStatus.QUEUED)
        api.becomes(DONE)
        await core.until(job.job_id, JobStatus.SUCCEEDED)


async def test_a_request_that_stays_unknown_ends_the_job(core: Core, api: ScriptedApi) -> None:
    """404001 that persists does."""
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED)
        api.read_errors = [RequestNotFound("req-1")] * 50
        failed = await core.until(job.job_id, JobStatus.FAILED)
    assert failed.failure is not None
    assert failed.failure.kind is FailureKind.REQUEST_GONE


async def test_a_request_counts_as_gone_after_minutes(
    store: SqlJobStore, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answers are ever further apart: at the settings' own pace they take five minutes."""
    waits: list[float] = []
    add = Schedule.add

    def note(self: Schedule, watched: Watched, at: float) -> None:
        waits.append(at - SystemClock().monotonic())
        add(self, watched, SystemClock().monotonic())

    core = Core(store, api, timing=replace(BRISK, poll_max_seconds=10.0))
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED)
        api.read_errors = [RequestNotFound("req-1")] * 50
        monkeypatch.setattr(Schedule, "add", note)
        core.signals.polls.wake()
        await core.until(job.job_id, JobStatus.FAILED)
    assert sum(wait for wait in waits if wait > 5.0) >= 300.0


async def test_a_dead_process_jobs_are_taken_up(store: SqlJobStore, other_store: SqlJobStore, api: ScriptedApi) -> None:
    """When its leases run out, another process brings its jobs to their ends."""
    first = Core(store, api)
    job = await submit(first, make_new())
    async with first.running():
        await first.until(job.job_id, JobStatus.QUEUED)
    assert await store.claim_followed(Lease(worker_id="dead", ttl_seconds=0.2), limit=10)  # and it dies
    second = Core(other_store, api)
    api.becomes(DONE)
    async with second.running():
        await second.until(job.job_id, JobStatus.SUCCEEDED)


async def test_a_stop_gives_the_leases_back(core: Core, store: SqlJobStore) -> None:
    """The next process need not wait for them."""
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED)
    taken = await store.claim_followed(Lease(worker_id="next", ttl_seconds=60), limit=10)
    assert [one.job_id for one in taken] == [job.job_id]


async def test_a_cost_that_comes_late_is_added(core: Core, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end is shown at once; the cost follows when the API knows it."""
    monkeypatch.setattr(Poller, "COST_CHECK_SECONDS", (0.05, 0.05, 0.05))
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED)
        api.becomes(Progress(state=RequestState.SUCCEEDED, outputs=(PICTURE,)))
        done = await core.until(job.job_id, JobStatus.SUCCEEDED)
        assert done.cost is None
        api.becomes(DONE)
        async with asyncio.timeout(5.0):
            while (after := await core.until(job.job_id, JobStatus.SUCCEEDED)).cost is None:
                pass
    assert after.cost == Decimal("0.04")
    assert after.version == done.version + 1


async def test_a_renewal_of_the_leases_ends_no_look_for_a_cost(
    store: SqlJobStore, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that has ended is nobody's to hold; its cost is looked for all the same."""
    monkeypatch.setattr(Poller, "COST_CHECK_SECONDS", (0.4,))
    core = Core(store, api, timing=replace(BRISK, lease_seconds=0.3))
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED)
        api.becomes(Progress(state=RequestState.SUCCEEDED, outputs=(PICTURE,)))
        await core.until(job.job_id, JobStatus.SUCCEEDED)
        api.becomes(DONE)
        async with asyncio.timeout(3.0):
            while (await core.until(job.job_id, JobStatus.SUCCEEDED)).cost is None:
                pass


class Turns(RequestBudget):
    """A budget that counts what it gave."""

    def __init__(self) -> None:
        super().__init__(SystemClock(), per_second=1000)
        self.taken = 0

    def reserve(self) -> float:
        """Count it."""
        self.taken += 1
        return super().reserve()


class HungApi(ScriptedApi):
    """An API that keeps silent about every request but one."""

    answers_about = "req-41"
    hung = 0

    async def get_status(self, request_id: str) -> Progress:
        """Tell of that one."""
        if request_id != self.answers_about:
            self.hung += 1
            await asyncio.Event().wait()
        return await super().get_status(request_id)


async def test_questions_without_an_answer_hold_up_nobody(store: SqlJobStore) -> None:
    """Dozens of them are under way when somebody else's job is asked about."""
    api = HungApi()
    core = Core(store, api, limits=PLENTY)
    for _ in range(40):
        await submit(core, make_new())
    async with core.running():
        await until(lambda: api.hung == 40, what="questions without an answer")
        job = await submit(core, make_new())
        await core.until(job.job_id, JobStatus.QUEUED)
        api.becomes(DONE, HungApi.answers_about)
        done = await core.until(job.job_id, JobStatus.SUCCEEDED)
    assert done.outputs == (PICTURE,)


async def test_every_question_takes_its_turn(
    store: SqlJobStore, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state, a result and a late cost are free, but together they may not outrun the API's limit."""
    monkeypatch.setattr(Poller, "COST_CHECK_SECONDS", (0.05, 0.05, 0.05))
    turns = Turns()
    core = Core(store, api, budget=turns)
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED)
        api.becomes(Progress(state=RequestState.SUCCEEDED, outputs=(PICTURE,)))
        await core.until(job.job_id, JobStatus.SUCCEEDED)
        at_the_end = api.reads
        await until(lambda: api.reads == at_the_end + len(Poller.COST_CHECK_SECONDS), what="three looks for the cost")
    assert turns.taken == api.reads


async def test_a_cancel_that_waited_takes_its_turn_too(store: SqlJobStore, api: ScriptedApi) -> None:
    """Of many wishes that could not be sent yet, each goes out in the budget's pace."""
    turns = Turns()
    core = Core(store, api, budget=turns)
    api.may_submit.clear()
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.SUBMITTING)
        await core.jobs.cancel(job.job_id, Actor(user_id=job.owner_id))
        api.may_submit.set()
        await core.until(job.job_id, JobStatus.CANCELLED)
        await until(lambda: api.reads == 2, what="the poll after it")
    assert api.cancels == 1
    assert turns.taken == api.cancels + api.reads


async def test_an_unchanged_job_is_not_written(core: Core, api: ScriptedApi) -> None:
    """Polls that tell nothing new raise no version, so they cost no edit."""
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED)
        before = api.reads
        while api.reads < before + 3:
            queued = await core.until(job.job_id, JobStatus.QUEUED)
        version = queued.version
        before = api.reads
        while api.reads < before + 5:
            queued = await core.until(job.job_id, JobStatus.QUEUED)
    assert queued.version == version


class CutOffApi(ScriptedApi):
    """An API that one process cannot reach any more."""

    is_cut_off = False

    async def get_status(self, request_id: str) -> Progress:
        """Tell the state, or nothing."""
        self._require_a_way()
        return await super().get_status(request_id)

    async def get_result(self, request_id: str) -> Progress:
        """Tell the result, or nothing."""
        self._require_a_way()
        return await super().get_result(request_id)

    def _require_a_way(self) -> None:
        if self.is_cut_off:
            raise ApiUnavailable(cause="no route")


async def test_a_process_without_a_way_to_the_api_keeps_no_job(
    store: SqlJobStore, other_store: SqlJobStore, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lets its leases run out while it lives, so that a process that is answered brings the jobs to their ends."""
    monkeypatch.setattr(Poller, "CUT_OFF_AFTER_SECONDS", 0.1)
    timing = replace(BRISK, lease_seconds=0.6, submit_seconds=3.0)
    cut = CutOffApi()
    cut.requests = api.requests
    here, there = Core(store, cut, timing=timing), Core(other_store, api, timing=timing)
    async with here.running():
        job = await here.until((await submit(here, make_new())).job_id, JobStatus.QUEUED)
        cut.is_cut_off = True
        api.becomes(DONE)
        async with there.running():
            assert (await there.until(job.job_id, JobStatus.SUCCEEDED)).outputs == DONE.outputs
