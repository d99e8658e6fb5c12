"""Cancelling at the API: ask, and never say "too late" before the status says so."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from services.clock import Clock
from services.errors import ApiError
from services.jobs.job_updater import JobUpdater
from services.jobs.model import CancelState, Job, JobStatus
from services.jobs.ports import ModelApi, Progress, RequestState

log = logging.getLogger(__name__)


class CancelOutcome(StrEnum):
    """What became of a wish to cancel."""

    CANCELLED = "cancelled"
    REQUESTED = "requested"  # still being submitted: asked for as soon as the request id is there
    TOO_LATE = "too_late"  # it runs already, or the API said that it cannot be cancelled
    ALREADY_OVER = "already_over"
    UNANSWERED = "unanswered"  # the API did not answer; it goes on being asked


def with_cancel(state: CancelState, at: Callable[[], datetime]) -> Callable[[Job], Job | None]:
    """Return the change that notes what became of the wish to cancel, while the job is live."""

    def change(job: Job) -> Job | None:
        if job.status.is_terminal or job.cancel is state:
            return None
        return replace(job.bump_version(at=at()), cancel=state)

    return change


class Canceller:
    """Sends a queued job's cancel to the API and records what came of it."""

    def __init__(self, api: ModelApi, updater: JobUpdater, clock: Clock) -> None:
        self._api = api
        self._updater = updater
        self._clock = clock
        self._under_way: dict[str, asyncio.Task[CancelOutcome]] = {}

    async def send(self, job: Job) -> CancelOutcome:
        """Ask the API to cancel a job that has a request id.

        Who asks while a question about the job is out shares its answer.
        Raises: StoreUnavailable.
        """
        if job.request_id is None:
            return CancelOutcome.REQUESTED
        task = self._under_way.get(job.job_id)
        if task is None:
            task = asyncio.create_task(self._send(job, job.request_id), name=f"cancel {job.job_id}")
            self._under_way[job.job_id] = task
            task.add_done_callback(lambda done: self._answered(job.job_id, done))
        # Not to be cut short by one of those who wait.
        return await asyncio.shield(task)

    def _answered(self, job_id: str, task: asyncio.Task[CancelOutcome]) -> None:
        del self._under_way[job_id]
        if not task.cancelled() and (error := task.exception()):
            log.debug("job_id=%s its cancel: %s", job_id, error)

    async def _send(self, asked: Job, request_id: str) -> CancelOutcome:
        # As it is now: an earlier question may have been answered while this one waited for its turn.
        job = (await self._updater.update(asked.job_id, lambda _: None)).job
        if job.status.is_terminal:
            return CancelOutcome.CANCELLED if job.status is JobStatus.CANCELLED else CancelOutcome.ALREADY_OVER
        try:
            confirmed = await self._api.cancel(request_id)
        except ApiError as error:
            log.warning("job_id=%s the answer to a cancel is lost: %s", job.job_id, error)
            return await self._read_instead(job, request_id)
        if confirmed:
            return await self._cancelled(job)
        progress = await self._read(request_id)
        if progress is None:
            return CancelOutcome.UNANSWERED  # an earlier cancel may be why it cannot be cancelled any more
        if progress.state is RequestState.CANCELLED:
            # Somebody else's cancel (another press, another process) was there first.
            return await self._cancelled(job)
        return await self._refused(job)

    async def _read_instead(self, job: Job, request_id: str) -> CancelOutcome:
        progress = await self._read(request_id)
        if progress is None:
            return CancelOutcome.UNANSWERED
        if progress.state is RequestState.CANCELLED:
            return await self._cancelled(job)
        if progress.state in {RequestState.IN_QUEUE, RequestState.UNKNOWN, RequestState.FINISHED}:
            return CancelOutcome.UNANSWERED
        return await self._refused(job)

    async def _read(self, request_id: str) -> Progress | None:
        try:
            progress = await self._api.get_status(request_id)
            if progress.state is RequestState.FINISHED:
                progress = await self._api.get_result(request_id)
        except ApiError:
            return None
        return progress

    async def _cancelled(self, job: Job) -> CancelOutcome:
        changed = await self._updater.update(
            job.job_id, lambda j: j.transition(JobStatus.CANCELLED, at=self._clock.now())
        )
        return CancelOutcome.CANCELLED if changed.job.status is JobStatus.CANCELLED else CancelOutcome.ALREADY_OVER

    async def _refused(self, job: Job) -> CancelOutcome:
        changed = await self._updater.update(job.job_id, with_cancel(CancelState.REFUSED, self._clock.now))
        return CancelOutcome.ALREADY_OVER if changed.job.status.is_terminal else CancelOutcome.TOO_LATE
