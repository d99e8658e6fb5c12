"""Results on the local disk, under names that follow from the job, between the API and Discord."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import secrets
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from services.errors import ResultNotReady, ResultProblem, ResultUnavailable, StartupError
from services.jobs.model import Job, Output
from services.jobs.ports import ResultFile
from services.runcomfy.fetching import DownloadLimits, ResultFetcher
from services.runcomfy.hosts import DEFAULT_RESULT_HOSTS, ResultHosts
from services.runcomfy.media_types import kind_of_extension
from services.version import VERSION

log = logging.getLogger(__name__)

_WHOLE = re.compile(r"(?P<job>[A-Za-z0-9_]+)-(?P<number>[0-9]+)\.(?P<extension>[a-z0-9]+)")
_PART = re.compile(r"(?P<job>[A-Za-z0-9_]+)-(?P<number>[0-9]+)\.[0-9a-f]+\.part")


class ResultFolder:
    """The ResultFiles of this installation; use it inside `async with`.

    A file is `<job_id>-<n>.<ext>`, written as a `.part` beside it, flushed and renamed: what bears the name is whole.
    A job's download goes on when its caller is cancelled, and the next caller joins it: a long one outlives the time
    that a card's edit may take.
    """

    def __init__(
        self,
        folder: Path,
        *,
        result_hosts: Sequence[str] = DEFAULT_RESULT_HOSTS,
        limits: DownloadLimits | None = None,
    ) -> None:
        """Raises: SettingsError for a host pattern that cannot be used."""
        self._folder = folder
        self._hosts = ResultHosts(result_hosts)
        self._limits = limits or DownloadLimits()
        # Another process may share the folder: each writes parts of its own.
        self._tag = secrets.token_hex(4)
        self._session: aiohttp.ClientSession | None = None
        self._running: dict[str, asyncio.Task[Sequence[ResultFile]]] = {}

    async def __aenter__(self) -> Self:
        """Make the folder and open the session, which has neither token nor cookies.

        Raises: StartupError where files cannot be written there.
        """
        await asyncio.to_thread(_require_writable, self._folder)
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),
            # A packed file would have another length than the one that is told.
            headers={"User-Agent": f"comfycord/{VERSION}", "Accept-Encoding": "identity"},
        )
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the downloads that still run and close the session."""
        running = tuple(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def fetch(self, job: Job) -> Sequence[ResultFile]:
        """Return the job's files in order, downloading what is not there yet.

        Of several outputs, those that cannot be had are left out (and logged); each file names its output.
        Raises: ResultUnavailable where none can be had, ResultNotReady.
        """
        task = self._running.get(job.job_id)
        if task is None:
            task = asyncio.create_task(self._fetch_all(job), name=f"results of {job.job_id}")
            self._running[job.job_id] = task
            task.add_done_callback(lambda done: self._let_go(job.job_id, done))
        # Waiting does not pass a cancellation on, and is not cancelled with what it waits for.
        await asyncio.wait([task])
        if task.cancelled():
            raise ResultNotReady("the download was stopped")
        return task.result()

    async def discard(self, job_id: str) -> None:
        """Remove the job's files, and end a download of them; none there is fine."""
        task = self._running.get(job_id)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        try:
            await asyncio.to_thread(self._remove, job_id)
        except OSError as error:
            # They hang at their card by now; what stays here is swept later.
            log.warning("job_id=%s its files were not removed: %s", job_id, error.strerror)

    async def sweep(self, *, keep: Collection[str], older_than: datetime) -> int:
        """Remove leftovers last written before `older_than`: files of other jobs than `keep`, and forgotten parts.

        Returns how many. Nothing else in the folder is touched.
        """
        return await asyncio.to_thread(self._sweep, frozenset(keep), older_than.timestamp())

    def _let_go(self, job_id: str, task: asyncio.Task[Sequence[ResultFile]]) -> None:
        self._running.pop(job_id, None)
        if not task.cancelled() and task.exception() is not None:
            # Said here too, since nobody may be waiting any more.
            log.debug("job_id=%s its results: %s", job_id, task.exception())

    async def _fetch_all(self, job: Job) -> Sequence[ResultFile]:
        if not job.outputs:
            raise ResultUnavailable(ResultProblem.NO_OUTPUT)
        files: list[ResultFile] = []
        problem: ResultUnavailable | None = None
        for number, output in enumerate(job.outputs, start=1):
            try:
                files.append(await self._fetch_one(job.job_id, number, output))
            except ResultUnavailable as error:
                log.warning("job_id=%s output %d cannot be had: %s", job.job_id, number, error)
                problem = problem or error
            except OSError as error:
                # A disk that is full or away may come back; the result is at the API still.
                raise ResultNotReady(type(error).__name__) from error
        if problem is not None and not files:
            raise problem
        return tuple(files)

    async def _fetch_one(self, job_id: str, number: int, output: Output) -> ResultFile:
        path = await asyncio.to_thread(self._find, job_id, number)
        if path is None:
            if self._session is None:
                raise RuntimeError("used outside its `async with`")
            part = self._folder / f"{job_id}-{number}.{self._tag}.part"
            found = await ResultFetcher(self._session, hosts=self._hosts, limits=self._limits).fetch(
                output.url, part=part
            )
            path = self._folder / f"{job_id}-{number}.{found.extension}"
            await asyncio.to_thread(part.replace, path)
        size = (await asyncio.to_thread(path.stat)).st_size
        # What the file is, is known better now than from the key under which the API named it.
        known = replace(output, kind=kind_of_extension(path.suffix) or output.kind)
        return ResultFile(path=path, filename=path.name, size_bytes=size, output=known)

    def _find(self, job_id: str, number: int) -> Path | None:
        self._folder.mkdir(parents=True, exist_ok=True)  # somebody may have tidied it away
        for path in self._folder.iterdir():
            match = _WHOLE.fullmatch(path.name)
            if match and match["job"] == job_id and int(match["number"]) == number:
                return path
        return None

    def _remove(self, job_id: str) -> None:
        for path in list(self._folder.iterdir()):
            match = _WHOLE.fullmatch(path.name) or _PART.fullmatch(path.name)
            if match and match["job"] == job_id:
                path.unlink(missing_ok=True)

    def _sweep(self, keep: frozenset[str], before: float) -> int:
        removed = 0
        for path in list(self._folder.iterdir()):
            whole, part = _WHOLE.fullmatch(path.name), _PART.fullmatch(path.name)
            is_leftover = part is not None or (whole is not None and whole["job"] not in keep)
            with suppress(FileNotFoundError):
                if is_leftover and path.stat().st_mtime < before:
                    path.unlink()
                    removed += 1
        return removed


def _require_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartupError(
            f"jobs.results_dir: the folder {folder} for results cannot be made: {error.strerror}"
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StartupError(
            f"jobs.results_dir: the folder {folder} for results cannot be written; give it to the bot's user"
        )
