"""Jobs to rows; the way back is `services.store.reading_rows`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, Update, bindparam, case, update

from services.jobs.model import Delivery, Job, JobStatus, NewJob
from services.jobs.pacing import hold_seconds
from services.jobs.quota import QuotaLimits
from services.store.column_types import EPOCH, LARGEST
from services.store.tables import IS_UNANNOUNCED, jobs

T = TypeVar("T")

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
_OWN_COLUMNS = frozenset({"delivery", "parent", "unreadable"})
JOB_FIELDS = tuple(field.name for field in fields(Job) if field.name not in _OWN_COLUMNS)
DELIVERY_FIELDS = tuple(field.name for field in fields(Delivery))

# Nobody's lease: the name and the moment of one that is free.
FREE_POLL: Mapping[str, str | int | None] = {"poll_worker": None, "poll_until": 0}
FREE_ANNOUNCE: Mapping[str, str | int | None] = {"announce_worker": None, "announce_until": 0}


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
    due_at = due(job)
    return {
        **{name: getattr(job, name) for name in JOB_FIELDS},
        **card_columns(job.delivery),
        "parent_id": job.parent.job_id if job.parent else None,
        "relation": job.parent.relation if job.parent else None,
        "search_text": f"{job.job_id}\n{job.prompt}".casefold(),
        **FREE_POLL,
        **FREE_ANNOUNCE,
        "announced_version": 0,
        "due_at": due_at,
        "latest_due_at": due_at,
        "not_before": EPOCH,
    }


def card_columns(delivery: Delivery) -> dict[str, object]:
    """Return the card's columns."""
    return {f"card_{name}": getattr(delivery, name) for name in DELIVERY_FIELDS}


def due(job: Job, *, is_entered: bool = True) -> datetime:
    """Return when the job's latest change is to be shown, if nothing older is still to be."""
    return job.changed_at + timedelta(seconds=hold_seconds(job.status, is_entered=is_entered))


def change_statement(**also: object) -> Update:
    """Return the statement that writes a changed job over the expected version, and sets when it is to be shown.

    A change joins one that is not shown yet: the earlier of both due times holds. Its parameters: `change_parameters`.
    """
    facts: dict[str, ColumnElement[object]] = {
        name: bindparam(f"new_{name}", type_=jobs.c[name].type) for name in FACTS
    }
    is_entered = (jobs.c.status != facts["status"]) | (jobs.c.cancel != facts["cancel"])
    entered_due, within_due = (bindparam(name, type_=jobs.c.due_at.type) for name in ("entered_due", "within_due"))
    new_due = case((is_entered, entered_due), else_=within_due)
    # A countdown does not put off a new state that came during an edit and is still to be shown.
    is_awaited = IS_UNANNOUNCED & (jobs.c.latest_due_at > EPOCH) & (jobs.c.latest_due_at < within_due)
    return (
        update(jobs)
        .where(jobs.c.job_id == bindparam("changed_job_id"), jobs.c.version == bindparam("expected_version"))
        .values(
            **facts,
            due_at=case((IS_UNANNOUNCED & (jobs.c.due_at < new_due), jobs.c.due_at), else_=new_due),
            latest_due_at=case((is_entered, entered_due), (is_awaited, jobs.c.latest_due_at), else_=within_due),
            **also,
        )
    )


def change_parameters(job: Job, *, expected_version: int) -> dict[str, object]:
    """Return the parameters of a `change_statement`."""
    facts = {f"new_{name}": getattr(job, name) for name in FACTS}
    if job.queue_position is not None:
        facts["new_queue_position"] = max(-LARGEST, min(job.queue_position, LARGEST))  # a number from outside
    return {
        "changed_job_id": job.job_id,
        "expected_version": expected_version,
        "entered_due": due(job),
        "within_due": due(job, is_entered=False),
        **facts,
    }
