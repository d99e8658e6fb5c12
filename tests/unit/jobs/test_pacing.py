"""When to ask, when to show, when to submit."""

from __future__ import annotations

from datetime import timedelta

from services.clock import DeadlineClock
from services.jobs.model import TERMINAL, JobStatus
from services.jobs.pacing import (
    JobTiming,
    RequestBudget,
    SubmitGate,
    backoff_seconds,
    hold_seconds,
    late_poll_seconds,
    poll_seconds,
)
from tests.unit.jobs.hand_clock import HandClock

TIMING = JobTiming(poll_min_seconds=2.0, poll_max_seconds=10.0)


def test_an_end_is_shown_at_once_and_everything_else_melts() -> None:
    """Only terminal states are due immediately."""
    assert {status for status in JobStatus if hold_seconds(status) == 0} == TERMINAL


def test_polls_slow_down_while_nothing_changes_and_stay_within_their_bounds() -> None:
    """From poll_min to poll_max, however long it takes."""
    waits = [poll_seconds(n, TIMING, lambda: 0.5) for n in range(500)]
    assert waits[0] == 2.0
    assert waits == sorted(waits)
    assert waits[-1] == 10.0


def test_polls_of_jobs_that_began_together_drift_apart() -> None:
    """Jitter is ten per cent both ways."""
    assert poll_seconds(0, TIMING, lambda: 0.0) == 1.8
    assert round(poll_seconds(0, TIMING, lambda: 0.999999), 3) == 2.2


def test_backoff_is_capped() -> None:
    """The thousandth failure does not overflow or wait for ever."""
    assert backoff_seconds(1000, first=1.0, longest=60.0, random=lambda: 1.0) == 60.0
    assert backoff_seconds(1, first=1.0, longest=60.0, random=lambda: 0.0) == 0.5


def test_the_budget_spaces_requests_after_a_burst_of_a_second() -> None:
    """Ten a second: ten at once after a quiet time, then one each tenth."""
    clock = HandClock()
    budget = RequestBudget(clock, per_second=10)
    clock.move(60)
    waits = [budget.reserve() for _ in range(15)]
    assert waits[:10] == [0.0] * 10
    assert [round(wait, 3) for wait in waits[10:]] == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_three_unknown_outcomes_in_a_row_close_the_gate() -> None:
    """One lost answer is bad luck; three could each have cost money, so a pause, then one at a time."""
    clock = HandClock()
    gate = SubmitGate(clock, lambda: 1.0)
    gate.unknown("m")
    gate.unknown("m")
    assert (gate.closed_models, gate.is_in_doubt("m")) == (frozenset(), False)
    gate.unknown("m")
    assert (gate.closed_seconds("m"), gate.is_in_doubt("m")) == (30.0, True)
    assert gate.closed_models == {"m"}
    clock.move(30)
    assert gate.closed_models == set()
    gate.unknown("m")
    assert gate.closed_seconds("m") == 60.0
    gate.answered("m")
    assert not gate.is_in_doubt("m")


def test_the_gate_closes_for_all_where_two_models_are_in_doubt() -> None:
    """One model that answers nothing is its own trouble; two mean that it is the way to the API."""
    gate = SubmitGate(HandClock(), lambda: 1.0)
    for model_id in ("m", "n"):
        assert (gate.closed_seconds(), gate.is_trying) == (0.0, False)
        for _ in range(3):
            gate.unknown(model_id)
    assert (gate.closed_seconds(), gate.is_trying) == (30.0, True)
    gate.answered("m")
    assert not gate.is_trying


def test_submits_that_were_under_way_together_count_as_one() -> None:
    """Sixteen that meet 429 at once are no sixteen failures in a row, nor are lost answers after the gate closed."""
    gate = SubmitGate(HandClock(), lambda: 1.0)
    for _ in range(16):
        gate.not_sent(None)
    assert gate.closed_seconds() == 1.0
    gate = SubmitGate(HandClock(), lambda: 1.0)
    for _ in range(16):
        gate.unknown("m")
    assert gate.closed_seconds("m") == 30.0


def test_the_gate_obeys_retry_after() -> None:
    """A submit that was turned away is not tried before the API says so."""
    clock = HandClock()
    gate = SubmitGate(clock, lambda: 1.0)
    gate.not_sent(17.0)
    assert gate.closed_seconds() == 17.0
    assert gate.is_trying


def test_a_late_job_is_asked_about_ever_more_rarely() -> None:
    """From the slowest ordinary pace to half an hour, by how late it is."""
    waits = [late_poll_seconds(timedelta(hours=hours), TIMING, lambda: 0.5) for hours in (0, 0.1, 1, 3, 24, 72)]
    assert waits == sorted(waits)
    assert (waits[0], waits[2], waits[-1]) == (10.0, 450.0, 1800.0)


def test_a_step_of_the_wall_clock_counts_once_its_time_has_run() -> None:
    """Forward it is followed only after the longest wait has run on the monotonic clock; back it is at once."""
    clock = HandClock()
    deadlines = DeadlineClock(clock, longest=timedelta(hours=1))
    clock.move(60)
    before = clock.now()
    assert deadlines.now() == before
    clock.step(timedelta(hours=7))
    assert deadlines.now() == before
    clock.move(3599)
    assert deadlines.now() == before + timedelta(seconds=3599)
    clock.move(1)
    assert deadlines.now() == clock.now()
    clock.step(timedelta(hours=-2))
    assert deadlines.now() == clock.now()


def test_each_step_begins_the_time_again() -> None:
    """What began between two steps has its whole time, too."""
    clock = HandClock()
    deadlines = DeadlineClock(clock, longest=timedelta(hours=1))
    before = clock.now()
    clock.step(timedelta(hours=7))
    assert deadlines.now() == before
    clock.move(3000)
    clock.step(timedelta(hours=7))
    assert deadlines.now() == before + timedelta(seconds=3000)
    clock.move(3599)
    assert deadlines.now() == before + timedelta(seconds=6599)
    clock.move(1)
    assert deadlines.now() == clock.now()
