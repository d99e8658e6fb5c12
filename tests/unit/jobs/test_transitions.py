"""What an answer of the API means for a job."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from services.errors import FailureKind
from services.jobs.model import LATE_FOR, CancelState, JobStatus, MediaKind, Output
from services.jobs.ports import Progress, RequestState
from services.jobs.transitions import apply_progress, gone, overdue
from tests.unit.jobs.factories import NOON, make_job

AT = NOON + timedelta(minutes=2)
PICTURE = Output(url="https://x.runcomfy.net/a.png", kind=MediaKind.IMAGE)


def test_a_queue_position_moves_the_card() -> None:
    """A new position is a change, the same one is none."""
    moved = apply_progress(make_job(queue_position=3), Progress(state=RequestState.IN_QUEUE, queue_position=2), at=AT)
    assert moved is not None
    assert (moved.status, moved.queue_position, moved.version) == (JobStatus.QUEUED, 2, 4)
    assert apply_progress(moved, Progress(state=RequestState.IN_QUEUE, queue_position=2), at=AT) is None
    assert apply_progress(moved, Progress(state=RequestState.IN_QUEUE), at=AT) is None


def test_a_running_job_is_not_queued_again() -> None:
    """An older answer that arrives late changes nothing."""
    assert (
        apply_progress(make_job(JobStatus.RUNNING), Progress(state=RequestState.IN_QUEUE, queue_position=1), at=AT)
        is None
    )


@pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.RUNNING])
@pytest.mark.parametrize("state", [RequestState.UNKNOWN, RequestState.FINISHED])
def test_a_word_that_tells_no_end_never_ends_a_paid_job(status: JobStatus, state: RequestState) -> None:
    """An unknown word is polled on."""
    assert apply_progress(make_job(status), Progress(state=state), at=AT) is None


def test_success_may_come_straight_from_the_queue() -> None:
    """A poll can miss the running state; outputs and cost are kept."""
    progress = Progress(state=RequestState.SUCCEEDED, outputs=(PICTURE,), cost=Decimal("0.044"))
    done = apply_progress(make_job(), progress, at=AT)
    assert done is not None
    assert (done.status, done.outputs, done.cost) == (JobStatus.SUCCEEDED, (PICTURE,), Decimal("0.044"))


def test_a_failure_keeps_the_services_own_reason() -> None:
    """People read why."""
    failed = apply_progress(make_job(JobStatus.RUNNING), Progress(state=RequestState.FAILED, reason="too dark"), at=AT)
    assert failed is not None
    assert failed.failure is not None
    assert (failed.failure.kind, failed.failure.reason) == (FailureKind.MODEL_FAILED, "too dark")


def test_a_wish_to_cancel_ends_when_the_job_runs() -> None:
    """The API cannot cancel a running job, so the card must not go on saying "cancelling"."""
    running = apply_progress(make_job(cancel=CancelState.REQUESTED), Progress(state=RequestState.RUNNING), at=AT)
    assert running is not None
    assert running.cancel is CancelState.REFUSED


def test_an_ended_job_learns_only_what_came_late() -> None:
    """Terminal states never change; a cost and files that come late are added once."""
    done = make_job(JobStatus.SUCCEEDED)
    late = Progress(state=RequestState.SUCCEEDED, cost=Decimal("0.1"))
    with_cost = apply_progress(done, late, at=AT)
    assert with_cost is not None
    assert (with_cost.status, with_cost.cost) == (JobStatus.SUCCEEDED, Decimal("0.1"))
    assert apply_progress(with_cost, late, at=AT) is None
    file = Output(url="https://x.runcomfy.net/a.png", kind=MediaKind.IMAGE)
    with_file = apply_progress(with_cost, Progress(state=RequestState.SUCCEEDED, outputs=(file,)), at=AT)
    assert with_file is not None
    assert (with_file.outputs, with_file.cost) == ((file,), Decimal("0.1"))
    other = Output(url="https://x.runcomfy.net/b.png", kind=MediaKind.IMAGE)
    assert apply_progress(with_file, Progress(state=RequestState.SUCCEEDED, outputs=(other,)), at=AT) is None
    assert apply_progress(make_job(JobStatus.CANCELLED), Progress(state=RequestState.SUCCEEDED), at=AT) is None


def test_gone_and_overdue_leave_ended_jobs_alone() -> None:
    """Neither a lost request nor a deadline touches a job that has ended."""
    done = make_job(JobStatus.SUCCEEDED)
    assert gone(done, at=AT) is None
    assert overdue(done, asked_at=done.deadline + 2 * LATE_FOR, at=AT) is None
    lost = gone(make_job(), at=AT)
    assert lost is not None
    assert lost.failure is not None
    assert lost.failure.kind is FailureKind.REQUEST_GONE


def test_a_deadline_makes_late_and_only_days_later_expired() -> None:
    """A question from before either moment changes nothing."""
    job, moment = make_job(), timedelta(seconds=1)
    assert overdue(job, asked_at=job.deadline - moment, at=AT) is None
    late = overdue(job, asked_at=job.deadline, at=AT)
    assert late is not None
    assert (late.status, late.finished_at) == (JobStatus.LATE, None)
    assert overdue(late, asked_at=job.deadline + LATE_FOR - moment, at=AT) is None
    given_up = overdue(late, asked_at=job.deadline + LATE_FOR, at=AT)
    assert given_up is not None
    assert given_up.status is JobStatus.EXPIRED


def test_a_late_job_that_is_seen_running_cannot_be_cancelled_any_more() -> None:
    """It stays late, and its card loses the Cancel button."""
    late = make_job().transition(JobStatus.LATE, at=AT)
    assert late.is_cancellable
    running = apply_progress(late, Progress(state=RequestState.RUNNING), at=AT)
    assert running is not None
    assert (running.status, running.is_cancellable, running.is_running) == (JobStatus.LATE, False, True)
    assert apply_progress(running, Progress(state=RequestState.RUNNING), at=AT) is None


def test_a_late_job_is_followed_for_a_day_at_least() -> None:
    """What it may have cost is paid: a result is wanted whenever it comes, and then it is given up."""
    late = make_job(JobStatus.LATE)
    a_day_on = late.deadline + timedelta(days=1, hours=1)
    assert overdue(late, asked_at=a_day_on, at=a_day_on) is None
    at_last = late.deadline + timedelta(days=30)
    ended = overdue(late, asked_at=at_last, at=at_last)
    assert ended is not None
    assert ended.status is JobStatus.EXPIRED
