"""What all episodes together came to."""

from __future__ import annotations

from collections import Counter

from tests.chaos.books import Books
from tests.chaos.episode import Outcome
from tests.chaos.judge import is_lost
from tests.chaos.plan import Plan

ROWS = (
    "episodes",
    "on SQLite",
    "on PostgreSQL, one process",
    "on PostgreSQL, two processes",
    "kills",
    "SIGTERMs",
    "ended by itself",
    "commands",
    "accepted",
    "paid",
    "results posted",
    "presses on Cancel",
    "cancelled",
    "presses on Submit anew",
    "undelivered",
    "unconfirmed",
    "paid with a lost answer",
    "acknowledged without row or words",
    "delivered, never acknowledged",
    "no session to deliver to",
    "breaches",
)


def counted(plan: Plan, outcome: Outcome) -> Counter[str]:
    """Count an episode."""
    kind = "on SQLite"
    if plan.is_postgres:
        kind = f"on PostgreSQL, {'one process' if plan.processes == 1 else 'two processes'}"
    return Counter({"episodes": 1, kind: 1}) + outcome.counts + _of_books(outcome.books)


def _of_books(books: Books) -> Counter[str]:
    rows = {job.interaction_id for job in books.jobs}
    ids = {job.request_id for job in books.jobs}
    posted = [one for one in books.posted if one.filenames]
    return Counter(
        {
            "accepted": len(books.jobs),
            "paid": len(books.paid),
            "results posted": sum(any(n.startswith(j.job_id) for m in posted for n in m.filenames) for j in books.jobs),
            "cancelled": sum(job.status == "cancelled" for job in books.jobs),
            "undelivered": sum(job.step == "undelivered" for job in books.jobs),
            "unconfirmed": sum(job.status == "unconfirmed" for job in books.jobs),
            "paid with a lost answer": sum(one.request_id not in ids and is_lost(one, books) for one in books.paid),
            "acknowledged without row or words": sum(
                one.is_acknowledged and not one.is_answered and one.interaction_id not in rows for one in books.asked
            ),
            "delivered, never acknowledged": sum(one.is_delivered and not one.is_acknowledged for one in books.asked),
            "no session to deliver to": sum(not one.is_delivered for one in books.asked),
        }
    )


def table(total: Counter[str]) -> str:
    """Return the table for people."""
    return "\n".join(f"  {name:<36}{total[name]:>7}" for name in ROWS)
