"""Jobs that are late, and answers that are not final: what may have been paid reaches its owner whenever it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from services.errors import ApiUnavailable, InvalidTransition
from services.jobs.cancelling import CancelOutcome
from services.jobs.model import LATE_FOR, Actor, Job, JobStatus, MediaKind, Output
from services.jobs.ports import Progress, RequestState
from services.store.jobs import SqlJobStore
from tests.contract.jobs.core import BRISK, OWNER, Core, overdue, submit
from tests.contract.jobs.scripted_api import ScriptedApi
from tests.contract.jobs.test_clocks import MovedClock, polls
from tests.contract.store.making import ADA, make_new
from tests.rig import until

PICTURE = Output(url="https://x.runcomfy.net/a.png", kind=MediaKind.IMAGE)
DONE = Progress(state=RequestState.SUCCEEDED, outputs=(PICTURE,), cost=Decimal("0.04"))
RUNNING = Progress(state=RequestState.RUNNING)


@pytest.fixture
def core(store: SqlJobStore, api: ScriptedApi) -> Core:
    """One process in which every job is late as soon as it has been asked about."""
    return Core(store, api, timing=overdue())


@pytest.mark.parametrize("state", [RequestState.IN_QUEUE, RequestState.RUNNING, RequestState.UNKNOWN])
async def test_a_late_job_is_followed_to_its_result(core: Core, api: ScriptedApi, state: RequestState) -> None:
    """Whatever it is doing at the API when its deadline passes, its result is taken when it comes."""
    job = await submit(core, make_new())
    async with core.running():
        await until(lambda: bool(api.requests), what="the request")
        api.becomes(Progress(state=state))
        late = await core.until(job.job_id, JobStatus.LATE)
        assert (late.request_id, late.finished_at) == ("req-1", None)
        api.becomes(DONE)
        done = await core.until(job.job_id, JobStatus.SUCCEEDED)
    assert done.outputs == (PICTURE,)
    assert api.cancels == 0


async def test_a_late_job_takes_no_place_and_no_quota(core: Core) -> None:
    """Others of its owner start in its stead; its success counts again, as any does."""
    jobs = [await submit(core, make_new()) for _ in range(5)]
    async with core.running():
        for job in jobs:
            await core.until(job.job_id, JobStatus.LATE)
        usage, _ = await core.jobs.quota(Actor(user_id=ADA))
        assert (usage.today, usage.in_flight, usage.waiting) == (0, 0, 0)
        core.api.becomes(DONE, "req-3")
        await until(lambda: core.api.requests["req-3"].progress is DONE, what="the end")
        late = {job.job_id for job in jobs}
        async with asyncio.timeout(5):
            while (await core.jobs.quota(Actor(user_id=ADA)))[0].today != 1:  # noqa: ASYNC110 - the poller's doing
                await asyncio.sleep(0.01)
        assert len(late) == 5


async def test_silence_makes_a_job_late_not_lost(core: Core, api: ScriptedApi) -> None:
    """An API that does not answer at the deadline is asked on; a poll that breaks in a way of its own, too."""
    job = await submit(core, make_new())
    api.read_errors = [ApiUnavailable(cause="503"), ValueError("a fault of ours")] * 500
    async with core.running():
        await core.until(job.job_id, JobStatus.LATE)
        api.read_errors.clear()
        api.becomes(DONE)
        await core.until(job.job_id, JobStatus.SUCCEEDED)


async def test_another_process_follows_what_is_late(
    store: SqlJobStore, other_store: SqlJobStore, api: ScriptedApi
) -> None:
    """A restart, or another process on the same database, goes on with it."""
    first = Core(store, api, timing=overdue())
    job = await submit(first, make_new())
    async with first.running():
        await first.until(job.job_id, JobStatus.LATE)
    api.becomes(DONE)
    second = Core(other_store, api, timing=overdue())
    async with second.running():
        await second.until(job.job_id, JobStatus.SUCCEEDED)


async def test_a_late_job_is_given_up_after_days(store: SqlJobStore, api: ScriptedApi) -> None:
    """Then it is expired, and `adopt` by its own request id has it followed once more."""
    clock = MovedClock()
    core = Core(store, api, timing=replace(overdue(), deadline=timedelta(seconds=5)), clock=clock)
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED)
        clock.passed_seconds += 6
        late = await core.until(job.job_id, JobStatus.LATE)
        with pytest.raises(InvalidTransition):
            await core.jobs.adopt(job.job_id, "req-of-another")
        clock.passed_seconds += LATE_FOR.total_seconds()
        given_up = await core.until(job.job_id, JobStatus.EXPIRED)
        assert given_up.version > late.version
        api.becomes(DONE)
        adopted = await core.jobs.adopt(job.job_id, "req-1")
        assert adopted.status is JobStatus.QUEUED
        await core.until(job.job_id, JobStatus.SUCCEEDED)


async def test_a_late_job_can_be_cancelled_while_it_is_queued(core: Core, api: ScriptedApi) -> None:
    """The API cancels what has not begun, however late it is."""
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.LATE)
        assert await core.jobs.cancel(job.job_id, OWNER) is CancelOutcome.CANCELLED
        api.becomes(RUNNING)
    assert (await core.until(job.job_id, JobStatus.CANCELLED)).finished_at is not None


async def test_many_presses_on_cancel_are_one_question(core: Core, api: ScriptedApi) -> None:
    """Whoever presses while a question is out gets its answer."""
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.LATE)
        outcomes = await asyncio.gather(*(core.jobs.cancel(job.job_id, OWNER) for _ in range(50)))
    assert set(outcomes) <= {CancelOutcome.CANCELLED, CancelOutcome.ALREADY_OVER}
    assert api.cancels == 1


async def test_a_clock_that_steps_forward_ends_nothing(store: SqlJobStore, api: ScriptedApi) -> None:
    """What has run on the monotonic clock counts: neither a job at the API nor a waiting one is over its time."""
    clock = MovedClock()
    core = Core(store, api, clock=clock, timing=replace(BRISK, waiting_deadline=timedelta(hours=1)))
    jobs = [await submit(core, make_new()) for _ in range(3)]
    async with core.running():
        for job in jobs[:2]:
            await core.until(job.job_id, JobStatus.QUEUED)
        clock.away = timedelta(hours=7)
        await core.housekeeper.tidy()
        reads = api.reads
        await until(lambda: api.reads > reads + 6, what="some polls")
        stored = [await store.get(job.job_id) for job in jobs]
        assert [job.status for job in stored if job] == [JobStatus.QUEUED, JobStatus.QUEUED, JobStatus.WAITING]
        api.becomes(DONE)
        await core.until(jobs[0].job_id, JobStatus.SUCCEEDED)


async def test_a_success_without_files_is_asked_about_again(store: SqlJobStore, api: ScriptedApi) -> None:
    """Files that are registered a moment after the state are the result; without any it ends only after a while."""
    core = Core(store, api, timing=replace(BRISK, empty_result_seconds=(0.02,) * 5))
    late_files, without = await submit(core, make_new()), await submit(core, make_new())
    async with core.running():
        for job, request_id in ((late_files, "req-1"), (without, "req-2")):
            await core.until(job.job_id, JobStatus.QUEUED)
            api.becomes(Progress(state=RequestState.SUCCEEDED), request_id)
        reads = api.reads
        await until(lambda: api.reads > reads + 4, what="two answers without files")
        assert (await core.until(late_files.job_id, JobStatus.QUEUED)).outputs == ()
        api.becomes(DONE)
        assert (await core.until(late_files.job_id, JobStatus.SUCCEEDED)).outputs == (PICTURE,)
        assert (await core.until(without.job_id, JobStatus.SUCCEEDED)).outputs == ()


async def test_files_that_come_after_the_end_are_the_result(
    core: Core, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look for the cost takes them too."""
    monkeypatch.setattr("services.jobs.poller.Poller.COST_CHECK_SECONDS", (0.1,) * 20)
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED, JobStatus.LATE)
        api.becomes(Progress(state=RequestState.SUCCEEDED))
        assert (await core.until(job.job_id, JobStatus.SUCCEEDED)).outputs == ()
        api.becomes(DONE)
        async with asyncio.timeout(5):
            while not (await core.until(job.job_id, JobStatus.SUCCEEDED)).outputs:  # noqa: ASYNC110 - the poller's doing
                await asyncio.sleep(0.01)


