"""Results on the local disk, under names that follow from the job, between the API and Discord."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import re
import secrets
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from services.clock import Clock, SystemClock
from services.errors import ResultNotStored, ResultProblem, ResultUnavailable, StartupError
from services.jobs.model import Job, Output
from services.jobs.pacing import LONGEST_PUT_OFF
from services.jobs.ports import ResultFile
from services.proxies import Proxies, ProxyConnector
from services.runcomfy.disk_room import DiskRoom, FolderFull
from services.runcomfy.fetching import ResultFetcher
from services.runcomfy.hosts import DEFAULT_RESULT_HOSTS, ResultHosts
from services.runcomfy.limits import DiskLimits, DownloadLimits
from services.runcomfy.media_types import is_cut_short, kind_of_extension
from services.version import VERSION

log = logging.getLogger(__name__)

# For how long a folder counts as unwell after it was last seen to be.
PROBLEM_SECONDS = 900.0
# Whole files that nobody has looked for or written for so long belong to cards that could not be delivered: they are
# kept for the operator while there is room. A card that is still to be shown is looked at oftener, see LONGEST_PUT_OFF.
UNWANTED_SECONDS = LONGEST_PUT_OFF.total_seconds() + 3600.0
_REMEMBERED = 10_000
# A file that a storage is still taking in grows meanwhile.
UNCHANGED_SECONDS = 60.0

_WHOLE = re.compile(r"(?P<job>[A-Za-z0-9_]+)-(?P<number>[0-9]+)\.(?P<extension>[a-z0-9]+)")
_PART = re.compile(r"(?P<job>[A-Za-z0-9_]+)-(?P<number>[0-9]+)\.[0-9a-f]+\.part")


class ResultFolder:
    """The ResultStorage of this installation; use it inside `async with`.

    A file is `<job_id>-<n>.<ext>`, written as a `.part` beside it, flushed and renamed: what bears the name is whole.
    """

    def __init__(
        self,
        folder: Path,
        *,
        result_hosts: Sequence[str] = DEFAULT_RESULT_HOSTS,
        limits: DownloadLimits | None = None,
        disk: DiskLimits | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Raises: SettingsError for a host pattern that cannot be used."""
        self._folder = folder
        self._hosts = ResultHosts(result_hosts)
        self._limits = limits or DownloadLimits()
        self._room = DiskRoom(disk or DiskLimits())
        # Another process may share the folder: each writes parts of its own.
        self._tag = secrets.token_hex(4)
        self._session: aiohttp.ClientSession | None = None
        self._clock = clock or SystemClock()
        self._opened_at = self._clock.monotonic()
        self._looked_for: OrderedDict[str, float] = OrderedDict()  # job id: when, by the monotonic clock
        self._seen_cut: dict[str, tuple[int, float]] = {}
        self._problem: str | None = None
        self._problem_at = 0.0

    async def __aenter__(self) -> Self:
        """Make the folder and open the session, which has neither token nor cookies.

        Raises: StartupError where files cannot be written there.
        """
        await asyncio.to_thread(_require_writable, self._folder)
        self._session = aiohttp.ClientSession(
            connector=ProxyConnector(Proxies.of_this_process()),
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
        """Close the session."""
        if self._session is not None:
            await self._session.close()

    @property
    def problem(self) -> str | None:
        """Return why no files can be stored at present; what waits tries it oftener than this is believed."""
        return self._problem if self._clock.monotonic() - self._problem_at < PROBLEM_SECONDS else None

    async def find(self, job: Job) -> Mapping[int, ResultFile]:
        """Return the job's files that are there, by the numbers of their outputs; none where the folder is away."""
        self._looked_for.pop(job.job_id, None)
        self._looked_for[job.job_id] = self._clock.monotonic()
        if len(self._looked_for) > _REMEMBERED:
            self._looked_for.popitem(last=False)
        try:
            sizes = await asyncio.to_thread(self._sizes)
        except OSError as error:
            self._note_problem(str(error.strerror))
            return {}
        self._room.note(sizes)
        found = {}
        for name, size in sizes.items():
            match = _WHOLE.fullmatch(name)
            if match and match["job"] == job.job_id and 1 <= (number := int(match["number"])) <= len(job.outputs):
                found[number] = _result_file(self._folder / name, size, job.outputs[number - 1])
        return found

    async def fetch(self, job: Job, number: int, *, most_bytes: int) -> ResultFile:
        """Download one of the job's outputs, if it is not there yet.

        Raises: ResultUnavailable, ResultNotReady; ResultNotStored where the local disk does not take it.
        """
        found = (await self.find(job)).get(number)
        if found is not None:
            return found
        try:
            file = await self._download(job, number, most_bytes)
        except FolderFull as error:
            # The next try finds the room.
            if not await asyncio.to_thread(self._remove_unwanted):
                self._note_problem(str(error))
            raise
        except ResultNotStored as error:
            self._note_problem(str(error))
            raise
        if self.problem is not None:
            log.warning("the folder of results takes files again")
        self._problem = None
        return file

    async def discard(self, job_id: str, *, only: Collection[int] = ()) -> None:
        """Remove the job's files (or those of these outputs only); none there is fine."""
        self._room.forget(job_id)
        try:
            await asyncio.to_thread(self._remove, job_id, only)
        except OSError as error:
            # They hang at their card by now; what stays here is swept later.
            log.warning("job_id=%s its files were not removed: %s", job_id, error.strerror)

    async def sweep(self, *, keep: Collection[str], older_than: datetime) -> int:
        """Remove leftovers last written before `older_than`: files of other jobs than `keep`, and forgotten parts.

        Returns how many. Nothing else in the folder is touched.
        """
        return await asyncio.to_thread(self._sweep, frozenset(keep), older_than.timestamp())

    async def _download(self, job: Job, number: int, most_bytes: int) -> ResultFile:
        if self._session is None:
            raise RuntimeError("used outside its `async with`")
        output = job.outputs[number - 1]
        part = self._folder / f"{job.job_id}-{number}.{self._tag}.part"
        fetcher = ResultFetcher(self._session, hosts=self._hosts, limits=self._limits)
        take_room = functools.partial(self._room.take, part.name)
        with self._room.reserved(part.name):
            found = await fetcher.fetch(output.url, part=part, most_bytes=most_bytes, take_room=take_room)
            path = self._folder / f"{job.job_id}-{number}.{found.extension}"
            try:
                size = await asyncio.to_thread(self._put, part, path)
            except OSError as error:
                raise ResultNotStored(str(error.strerror)) from error
            self._room.add(path.name, size)
        return _result_file(path, size, output)

    def _note_problem(self, what: str) -> None:
        """Say loudly, once, that the folder is unwell: every result waits for it."""
        if self.problem is None:
            log.error("jobs.results_dir: the folder of results takes no files (%s): results wait for it", what)
        self._problem, self._problem_at = f"the folder of results takes no files: {what}", self._clock.monotonic()

    def _sizes(self) -> dict[str, int]:
        """Return the folder's own files with their sizes."""
        self._folder.mkdir(parents=True, exist_ok=True)  # somebody may have tidied it away
        sizes = {}
        for path in self._folder.iterdir():
            if _WHOLE.fullmatch(path.name) or _PART.fullmatch(path.name):
                with suppress(FileNotFoundError):
                    sizes[path.name] = path.stat().st_size
        return sizes

    def _remove(self, job_id: str, only: Collection[int]) -> None:
        for path in list(self._folder.iterdir()):
            match = _WHOLE.fullmatch(path.name) or _PART.fullmatch(path.name)
            if match and match["job"] == job_id and (not only or int(match["number"]) in only):
                path.unlink(missing_ok=True)

    def _remove_unwanted(self) -> bool:
        """Remove the oldest quarter of the files that nobody wants, one at least; whether there was any."""
        recently = self._clock.monotonic() - UNWANTED_SECONDS
        if self._opened_at > recently:
            return False  # whose card is still to be shown may not have been looked at yet
        wanted = frozenset(job_id for job_id, at in list(self._looked_for.items()) if at > recently)
        unwanted = self._leftovers(wanted, self._clock.now().timestamp() - UNWANTED_SECONDS)
        for path in unwanted[: len(unwanted) // 4 + 1]:
            log.warning("%s is removed: it could not be delivered, and its room is needed", path.name)
            path.unlink(missing_ok=True)
        return bool(unwanted)

    def _sweep(self, keep: frozenset[str], before: float) -> int:
        leftovers = self._leftovers(keep, before)
        for path in leftovers:
            path.unlink(missing_ok=True)
        return len(leftovers)

    def _leftovers(self, keep: frozenset[str], before: float) -> list[Path]:
        """Return forgotten parts, and the files of other jobs than `keep`, last written before then, oldest first."""
        written = []
        for path in list(self._folder.iterdir()):
            whole, part = _WHOLE.fullmatch(path.name), _PART.fullmatch(path.name)
            is_leftover = part is not None or (whole is not None and whole["job"] not in keep)
            with suppress(FileNotFoundError):
                if is_leftover and (written_at := path.stat().st_mtime) < before:
                    written.append((written_at, path))
        return [path for _, path in sorted(written)]

    def _put(self, part: Path, path: Path) -> int:
        """Give a whole file its name and return its size. Raises: ResultUnavailable where it is not whole; OSError."""
        size = part.stat().st_size
        if is_cut_short(part) and not self._is_unchanged(path.name, size):
            part.unlink()
            raise ResultUnavailable(ResultProblem.CUT_SHORT, f"after {size} bytes")
        part.replace(path)
        return size

    def _is_unchanged(self, name: str, size: int) -> bool:
        """Whether a file that seems cut had this size for a while: then it is whole, and only oddly written."""
        known_size, since = self._seen_cut.get(name, (-1, 0.0))
        if known_size == size:
            return self._clock.monotonic() - since >= UNCHANGED_SECONDS
        if len(self._seen_cut) >= _REMEMBERED:
            self._seen_cut.pop(next(iter(self._seen_cut)), None)
        self._seen_cut[name] = (size, self._clock.monotonic())
        return False


def _result_file(path: Path, size_bytes: int, output: Output) -> ResultFile:
    # What the file is, is known better now than from the key under which the API named it.
    known = replace(output, kind=kind_of_extension(path.suffix) or output.kind)
    return ResultFile(path=path, filename=path.name, size_bytes=size_bytes, output=known)


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
