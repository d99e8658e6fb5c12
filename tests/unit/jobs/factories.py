"""Jobs for tests: everything filled in, anything overridable."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.jobs.card import Card
from services.jobs.model import Job, JobStatus, MediaKind, MediaRef, MediaSource, Parent, Relation

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def make_card(**changes: Any) -> Card:  # noqa: ANN401 - any field of Card
    """Return a card whose token lives."""
    base = Card(
        application_id=1, token="tok", token_until=NOON + timedelta(minutes=15), upload_limit_bytes=10 * 1024 * 1024
    )
    return replace(base, **changes)


def pictures(*names: str) -> tuple[MediaRef, ...]:
    """Return attached pictures with these names."""
    return tuple(
        MediaRef(kind=MediaKind.IMAGE, source=MediaSource.ATTACHMENT, url="https://example.com/a.png", name=name)
        for name in names
    )


def resubmitting(job_id: str) -> Parent:
    """Return what a job has as its parent that is submitted in place of another."""
    return Parent(job_id=job_id, relation=Relation.RESUBMISSION)


def make_job(status: JobStatus = JobStatus.QUEUED, **changes: Any) -> Job:  # noqa: ANN401 - any field of Job
    """Return a job in this state, at version 3."""
    base = Job(
        job_id="abcdefghjk",
        interaction_id=11,
        owner_id=7,
        guild_id=5,
        channel_id=6,
        command="edit",
        model_id="openai/gpt-image-1-5/image-to-image",
        prompt="a fox",
        inputs={"prompt": "a fox"},
        media=pictures("cat.png"),
        is_private=False,
        parent=None,
        status=status,
        version=3,
        created_at=NOON,
        changed_at=NOON,
        deadline=NOON + timedelta(hours=1),
        running_limit=3,
        submitted_at=NOON,
        request_id="req-1",
    )
    return replace(base, **changes)
