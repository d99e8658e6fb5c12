"""Jobs for tests: everything filled in, anything overridable."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.jobs.model import Delivery, Job, JobStatus

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def make_delivery(**changes: Any) -> Delivery:  # noqa: ANN401 - any field of Delivery
    """Return a delivery whose token lives."""
    base = Delivery(
        application_id=1, token="tok", token_until=NOON + timedelta(minutes=15), upload_limit_bytes=10 * 1024 * 1024
    )
    return replace(base, **changes)


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
        input_names=("cat.png",),
        is_private=False,
        delivery=make_delivery(),
        retry_of=None,
        status=status,
        version=3,
        created_at=NOON,
        changed_at=NOON,
        deadline=NOON + timedelta(hours=1),
        submitted_at=NOON,
        request_id="req-1",
    )
    return replace(base, **changes)