async def test_an_unknown_word_with_files_twice_is_a_success(core: Core, api: ScriptedApi) -> None:
    """Once may be a glimpse of something unfinished; the same files again are the result."""
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED, JobStatus.LATE)
        api.becomes(Progress(state=RequestState.UNKNOWN, outputs=(PICTURE,), answers_needed=2))
        done = await core.until(job.job_id, JobStatus.SUCCEEDED)
    assert done.outputs == (PICTURE,)


@pytest.mark.parametrize("needed", [1, 3])
async def test_a_doubtful_end_is_believed_when_it_stays(core: Core, api: ScriptedApi, needed: int) -> None:
    """An end under an odd HTTP status ends a job once it has been repeated, with the service's own reason."""
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED, JobStatus.LATE)
        api.becomes(Progress(state=RequestState.FAILED, reason="too dark", answers_needed=needed))
        failed = await core.until(job.job_id, JobStatus.FAILED)
    assert failed.failure is not None
    assert failed.failure.reason == "too dark"


async def test_a_doubtful_end_that_passes_ends_nothing(core: Core, api: ScriptedApi) -> None:
    """What was said once and is gone was a slip of something on the way."""
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED, JobStatus.LATE)
        for word in ("one", "two", "three", "four"):
            wanted = api.reads + 3
            api.becomes(Progress(state=RequestState.FAILED, reason=word, answers_needed=1000))
            while api.reads < wanted:  # noqa: ASYNC110 - the poller's doing
                await asyncio.sleep(0.01)
        api.becomes(DONE)
        await core.until(job.job_id, JobStatus.SUCCEEDED)


