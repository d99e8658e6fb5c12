"""What a job may become."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.errors import FailureKind, InvalidTransition
from services.jobs.model import FOLLOWED, LIVE, TERMINAL, TRANSITIONS, JobFailure, JobStatus
from tests.unit.jobs.factories import NOON, make_job

LATER = NOON + timedelta(minutes=5)


def test_every_state_is_in_the_table() -> None:
    """The transition table knows each state."""
    assert set(TRANSITIONS) == set(JobStatus)


@pytest.mark.parametrize("ended", sorted(TERMINAL - {JobStatus.UNCONFIRMED, JobStatus.EXPIRED}))
@pytest.mark.parametrize("after", sorted(JobStatus))
def test_an_end_is_an_end(ended: JobStatus, after: JobStatus) -> None:
    """Nothing follows an end that the API told, or a job's owner asked for."""
    with pytest.raises(InvalidTransition):
        make_job(ended).transition(after, at=LATER)


def test_a_job_whose_request_was_gone_can_be_followed_again() -> None:
    """What the API says it does not know, it may know again; another failure is its last word."""
    gone = make_job(JobStatus.FAILED, failure=JobFailure(kind=FailureKind.REQUEST_GONE), finished_at=NOON)
    again = gone.confirmed("req-1", at=LATER, within=timedelta(hours=1))
    assert (again.status, again.failure, again.finished_at) == (JobStatus.QUEUED, None, None)
    failed = make_job(JobStatus.FAILED, failure=JobFailure(kind=FailureKind.MODEL_FAILED))
    with pytest.raises(InvalidTransition):
        failed.confirmed("req-1", at=LATER, within=timedelta(hours=1))


@pytest.mark.parametrize("before", sorted(LIVE - {JobStatus.SUBMITTING}))
def test_only_a_submit_can_become_unconfirmed(before: JobStatus) -> None:
    """A job whose request id is known, or that was never sent, has a known outcome."""
    with pytest.raises(InvalidTransition):
        make_job(before).transition(JobStatus.UNCONFIRMED, at=LATER)


@pytest.mark.parametrize("before", sorted(FOLLOWED))
def test_what_the_api_accepted_never_waits_or_is_submitted_again(before: JobStatus) -> None:
    """From the API's acceptance on, no way leads back to a second paid request."""
    for after in (JobStatus.WAITING, JobStatus.SUBMITTING):
        with pytest.raises(InvalidTransition):
            make_job(before).transition(after, at=LATER)


def test_an_unconfirmed_job_is_reopened_by_its_request_id() -> None:
    """A request id that turns up late makes the job live again, without its end time."""
    dead = make_job(JobStatus.SUBMITTING, request_id=None).transition(JobStatus.UNCONFIRMED, at=LATER)
    assert dead.finished_at == LATER
    again = dead.confirmed("req-9", at=LATER, within=timedelta(hours=1))
    assert (again.status, again.request_id, again.finished_at) == (JobStatus.QUEUED, "req-9", None)
    assert again.deadline == NOON + timedelta(hours=1)


def test_each_step_leaves_its_time_and_a_higher_version() -> None:
    """The record tells when each step was."""
    running = make_job(JobStatus.QUEUED, queue_position=4).transition(JobStatus.RUNNING, at=LATER)
    done = running.transition(JobStatus.SUCCEEDED, at=LATER + timedelta(minutes=1))
    assert (running.started_at, running.queue_position) == (LATER, None)
    assert (done.started_at, done.finished_at) == (LATER, LATER + timedelta(minutes=1))
    assert [running.version, done.version] == [4, 5]


def test_a_token_is_not_shown_when_a_job_is_printed() -> None:
    """Neither the interaction's token nor the prompt shows in a job's repr, so no log can leak them by accident."""
    shown = repr(make_job(prompt="my secret idea"))
    assert "tok'" not in shown
    assert "my secret idea" not in shown
