"""The arithmetic of quotas: pure, so that a store only has to count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from services.errors import QuotaExceeded, QuotaKind
from services.jobs.model import Actor

WINDOW = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True, slots=True)
class QuotaLimits:
    """What one user may have: jobs in 24 hours, jobs in flight at once, jobs waiting for a place. 0 refuses all."""

    per_day: int
    running: int
    waiting: int


class QuotaPolicy(Protocol):
    """Turns who asks into what they may have. The limits are stored with the job and hold when it is claimed."""

    def limits_for(self, actor: Actor) -> QuotaLimits:
        """Return this person's limits here, as they are now."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class SameLimits:
    """The same limits for everybody."""

    limits: QuotaLimits

    def limits_for(self, actor: Actor) -> QuotaLimits:  # noqa: ARG002 - who asks makes no difference
        """Return everybody's limits."""
        return self.limits


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What one user has used: counted from the jobs themselves. `oldest_at` is the oldest job that counts today."""

    today: int
    in_flight: int
    waiting: int
    oldest_at: datetime | None

    @property
    def resets_at(self) -> datetime | None:
        """When the oldest counted job leaves the rolling window; None when nothing counts."""
        return self.oldest_at + WINDOW if self.oldest_at else None


def require_room(usage: Usage, limits: QuotaLimits) -> None:
    """Refuse a job that does not fit.

    Raises: QuotaExceeded naming the day's limit first, since waiting does not help there.
    """
    if usage.today >= limits.per_day:
        raise QuotaExceeded(QuotaKind.PER_DAY, used=usage.today, limit=limits.per_day, resets_at=usage.resets_at)
    live = usage.in_flight + usage.waiting
    if live >= limits.running + limits.waiting:
        raise QuotaExceeded(QuotaKind.WAITING, used=live, limit=limits.running + limits.waiting, resets_at=None)
