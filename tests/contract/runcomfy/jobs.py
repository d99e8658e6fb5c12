"""Succeeded jobs with the outputs that a test is about."""

from __future__ import annotations

from datetime import UTC, datetime

from services.jobs.model import Job, JobStatus, MediaKind, Output

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def picture(url: str) -> Output:
    """Return an output that the API calls an image."""
    return Output(url=url, kind=MediaKind.IMAGE)


def job_with(*outputs: Output, job_id: str = "k7m3qabcde") -> Job:
    """Return a succeeded job."""
    return Job(
        job_id=job_id,
        interaction_id=1,
        owner_id=2,
        guild_id=3,
        channel_id=4,
        command="edit",
        model_id="openai/gpt-image-1-5/image-to-image",
        prompt="a fox in the snow",
        inputs={},
        media=(),
        is_private=False,
        parent=None,
        status=JobStatus.SUCCEEDED,
        version=5,
        created_at=AT,
        changed_at=AT,
        deadline=AT,
        running_limit=3,
        outputs=outputs,
    )
