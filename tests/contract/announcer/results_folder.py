"""Results on the disk as a test wants them: files that are there, on their way, or gone."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path

from services.errors import ResultNotReady, ResultProblem, ResultUnavailable
from services.jobs.model import Job, Output
from services.jobs.ports import ResultFile


class ResultsFolder:
    """Implements `services.jobs.ports.ResultStorage` over a real folder. `failure` is raised instead, while it is set.

    `troubles` are those of single outputs, by their numbers; `missing` outputs are gone at the service; `held` ones,
    and all of `slow` jobs, do not come before `gate` is set.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.content = b"\x89PNG\r\n\x1a\n" + b"picture" * 10
        self.sizes: list[int] = []
        self.missing: set[int] = set()
        self.failure: ResultNotReady | ResultUnavailable | None = None
        self.troubles: dict[int, ResultNotReady | ResultUnavailable] = {}
        self.held: set[int] = set()
        self.slow: set[str] = set()
        self.gate = asyncio.Event()
        self.fetched: list[str] = []
        self.discarded: list[str] = []
        self.problem: str | None = None

    async def find(self, job: Job) -> Mapping[int, ResultFile]:
        """Return the files that were fetched."""
        paths = ((number, self._path(job, number, output)) for number, output in enumerate(job.outputs, start=1))
        return {
            number: ResultFile(
                path=path, filename=path.name, size_bytes=path.stat().st_size, output=job.outputs[number - 1]
            )
            for number, path in paths
            if path.exists()
        }

    async def fetch(self, job: Job, number: int, *, most_bytes: int) -> ResultFile:
        """Make the output's file; `sizes` pads it."""
        self.fetched.append(job.job_id)
        if number in self.held or job.job_id in self.slow:
            await self.gate.wait()
        failure = self.troubles.get(number, self.failure)
        if failure is not None:
            raise failure
        if number in self.missing:
            raise ResultUnavailable(ResultProblem.GONE)
        size = self.sizes[number - 1] if number <= len(self.sizes) else len(self.content)
        if size > most_bytes:
            raise ResultUnavailable(ResultProblem.NOT_POSTABLE)
        self._path(job, number, job.outputs[number - 1]).write_bytes(self.content.ljust(size, b"\0"))
        return (await self.find(job))[number]

    async def discard(self, job_id: str, *, only: Collection[int] = ()) -> None:
        """Remove the job's files."""
        if not only:
            self.discarded.append(job_id)
        for path in self._folder.glob(f"{job_id}-*"):
            if not only or int(path.stem.rpartition("-")[2]) in only:
                path.unlink()

    def names(self, job_id: str) -> list[str]:
        """Return the names of the job's files on the disk."""
        return sorted(path.name for path in self._folder.glob(f"{job_id}-*"))

    def _path(self, job: Job, number: int, output: Output) -> Path:
        return self._folder / f"{job.job_id}-{number}.{output.url.rpartition('.')[2]}"
