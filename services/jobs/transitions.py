"""What an answer of the API means for a job: pure, so that every word and every race is tested without a socket."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.errors import FailureKind
from services.jobs.model import CancelState, Job, JobFailure, JobStatus
from services.jobs.ports import Progress, RequestState

_ENDS = {
    RequestState.SUCCEEDED: JobStatus.SUCCEEDED,
    RequestState.FAILED: JobStatus.FAILED,
    RequestState.CANCELLED: JobStatus.CANCELLED,
}


def apply_progress(job: Job, progress: Progress, *, at: datetime) -> Job | None:
    """Return the job as the answer makes it; None where it tells nothing new.

    Nothing goes back: a job that was seen running is not queued again because an older answer arrives late.
    """
    if job.status.is_terminal:
        return _with_late_facts(job, progress, at=at)
    if progress.state in _ENDS:
        return _ended(job, progress, at=at)
    if progress.state is RequestState.RUNNING and not job.is_running:
        is_late = job.status is JobStatus.LATE
        running = (
            replace(job.bump_version(at=at), started_at=at) if is_late else job.transition(JobStatus.RUNNING, at=at)
        )
        return _too_late_to_cancel(running)
    if progress.state is RequestState.IN_QUEUE and job.status is JobStatus.QUEUED:
        if progress.queue_position is None or progress.queue_position == job.queue_position:
            return None
        return replace(job.bump_version(at=at), queue_position=progress.queue_position)
    return None


def _ended(job: Job, progress: Progress, *, at: datetime) -> Job:
    ended = job.transition(_ENDS[progress.state], at=at)
    failure = None
    if ended.status is JobStatus.FAILED:
        failure = JobFailure(kind=FailureKind.MODEL_FAILED, reason=progress.reason)
    return replace(ended, outputs=progress.outputs, cost=progress.cost, failure=failure)


def _too_late_to_cancel(job: Job) -> Job:
    """A running job cannot be cancelled (the API's rule): a wish that was still open is refused by that."""
    return replace(job, cancel=CancelState.REFUSED) if job.cancel is CancelState.REQUESTED else job


def _with_late_facts(job: Job, progress: Progress, *, at: datetime) -> Job | None:
    """What a job that succeeded still learns: its cost, and its files where the API told of them late."""
    if job.status is not JobStatus.SUCCEEDED:
        return None
    after = replace(
        job, cost=job.cost if job.cost is not None else progress.cost, outputs=job.outputs or progress.outputs
    )
    return None if after == job else after.bump_version(at=at)


def essence(progress: Progress) -> Progress:
    """Return what has to be the same of two answers that tell one thing: no query, no number of a trace."""
    outputs = tuple(replace(output, url=output.url.partition("?")[0]) for output in progress.outputs)
    reason = " ".join(word for word in progress.reason.split() if not any(letter.isdigit() for letter in word))
    return replace(progress, outputs=outputs, reason=reason, cost=None, queue_position=None, leftovers=())


def gone(job: Job, *, at: datetime) -> Job | None:
    """Return the job as failed because the API persistently does not know its request."""
    if job.status.is_terminal:
        return None
    return replace(job.transition(JobStatus.FAILED, at=at), failure=JobFailure(kind=FailureKind.REQUEST_GONE))


def overdue(job: Job, *, asked_at: datetime, at: datetime) -> Job | None:
    """Return the job as late, or as expired, where a question asked at `asked_at` did not see its end in time.

    A question from before the deadline changes nothing: the job may have ended since.
    """
    if job.status in {JobStatus.QUEUED, JobStatus.RUNNING} and asked_at >= job.deadline:
        return job.transition(JobStatus.LATE, at=at)
    if job.status is JobStatus.LATE and asked_at >= job.followed_until:
        return job.transition(JobStatus.EXPIRED, at=at)
    return None
