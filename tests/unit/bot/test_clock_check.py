"""A clock that is wrong by minutes is noticed from Discord's own answers."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from bot.clock_check import ClockWatch, clock_error
from tests.unit.jobs.factories import NOON
from tests.unit.jobs.hand_clock import HandClock


@pytest.mark.parametrize(
    ("minutes", "told"), [(5, "5 min 0 s ahead of"), (-7, "7 min 0 s behind"), (180, "3.0 h ahead")]
)
def test_a_wrong_clock_is_told_once(caplog: pytest.LogCaptureFixture, minutes: int, told: str) -> None:
    """With the difference, its direction and the way out; again only when it has changed by more than a minute."""
    clock = HandClock()
    clock.step(timedelta(minutes=minutes))
    watch = ClockWatch(clock)
    for _ in range(3):
        watch.see(format_datetime(NOON, usegmt=True))
    warnings = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert told in warnings[0]
    assert watch.problem == warnings[0]
    clock.step(timedelta(minutes=3 if minutes > 0 else -3))
    watch.see(format_datetime(NOON, usegmt=True))
    assert caplog.text.count("NTP") == 2


def test_a_clock_that_is_right_enough_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    """An answer under way, and whole seconds, are no difference."""
    clock = HandClock()
    clock.step(timedelta(seconds=40))
    watch = ClockWatch(clock)
    watch.see(format_datetime(NOON, usegmt=True))
    assert (watch.problem, caplog.text) == (None, "")


@pytest.mark.parametrize("date", [None, "", "soon", "Mon, 01 Jan 99999999999999 00:00:00 GMT", "\ud800"])
def test_a_date_that_cannot_be_read_tells_nothing(date: str | None) -> None:
    """It is somebody else's mistake, and no reason to doubt the clock."""
    assert clock_error(date, now=NOON) is None


def test_a_date_without_a_zone_is_discords(caplog: pytest.LogCaptureFixture) -> None:
    """HTTP's dates are in GMT, and some write "-0000" for it."""
    assert clock_error("Sun, 01 Mar 2026 12:00:00 -0000", now=datetime(2026, 3, 1, 12, 5, tzinfo=UTC)) == timedelta(
        minutes=5
    )
    assert caplog.text == ""


def test_a_clock_that_was_set_right_is_told_once_more(caplog: pytest.LogCaptureFixture) -> None:
    """And if it then goes wrong by as much again, that is told too."""
    caplog.set_level(logging.INFO)
    clock = HandClock()
    watch = ClockWatch(clock)
    for minutes in (5, -5, 0, 5):
        clock.step(timedelta(minutes=minutes))
        watch.see(format_datetime(NOON, usegmt=True))
    assert caplog.text.count("agrees with Discord's again") == 1
    assert caplog.text.count("NTP") == 2
