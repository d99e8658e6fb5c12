"""Results on their way to the local disk: a download goes on while its card waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from services.errors import ResultNotReady
from services.jobs.model import Job
from services.jobs.ports import ResultFile, ResultFiles


class Downloads:
    """One download a job, however often its card asks; each outlives the lease under which it was asked for."""

    def __init__(self, results: ResultFiles) -> None:
        self._results = results
        self._tasks: dict[str, asyncio.Task[Sequence[ResultFile]]] = {}

    async def get(self, job: Job, *, within_seconds: float) -> Sequence[ResultFile]:
        """Return the job's result files.

        Raises: ResultUnavailable (for good), ResultNotReady (ask again; also when it takes longer than that).
        """
        task = self._tasks.get(job.job_id)
        if task is None:
            task = asyncio.create_task(self._fetch(job), name=f"download-{job.job_id}")
            self._tasks[job.job_id] = task
        done, _ = await asyncio.wait({task}, timeout=within_seconds)
        if not done:
            raise ResultNotReady("still downloading")
        self._tasks.pop(job.job_id, None)
        return task.result()

    async def discard(self, job_id: str) -> None:
        """Remove the job's files."""
        await self._results.discard(job_id)

    async def close(self) -> None:
        """Stop every download and wait until all have stopped."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _fetch(self, job: Job) -> Sequence[ResultFile]:
        return await self._results.fetch(job)