async def test_an_echo_of_the_input_is_no_result(core: Core, api: ScriptedApi) -> None:
    """Whatever an output calls it, what the job sent in is not its result; a fresh signature makes no other file."""
    sent = "https://cdn.example.com/cat.png"
    job = await submit(core, make_new(inputs={"prompt": "x", "image_urls": [f"{sent}?ex=1"]}))
    echo = Output(url=f"{sent}?ex=2", kind=MediaKind.IMAGE)
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED, JobStatus.LATE)
        api.becomes(replace(DONE, outputs=(echo, PICTURE)))
        assert (await core.until(job.job_id, JobStatus.SUCCEEDED)).outputs == (PICTURE,)


async def test_another_file_of_the_same_path_is_no_echo(core: Core, api: ScriptedApi) -> None:
    """A server may have one path for every file, and name it in the query."""
    server = "https://comfy.example.com/view"
    job = await submit(core, make_new(inputs={"prompt": "x", "image_urls": [f"{server}?filename=in.png&type=input"]}))
    echo, result = (
        Output(url=f"{server}?{query}", kind=MediaKind.IMAGE)
        for query in ("type=input&filename=in.png&X-Amz-Signature=2", "filename=out.png&type=output")
    )
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED, JobStatus.LATE)
        api.becomes(replace(DONE, outputs=(echo, result)))
        assert (await core.until(job.job_id, JobStatus.SUCCEEDED)).outputs == (result,)


async def test_what_is_left_of_a_result_is_taken_when_nothing_else_comes(store: SqlJobStore, api: ScriptedApi) -> None:
    """Files under names that no result has are believed late rather than never; what was sent in is not among them."""
    sent = "https://cdn.example.com/cat.png"
    core = Core(store, api, timing=replace(BRISK, empty_result_seconds=(0.02,) * 5))
    job = await submit(core, make_new(inputs={"prompt": "x", "image_urls": [sent]}))
    leftovers = (Output(url=sent, kind=MediaKind.IMAGE), PICTURE)
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED)
        api.becomes(Progress(state=RequestState.SUCCEEDED, leftovers=leftovers))
        reads = api.reads
        await until(lambda: api.reads > reads + 4, what="two answers without files")
        assert (await core.until(job.job_id, JobStatus.QUEUED)).outputs == ()
        assert (await core.until(job.job_id, JobStatus.SUCCEEDED)).outputs == (PICTURE,)


@asynccontextmanager
async def days_late(store: SqlJobStore, api: ScriptedApi) -> AsyncIterator[tuple[Core, Job, MovedClock]]:
    """Run a process that has asked about a late job just now, and will not for half an hour."""
    clock = MovedClock()
    core = Core(store, api, clock=clock, timing=replace(BRISK, deadline=timedelta(seconds=5), lease_seconds=0.5))
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED)
        clock.passed_seconds += timedelta(hours=20).total_seconds()
        core.signals.polls.wake()
        await core.until(job.job_id, JobStatus.LATE)
        await polls(core, api, clock)
        yield core, job, clock


async def test_what_another_process_adopts_is_asked_about_at_once(
    store: SqlJobStore, other_store: SqlJobStore, api: ScriptedApi
) -> None:
    """`adopt` beside the running bot does not wait for the next look at a late job; said twice, it says the same."""
    async with days_late(store, api) as (core, job, clock):
        operator = Core(other_store, api, clock=clock)
        api.becomes(DONE)
        adopted = await operator.jobs.adopt(job.job_id, "req-1")
        again = await operator.jobs.adopt(job.job_id, "req-1")
        assert again.version >= adopted.version
        await core.until(job.job_id, JobStatus.SUCCEEDED, seconds=3)


async def test_an_unanswered_cancel_of_a_late_job_is_sent_again_soon(
    store: SqlJobStore, other_store: SqlJobStore, api: ScriptedApi
) -> None:
    """Not in half an hour, whichever process the wish came to."""
    async with days_late(store, api) as (core, job, clock):
        api.cancel_errors = [ApiUnavailable(cause="away")] * 3
        other = Core(other_store, api, clock=clock)
        assert await other.jobs.cancel(job.job_id, OWNER) is CancelOutcome.UNANSWERED
        await core.until(job.job_id, JobStatus.CANCELLED, seconds=3)
    assert api.cancels == 4
