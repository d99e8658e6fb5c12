"""Results on the disk as a test wants them: files that are there, on their way, or gone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from services.errors import ResultNotReady, ResultUnavailable
from services.jobs.model import Job
from services.jobs.ports import ResultFile


class ResultsFolder:
    """Implements `services.jobs.ports.ResultFiles` over a real folder. `trouble` is raised instead, while it is set.

    `missing` outputs are gone at the service: the rest is returned, as the port's implementation does.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.content = b"\x89PNG\r\n\x1a\n" + b"picture" * 10
        self.sizes: list[int] = []
        self.missing: set[int] = set()
        self.trouble: ResultNotReady | ResultUnavailable | None = None
        self.fetched: list[str] = []
        self.discarded: list[str] = []

    async def fetch(self, job: Job) -> Sequence[ResultFile]:
        """Return a file for each output; `sizes` pads them."""
        self.fetched.append(job.job_id)
        if self.trouble is not None:
            raise self.trouble
        files = []
        for number, output in enumerate(job.outputs, start=1):
            if number in self.missing:
                continue
            suffix = output.url.rpartition(".")[2]
            path = self._folder / f"{job.job_id}-{number}.{suffix}"
            size = self.sizes[number - 1] if number <= len(self.sizes) else len(self.content)
            path.write_bytes(self.content.ljust(size, b"\0"))
            files.append(ResultFile(path=path, filename=path.name, size_bytes=size, output=output))
        return files

    async def discard(self, job_id: str) -> None:
        """Remove the job's files."""
        self.discarded.append(job_id)
        for path in self._folder.glob(f"{job_id}-*"):
            path.unlink()

    def held(self, job_id: str) -> list[str]:
        """Return the names of the job's files on the disk."""
        return sorted(path.name for path in self._folder.glob(f"{job_id}-*"))
