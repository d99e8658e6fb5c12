"""Results on their way to the disk: nobody's slow files hold up another's."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from services.clock import SystemClock
from services.jobs import result_downloads
from services.jobs.model import Job, JobStatus, MediaKind, Output
from services.jobs.ports import ResultFile
from services.jobs.result_downloads import Downloads
from tests.unit.jobs.factories import make_job

ADA, BEN = 1, 2
PICTURE = Output(url="https://results.example/1.png", kind=MediaKind.IMAGE)


class SlowStorage:
    """Implements `ResultStorage`: Ada's files never end, anybody else's take a moment longer than a quick lane lets."""

    problem: str | None = None

    def __init__(self) -> None:
        self.came: list[str] = []

    async def find(self, job: Job) -> Mapping[int, ResultFile]:  # noqa: ARG002 - the port's
        """Return nothing: what came is remembered."""
        return {}

    async def fetch(self, job: Job, number: int, *, most_bytes: int) -> ResultFile:  # noqa: ARG002 - the port's
        """Take as long as the owner's files do."""
        await asyncio.sleep(3600 if job.owner_id == ADA else 0.2)
        self.came.append(job.job_id)
        return ResultFile(path=Path("x"), filename="x.png", size_bytes=1, output=job.outputs[number - 1])

    async def discard(self, job_id: str, *, only: Collection[int] = ()) -> None:
        """Remove nothing."""


def job_of(owner_id: int, name: str) -> Job:
    """Return a job that has just ended with one file."""
    job = make_job(JobStatus.SUCCEEDED, job_id=name, owner_id=owner_id, outputs=(PICTURE,))
    return replace(job, finished_at=SystemClock().now())


async def test_one_persons_slow_files_leave_room_for_anothers(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many of theirs do not come, theirs alone wait for each other."""
    monkeypatch.setattr(result_downloads, "QUICK_SECONDS", 0.05)
    monkeypatch.setattr(result_downloads, "SLOW_AT_ONCE", 4)
    monkeypatch.setattr(result_downloads, "SLOW_SHARE", 2)
    storage = SlowStorage()
    downloads = Downloads(storage, SystemClock())
    for number in range(10):
        downloads.look(job_of(ADA, f"ada{number}"), 1, most_bytes=1_000)
    await asyncio.sleep(0.2)
    downloads.look(job_of(BEN, "ben"), 1, most_bytes=1_000)
    await asyncio.sleep(0.6)
    await downloads.close()
    assert storage.came == ["ben"]
