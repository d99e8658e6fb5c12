"""The arithmetic of quotas."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.errors import QuotaExceeded, QuotaKind
from services.jobs.quota import QuotaLimits, Usage, require_room
from tests.unit.jobs.factories import NOON

LIMITS = QuotaLimits(per_day=5, running=2, waiting=1)


def test_room_is_running_and_waiting_places_together() -> None:
    """Two run, one waits, the fourth is refused with what is used."""
    require_room(Usage(today=2, in_flight=2, waiting=0, oldest_at=NOON), LIMITS)
    with pytest.raises(QuotaExceeded) as refused:
        require_room(Usage(today=3, in_flight=2, waiting=1, oldest_at=NOON), LIMITS)
    assert (refused.value.kind, refused.value.used, refused.value.limit) == (QuotaKind.WAITING, 3, 3)


def test_the_day_resets_when_the_oldest_counted_job_leaves_the_window() -> None:
    """The refusal names that moment."""
    with pytest.raises(QuotaExceeded) as refused:
        require_room(Usage(today=5, in_flight=0, waiting=0, oldest_at=NOON), LIMITS)
    assert refused.value.kind is QuotaKind.PER_DAY
    assert refused.value.resets_at == NOON + timedelta(hours=24)


def test_a_quota_of_nothing_refuses_everybody() -> None:
    """Zero is zero, and has no reset."""
    with pytest.raises(QuotaExceeded) as refused:
        require_room(
            Usage(today=0, in_flight=0, waiting=0, oldest_at=None), QuotaLimits(per_day=0, running=2, waiting=1)
        )
    assert refused.value.resets_at is None
