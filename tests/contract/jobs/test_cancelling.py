"""Cancelling: honest about what it did, and only for those who may."""

from __future__ import annotations

import pytest

from services.errors import ApiUnavailable, JobNotFound, NotAllowed
from services.jobs.cancelling import CancelOutcome
from services.jobs.model import Actor, CancelState, Job, JobStatus
from services.jobs.ports import Progress, RequestState
from tests.contract.jobs.core import OWNER, Core, submit
from tests.contract.jobs.scripted_api import ScriptedApi
from tests.contract.store.making import BEN, make_new

MODERATOR = Actor(user_id=BEN, channel_id=22, guild_id=11, may_manage=True)


async def queued(core: Core) -> Job:
    """Bring a job into the API's queue, with no loop running afterwards."""
    job = await submit(core, make_new())
    async with core.running():
        return await core.until(job.job_id, JobStatus.QUEUED)


async def test_a_waiting_job_is_cancelled_at_once(core: Core, api: ScriptedApi) -> None:
    """It never reaches the API."""
    job = await submit(core, make_new())
    assert await core.jobs.cancel(job.job_id, OWNER) is CancelOutcome.CANCELLED
    async with core.running():
        pass
    assert api.submits_begun == 0


async def test_a_queued_job_is_cancelled_when_the_api_says_so(core: Core, api: ScriptedApi) -> None:
    """The API's word decides."""
    job = await queued(core)
    assert await core.jobs.cancel(job.job_id, OWNER) is CancelOutcome.CANCELLED
    assert api.cancels == 1
    assert await core.jobs.cancel(job.job_id, OWNER) is CancelOutcome.ALREADY_OVER


async def test_it_is_too_late_when_the_api_refuses(core: Core, api: ScriptedApi) -> None:
    """It began to run before the wish arrived: nothing is pretended."""
    job = await queued(core)
    api.becomes(Progress(state=RequestState.RUNNING))
    assert await core.jobs.cancel(job.job_id, OWNER) is CancelOutcome.TOO_LATE
    after = await core.store.get(job.job_id)
    assert after is not None
    assert (after.status, after.cancel) == (JobStatus.QUEUED, CancelState.REFUSED)


async def test_a_running_job_cannot_be_cancelled_and_the_api_is_not_asked(core: Core, api: ScriptedApi) -> None:
    """The API's rule."""
    job = await submit(core, make_new())
    async with core.running():
        await core.until(job.job_id, JobStatus.QUEUED)
        api.becomes(Progress(state=RequestState.RUNNING))
        await core.until(job.job_id, JobStatus.RUNNING)
        assert await core.jobs.cancel(job.job_id, OWNER) is CancelOutcome.TOO_LATE
    assert api.cancels == 0


async def test_a_lost_answer_is_found_out_before_anything_is_said(core: Core, api: ScriptedApi) -> None:
    """The cancel got through, its answer did not: the status says cancelled."""
    job = await queued(core)
    api.cancel_errors = [ApiUnavailable(cause="reset")]
    api.becomes(Progress(state=RequestState.CANCELLED))
    assert await core.jobs.cancel(job.job_id, OWNER) is CancelOutcome.CANCELLED


async def test_a_cancel_that_did_not_get_through_is_sent_again(core: Core, api: ScriptedApi) -> None:
    """Unanswered is said as such, and the poller goes on asking."""
    job = await queued(core)
    api.cancel_errors = [ApiUnavailable(cause="away")]
    assert await core.jobs.cancel(job.job_id, OWNER) is CancelOutcome.UNANSWERED
    async with core.running():
        await core.until(job.job_id, JobStatus.CANCELLED)
    assert api.cancels == 2


async def test_two_presses_do_not_contradict_each_other(core: Core, api: ScriptedApi) -> None:
    """The API refuses the second cancel because the first one won: that is no "too late"."""
    job = await queued(core)
    api.becomes(Progress(state=RequestState.CANCELLED))  # the first press, still on its way to our database
    assert await core.jobs.cancel(job.job_id, OWNER) is CancelOutcome.CANCELLED


async def test_only_the_owner_or_who_keeps_order_in_that_channel_may(core: Core) -> None:
    """Somebody else may not; a moderator of another channel may not; an unknown job is not found."""
    job = await submit(core, make_new())
    for stranger in (
        Actor(user_id=BEN, channel_id=22, guild_id=11),
        Actor(user_id=BEN, channel_id=99, guild_id=11, may_manage=True),
        Actor(user_id=BEN, channel_id=22, guild_id=None, may_manage=True),
    ):
        with pytest.raises(NotAllowed):
            await core.jobs.cancel(job.job_id, stranger)
    with pytest.raises(JobNotFound):
        await core.jobs.cancel("nosuchjob2", OWNER)
    assert await core.jobs.cancel(job.job_id, MODERATOR) is CancelOutcome.CANCELLED


async def test_a_cancelled_job_gives_its_quota_back(core: Core) -> None:
    """Cancelled before running is free."""
    job = await queued(core)
    await core.jobs.cancel(job.job_id, OWNER)
    usage, _ = await core.jobs.quota(Actor(user_id=job.owner_id))
    assert (usage.today, usage.in_flight, usage.waiting) == (0, 0, 0)


async def test_a_no_that_cannot_be_looked_into_is_no_answer(core: Core, api: ScriptedApi) -> None:
    """An earlier cancel may be why it cannot be cancelled any more: "too late" is said once the status says so."""
    job = await queued(core)
    api.becomes(Progress(state=RequestState.CANCELLED))
    api.read_errors = [ApiUnavailable(cause="away")]
    assert await core.jobs.cancel(job.job_id, OWNER) is CancelOutcome.UNANSWERED
    async with core.running():
        await core.until(job.job_id, JobStatus.CANCELLED)
