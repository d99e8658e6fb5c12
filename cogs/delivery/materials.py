"""A result's files: those that hang at the card, those on the local disk, or why there are none."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from cogs.delivery.addresses import shown, shown_gone
from cogs.delivery.downloads import Downloads
from cogs.delivery.outcomes import TryLater
from cogs.delivery.packing import Material
from services.clock import Clock
from services.errors import ResultNotReady, ResultProblem, ResultUnavailable
from services.jobs.model import CardFile, Delivery, Job, JobStatus

log = logging.getLogger(__name__)

# How long a result may be on its way before its card says so: an edit that is mostly not needed.
QUIET_SECONDS = 20.0
# For how long after its end a job's result is asked for; the service's links do not live much longer.
GIVE_UP_AFTER = timedelta(hours=24)

# Reads what hangs at the card now, by the way that is in use.
ReadFiles = Callable[[], Awaitable[Sequence[CardFile]]]


class Materials:
    """Finds out what a card can show of a result."""

    def __init__(self, downloads: Downloads, clock: Clock, *, download_seconds: float) -> None:
        self._downloads = downloads
        self._clock = clock
        self._download_seconds = download_seconds
        self._waiting_since: dict[str, float] = {}

    async def gather(self, job: Job, delivery: Delivery, read_files: ReadFiles) -> Material:
        """Return what there is. Raises: TryLater while a result is on its way and its card need not say so yet."""
        if job.status is not JobStatus.SUCCEEDED:
            return Material()
        if delivery.files or shown(delivery) == job.status:
            # Without files it was shown with links only: what was too large then still is.
            return Material(kept=delivery.files, gone=shown_gone(delivery))
        try:
            files = await self._downloads.get(job, within_seconds=self._download_seconds)
        except ResultUnavailable as error:
            return await self._without_files(job, error.problem, read_files)
        except ResultNotReady as error:
            if self._is_hopeless(job):
                return await self._without_files(job, ResultProblem.UNREACHED, read_files)
            return self._on_its_way(job, error)
        self._waiting_since.pop(job.job_id, None)
        return Material(files=tuple(files))

    async def close(self) -> None:
        """Stop the downloads."""
        await self._downloads.close()

    async def discard(self, job_id: str) -> None:
        """Remove what lies on the local disk, once it hangs at the card or never will."""
        self._waiting_since.pop(job_id, None)
        await self._downloads.discard(job_id)

    async def _without_files(self, job: Job, problem: ResultProblem, read_files: ReadFiles) -> Material:
        """Look before a card is overwritten with bad news: a process that died may have uploaded the files."""
        self._waiting_since.pop(job.job_id, None)
        kept = tuple(await read_files())
        if kept:
            log.info("job_id=%s its files hang at the card already", job.job_id)
            return Material(kept=kept)
        log.warning("job_id=%s its result cannot be fetched: %s", job.job_id, problem)
        return Material(problem=problem)

    def _is_hopeless(self, job: Job) -> bool:
        return job.finished_at is not None and self._clock.now() - job.finished_at > GIVE_UP_AFTER

    def _on_its_way(self, job: Job, error: ResultNotReady) -> Material:
        since = self._waiting_since.setdefault(job.job_id, self._clock.monotonic())
        if self._clock.monotonic() - since < QUIET_SECONDS:
            raise TryLater(f"result not ready: {error}") from error
        return Material(is_fetching=True)
