"""Which job is asked about next."""

from __future__ import annotations

from services.jobs.schedule import Schedule, Watched


def test_the_earliest_comes_first_and_nothing_before_its_time() -> None:
    """Jobs come in the order of their times."""
    schedule = Schedule()
    schedule.add(Watched("late"), 20.0)
    schedule.add(Watched("soon"), 10.0)
    assert schedule.pop_due(9.9) is None
    assert schedule.seconds_to_next(4.0) == 6.0
    first = schedule.pop_due(30.0)
    second = schedule.pop_due(30.0)
    assert first is not None
    assert second is not None
    assert [first.job_id, second.job_id] == ["soon", "late"]


def test_a_job_stays_watched_while_it_is_asked_about() -> None:
    """Taking it up again meanwhile must not ask twice."""
    schedule = Schedule()
    schedule.add(Watched("job"), 1.0)
    assert schedule.pop_due(2.0) is not None
    assert "job" in schedule
    schedule.forget("job")
    assert "job" not in schedule
    assert len(schedule) == 0
    assert schedule.seconds_to_next(0.0) is None
