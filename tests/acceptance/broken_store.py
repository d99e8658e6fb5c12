"""Runs the real bot over a store whose first calls to accept a job go wrong.

`python -m tests.acceptance.broken_store away:2 run --config FILE`: the first two fail as one of these.
away: the database does not answer · lost: it commits, and its answer is lost · bug: an error that nobody foresaw.
"""

from __future__ import annotations

import sys
from datetime import datetime

from bot import wiring
from bot.__main__ import main
from services.errors import StoreUnavailable
from services.jobs.card import Card
from services.jobs.model import NewJob
from services.jobs.ports import Accepted
from services.jobs.quota import QuotaLimits
from services.store.jobs import SqlJobStore


class BrokenStore(SqlJobStore):
    """The store, with trouble for as long as `left` says."""

    trouble = ""
    left = 0

    async def accept(
        self, new: NewJob, card: Card, *, limits: QuotaLimits, now: datetime, deadline: datetime
    ) -> Accepted:
        """Accept, or fail in the chosen way; "lost" does both."""
        has_trouble = BrokenStore.left > 0
        BrokenStore.left -= 1
        if has_trouble and self.trouble == "bug":
            raise RuntimeError("a bug")
        if has_trouble and self.trouble == "away":
            raise StoreUnavailable("gone for a moment")
        accepted = await super().accept(new, card, limits=limits, now=now, deadline=deadline)
        if has_trouble:
            raise StoreUnavailable("the answer is gone")
        return accepted


if __name__ == "__main__":
    word, _, number = sys.argv[1].partition(":")
    BrokenStore.trouble, BrokenStore.left = word, int(number)
    wiring.SqlJobStore = BrokenStore  # type: ignore[attr-defined]  # not exported: what is wired is its own affair
    sys.exit(main(sys.argv[2:]))
