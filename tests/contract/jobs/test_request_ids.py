"""One request, one job: what happens where an operator or the API names a request that another job follows."""

from __future__ import annotations

import asyncio
import logging

import pytest

from services.errors import ApiOutcomeUnknown, InvalidTransition
from services.jobs.model import Actor, Job, JobStatus
from services.jobs.ports import Progress, RequestState
from tests.contract.jobs.core import Core, submit
from tests.contract.jobs.scripted_api import ScriptedApi
from tests.contract.store.making import make_new


async def _queued(core: Core) -> Job:
    return await core.until((await submit(core, make_new())).job_id, JobStatus.QUEUED)


async def test_a_request_is_adopted_once(core: Core, api: ScriptedApi) -> None:
    """A request that another job has already is not given to a second one: its result would be posted twice."""
    api.lost_answers = [ApiOutcomeUnknown(cause="reset"), ApiOutcomeUnknown(cause="reset")]
    async with core.running():
        jobs = [await submit(core, make_new()) for _ in range(2)]
        for job in jobs:
            await core.until(job.job_id, JobStatus.UNCONFIRMED)
        await core.jobs.adopt(jobs[0].job_id, "req-1")
        with pytest.raises(InvalidTransition, match=f"req-1 already belongs to job {jobs[0].job_id}"):
            await core.jobs.adopt(jobs[1].job_id, "req-1")
        assert (await core.until(jobs[1].job_id, JobStatus.UNCONFIRMED)).request_id is None
        await core.jobs.adopt(jobs[1].job_id, "req-2")
        for request_id in ("req-1", "req-2"):
            api.becomes(Progress(state=RequestState.SUCCEEDED), request_id)
        for job in jobs:
            await core.until(job.job_id, JobStatus.SUCCEEDED)


async def test_an_answer_with_another_jobs_request_leaves_the_outcome_unknown(
    core: Core, api: ScriptedApi, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody knows what became of that submit: it says so, is not sent again, and the other job goes on."""
    async with core.running():
        first = await _queued(core)
        api.repeats = ["req-1"]
        second = await submit(core, make_new())
        doubtful = await core.until(second.job_id, JobStatus.UNCONFIRMED)
        assert doubtful.request_id is None
        api.becomes(Progress(state=RequestState.SUCCEEDED))
        await core.until(first.job_id, JobStatus.SUCCEEDED)
        third = await _queued(core)
    assert third.request_id == "req-3"
    assert api.submits_begun == 3
    told = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(told) == 1
    assert all(part in told[0].getMessage() for part in (second.job_id, first.job_id, "req-1"))
    assert (await core.jobs.quota(Actor(user_id=second.owner_id)))[0].today == 2


async def test_an_api_that_repeats_itself_closes_the_gate(core: Core, api: ScriptedApi) -> None:
    """Each such answer may be a charge whose result nobody can fetch: after three, submits pause."""
    async with core.running():
        await _queued(core)
        api.repeats = ["req-1"] * 4
        for _ in range(3):
            await core.until((await submit(core, make_new())).job_id, JobStatus.UNCONFIRMED)
        assert core.gate.closed_models
    assert api.submits_begun == 4


async def test_a_stop_in_the_middle_of_a_refused_request_is_quiet(
    core: Core, api: ScriptedApi, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer comes while the process stops: the job ends as unconfirmed, at once or at the next start."""
    async with core.running():
        await _queued(core)
        api.may_submit.clear()
        api.repeats = ["req-1"]
        second = await submit(core, make_new())
        await core.until(second.job_id, JobStatus.SUBMITTING)
        asyncio.get_running_loop().call_soon(api.may_submit.set)
    await core.housekeeper.tidy()
    await core.until(second.job_id, JobStatus.UNCONFIRMED)
    assert not [record for record in caplog.records if record.exc_info]
