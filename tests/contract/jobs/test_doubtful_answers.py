"""Answers that leave room for doubt: refused, repeated, or given by one route alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from services.errors import ApiUnavailable, RequestNotFound
from services.jobs.model import JobStatus, MediaKind, Output
from services.jobs.ports import Progress, RequestState
from services.store.jobs import SqlJobStore
from tests.contract.jobs.core import BRISK, Core, submit
from tests.contract.jobs.scripted_api import ScriptedApi
from tests.contract.store.making import make_new
from tests.rig import until

PICTURE = Output(url="https://x.runcomfy.net/a.png", kind=MediaKind.IMAGE)
DONE = Progress(state=RequestState.SUCCEEDED, outputs=(PICTURE,), cost=Decimal("0.04"))


class ChangingApi(ScriptedApi):
    """An API whose /result is another one each time; /status tells `state`."""

    def __init__(self, state: RequestState, result: Callable[[int], Progress]) -> None:
        super().__init__()
        self._state, self._result = state, result

    async def get_status(self, request_id: str) -> Progress:
        """Tell that it is over, or a word that nobody knows."""
        self._require(request_id)
        return Progress(state=self._state)

    async def get_result(self, request_id: str) -> Progress:
        """Tell the next one."""
        self._require(request_id)
        self.reads += 1
        return self._result(self.reads)


def _signed_again(number: int) -> Progress:
    signed = replace(PICTURE, url=f"{PICTURE.url}?sig={number}")
    return Progress(state=RequestState.UNKNOWN, outputs=(signed,), answers_needed=2)


def _traced(number: int) -> Progress:
    return Progress(state=RequestState.FAILED, reason=f"too dark (trace {number:x}a7)", answers_needed=3)


def _echo(_: int) -> Progress:
    sent = Output(url="https://example.com/a.png", kind=MediaKind.IMAGE)
    return Progress(state=RequestState.UNKNOWN, outputs=(sent,), answers_needed=2)


def _not_registered(_: int) -> Progress:
    raise RequestNotFound


def _refused(_: int) -> Progress:
    return Progress(state=RequestState.FAILED, reason="not ready", answers_needed=2, is_refusal=True)


@pytest.mark.parametrize(
    ("state", "result", "end"),
    [
        (RequestState.UNKNOWN, _refused, None),
        (RequestState.FINISHED, _refused, JobStatus.FAILED),
        (RequestState.UNKNOWN, _signed_again, JobStatus.SUCCEEDED),
        (RequestState.FINISHED, _traced, JobStatus.FAILED),
        (RequestState.UNKNOWN, _echo, None),
        (RequestState.FINISHED, _not_registered, None),
    ],
)
async def test_what_has_to_be_repeated_is_what_it_tells(
    store: SqlJobStore, state: RequestState, result: Callable[[int], Progress], end: JobStatus | None
) -> None:
    """A fresh signature, or a trace, makes no other answer; an echo is no file.

    A result that is not there yet, or is refused of a request that nobody says is over, is no end.
    """
    api = ChangingApi(state, result)
    core = Core(store, api, timing=replace(BRISK, poll_max_seconds=0.02))
    job = await submit(core, make_new())
    async with core.running():
        await until(lambda: api.reads >= 8 if end is None else api.reads, what="answers")
        await core.until(job.job_id, end or JobStatus.QUEUED, seconds=3)


class SilentResult(ScriptedApi):
    """An API whose /status tells of the end, while /result never answers."""

    reason = ""

    async def get_status(self, request_id: str) -> Progress:
        """Tell that it is over, and why."""
        self._require(request_id)
        return Progress(state=RequestState.FINISHED, reason=self.reason)

    async def get_result(self, request_id: str) -> Progress:
        """Tell nothing."""
        self._require(request_id)
        self.reads += 1
        raise ApiUnavailable(cause="HTTP 500")


async def test_a_failure_without_a_result_ends_with_its_reason(store: SqlJobStore) -> None:
    """Only one that has a reason, and that stays: what else is over is waited for."""
    api = SilentResult()
    core = Core(store, api, timing=replace(BRISK, poll_max_seconds=0.02))
    job = await submit(core, make_new())
    async with core.running():
        await until(lambda: api.reads >= 3, what="questions about the result")
        await core.until(job.job_id, JobStatus.QUEUED)
        api.reason = "blocked by the content policy"
        failed = await core.until(job.job_id, JobStatus.FAILED)
    assert failed.failure is not None
    assert failed.failure.reason == "blocked by the content policy"
    assert api.reads >= 3 + core.poller.ANSWERS_WITHOUT_RESULT - 1


class SilentStatus(ScriptedApi):
    """An API whose /status never answers, while /result does."""

    async def get_status(self, request_id: str) -> Progress:
        """Tell nothing."""
        self._require(request_id)
        raise ApiUnavailable(cause="HTTP 500")


async def test_a_status_that_is_silent_hides_no_result(store: SqlJobStore) -> None:
    """What was paid and is there is found beside it; an end is none before it is there."""
    api = SilentStatus()
    core = Core(store, api, timing=replace(BRISK, poll_max_seconds=0.02))
    job = await submit(core, make_new())
    async with core.running():
        await until(lambda: api.reads >= 2, what="questions about the result")
        assert (await core.until(job.job_id, JobStatus.QUEUED)).outputs == ()
        api.becomes(DONE)
        assert (await core.until(job.job_id, JobStatus.SUCCEEDED)).outputs == (PICTURE,)


class OneRoute(ScriptedApi):
    """An API of which one route knows the request and the other, after a while, does not."""

    status: Progress | None = None
    result: Progress | None = None

    async def get_status(self, request_id: str) -> Progress:
        """Tell what this route has."""
        self.reads += 1
        if self.status is None:
            raise RequestNotFound(request_id)
        return self.status

    async def get_result(self, request_id: str) -> Progress:
        """Tell what this route has."""
        if self.result is None:
            raise RequestNotFound(request_id)
        return self.result


CALLED_SUCCESS = Progress(state=RequestState.FINISHED, outputs=(PICTURE,), ended_as=RequestState.SUCCEEDED)
CALLED_CANCELLED = Progress(state=RequestState.FINISHED, ended_as=RequestState.CANCELLED)
CALLED_OVER = Progress(state=RequestState.FINISHED, ended_as=RequestState.SUCCEEDED)


@pytest.mark.parametrize(
    ("status", "result", "end"),
    [
        (None, DONE, JobStatus.SUCCEEDED),
        (None, Progress(state=RequestState.FAILED, reason="too dark"), JobStatus.FAILED),
        (CALLED_SUCCESS, None, JobStatus.SUCCEEDED),
        (CALLED_CANCELLED, None, JobStatus.CANCELLED),
        (CALLED_OVER, None, JobStatus.QUEUED),
    ],
)
async def test_what_one_route_has_forgotten_the_other_tells(
    store: SqlJobStore, status: Progress | None, result: Progress | None, end: JobStatus
) -> None:
    """A request is gone where both routes say so; what one of them has of its end counts, once that has stayed."""
    api = OneRoute()
    api.status, api.result = status, result
    core = Core(store, api, timing=replace(BRISK, poll_max_seconds=0.02))
    job = await submit(core, make_new())
    async with core.running():
        await until(lambda: api.reads >= 3, what="answers")
        if status is not None:
            assert (await core.until(job.job_id, JobStatus.QUEUED)).outputs == (), "not at its first word"
        await until(lambda: api.reads >= 3 if end.is_terminal else api.reads >= 20, what="more answers")
        ended = await core.until(job.job_id, end)
    assert ended.outputs == ((PICTURE,) if end is JobStatus.SUCCEEDED else ())


async def test_what_was_gone_can_be_adopted(store: SqlJobStore) -> None:
    """An operator who finds the request alive at RunComfy has it followed again, and its result arrives."""
    api = OneRoute()
    core = Core(store, api, timing=replace(BRISK, poll_max_seconds=0.02))
    job = await submit(core, make_new())
    async with core.running():
        gone = await core.until(job.job_id, JobStatus.FAILED)
        assert gone.request_id is not None
        api.status, api.result = CALLED_OVER, DONE
        await core.jobs.adopt(job.job_id, gone.request_id)
        assert (await core.until(job.job_id, JobStatus.SUCCEEDED)).failure is None


@pytest.mark.parametrize("whole", [(PICTURE, replace(PICTURE, url="https://x.runcomfy.net/b.png")), (PICTURE,)])
async def test_a_result_with_gaps_is_asked_for_again(store: SqlJobStore, whole: tuple[Output, ...]) -> None:
    """The first of several files is not all of them; gaps that stay hold up what is there for some seconds only."""
    partial = replace(DONE, has_gaps=True)
    later = replace(DONE, outputs=whole, has_gaps=len(whole) == 1)
    api = ChangingApi(RequestState.FINISHED, lambda number: partial if number <= 2 else later)
    core = Core(store, api, timing=replace(BRISK, empty_result_seconds=(0.01,) * 9))
    job = await submit(core, make_new())
    async with core.running():
        assert (await core.until(job.job_id, JobStatus.SUCCEEDED)).outputs == whole
    assert 3 <= api.reads <= 1 + core.poller.LOOKS_AT_GAPS
