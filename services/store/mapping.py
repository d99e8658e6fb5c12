"""Jobs and cards to rows; the way back is `services.store.reading_rows`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime

from sqlalchemy import Boolean, ColumnElement, Update, bindparam, case, update

from services.jobs.card import Card, CardChange, Rendering
from services.jobs.model import Job, JobStatus, NewJob
from services.jobs.quota import QuotaLimits
from services.store.column_types import EPOCH, LARGEST
from services.store.tables import IS_BEHIND, cards, jobs

# What a change of a job writes. The rest of it is written once, when it is accepted.
FACTS = (
    "status",
    "version",
    "changed_at",
    "deadline",
    "submitted_at",
    "queued_at",
    "started_at",
    "finished_at",
    "request_id",
    "queue_position",
    "outputs",
    "cost",
    "failure",
    "cancel",
)
# Which columns have other names, are several, or none.
_OWN_COLUMNS = frozenset({"parent", "unreadable"})
JOB_FIELDS = tuple(field.name for field in fields(Job) if field.name not in _OWN_COLUMNS)
CARD_FIELDS = tuple(field.name for field in fields(Card) if field.name not in {"rendering", "version"})
RENDERING_FIELDS = tuple(field.name for field in fields(Rendering))

# Nobody's lease: the name and the moment of one that is free.
FREE_POLL: Mapping[str, str | int | None] = {"poll_worker": None, "poll_until": 0}
FREE_CARD: Mapping[str, str | int | None] = {"worker": None, "leased_until": 0}


def accepted_job(new: NewJob, limits: QuotaLimits, *, at: datetime, deadline: datetime) -> Job:
    """Return the job as it is when it has just been accepted under these limits."""
    return Job(
        **{field.name: getattr(new, field.name) for field in fields(NewJob)},
        status=JobStatus.WAITING,
        version=1,
        created_at=at,
        changed_at=at,
        deadline=deadline,
        running_limit=limits.running,
    )


def new_row(job: Job) -> dict[str, object]:
    """Return the whole row of a job that has just been accepted."""
    return {
        **{name: getattr(job, name) for name in JOB_FIELDS},
        "parent_id": job.parent.job_id if job.parent else None,
        "relation": job.parent.relation if job.parent else None,
        "search_text": f"{job.job_id}\n{job.prompt}".casefold(),
        **FREE_POLL,
    }


def new_card_row(job_id: str, card: Card, change: CardChange) -> dict[str, object]:
    """Return the whole row of the card of a job that has just been accepted."""
    return {
        "job_id": job_id,
        **card_columns(card),
        "version": card.version,
        "shown_version": 0,
        "due_at": change.due_at,
        "latest_due_at": change.due_at,
        "not_before": EPOCH,
        **FREE_CARD,
    }


def card_columns(card: Card) -> dict[str, object]:
    """Return the columns that tell how the card is reached and what it shows."""
    shown = {f"shown_{name}": getattr(card.rendering, name, None) for name in RENDERING_FIELDS}
    return {**{name: getattr(card, name) for name in CARD_FIELDS}, **shown}


def change_statement(**also: object) -> Update:
    """Return the statement that writes a changed job over the expected version. Parameters: `change_parameters`."""
    facts: dict[str, ColumnElement[object]] = {
        name: bindparam(f"new_{name}", type_=jobs.c[name].type) for name in FACTS
    }
    return (
        update(jobs)
        .where(jobs.c.job_id == bindparam("changed_job_id"), jobs.c.version == bindparam("expected_version"))
        .values(**facts, **also)
    )


def change_parameters(job: Job, *, expected_version: int) -> dict[str, object]:
    """Return the parameters of a `change_statement`."""
    facts = {f"new_{name}": getattr(job, name) for name in FACTS}
    if job.queue_position is not None:
        facts["new_queue_position"] = max(-LARGEST, min(job.queue_position, LARGEST))  # a number from outside
    return {
        "changed_job_id": job.job_id,
        "expected_version": expected_version,
        **facts,
    }


def _card_change_statement() -> Update:
    """A change joins one that is not shown yet: the earlier of both due times holds."""
    due_at = bindparam("new_due_at", type_=cards.c.due_at.type)
    is_entered = bindparam("is_entered", type_=Boolean)
    # A countdown does not put off a new state that came during an edit and is still to be shown.
    is_awaited = IS_BEHIND & (cards.c.latest_due_at > EPOCH) & (cards.c.latest_due_at < due_at)
    return (
        update(cards)
        .where(cards.c.job_id == bindparam("changed_job_id"))
        .values(
            version=cards.c.version + 1,
            due_at=case((IS_BEHIND & (cards.c.due_at < due_at), cards.c.due_at), else_=due_at),
            latest_due_at=case((is_entered, due_at), (is_awaited, cards.c.latest_due_at), else_=due_at),
        )
    )


# Has a card show what changed of its job, in the transaction that changed it. Parameters: `card_change_parameters`.
CHANGE_CARD = _card_change_statement()


def card_change_parameters(job_id: str, change: CardChange) -> dict[str, object]:
    """Return the parameters of `CHANGE_CARD`."""
    return {"changed_job_id": job_id, "new_due_at": change.due_at, "is_entered": change.is_entered}
