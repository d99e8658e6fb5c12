"""How much room results take on the disk: of one job, and of all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from services.errors import ResultNotReady, ResultNotStored, ResultProblem, ResultUnavailable
from services.runcomfy.limits import DiskLimits


class FolderFull(ResultNotStored):
    """The files there are take all the room that they may."""


class DiskRoom:
    """Counts what lies in the folder together with what is being written into it.

    Nothing is lost for want of room: the result waits at the service until other cards are shown and their files gone.
    """

    def __init__(self, limits: DiskLimits) -> None:
        self._limits = limits
        self._there: Mapping[str, int] = {}
        self._coming: dict[str, int] = {}
        self._came: dict[str, int] = {}  # since the folder was looked through

    def note(self, sizes: Mapping[str, int]) -> None:
        """Take note of the folder's files and their sizes in bytes, as they were just found."""
        self._there = sizes
        self._came = {name: size for name, size in self._came.items() if name not in sizes}

    def add(self, name: str, size_bytes: int) -> None:
        """Take note of a file that has just come."""
        self._came[name] = size_bytes

    def forget(self, job_id: str) -> None:
        """Forget files of a job that have just come: some of them are removed."""
        self._came = {name: size for name, size in self._came.items() if name.partition("-")[0] != job_id}

    @contextmanager
    def reserved(self, name: str) -> Iterator[None]:
        """Count what `take` says of the file under this name while the block runs."""
        self._coming[name] = 0
        try:
            yield
        finally:
            del self._coming[name]

    def take(self, name: str, size_bytes: int) -> None:
        """Let a file that is being written have this size.

        Raises: ResultNotReady where its job's files, FolderFull where all files would take too much, ResultUnavailable
        where it alone would.
        """
        if size_bytes > self._limits.folder_bytes:
            raise ResultUnavailable(ResultProblem.TOO_LARGE, str(size_bytes))
        sizes = {**self._there, **self._came, **self._coming, name: size_bytes}
        if sum(sizes.values()) > self._limits.folder_bytes:
            msg = f"its {self._limits.folder_bytes // 1024**2} MiB (jobs.results_max_mb) are taken"
            raise FolderFull(msg)
        job = name.partition("-")[0]
        if sum(size for each, size in sizes.items() if each.partition("-")[0] == job) > self._limits.job_bytes:
            raise ResultNotReady("its job has no more room on the disk")
        self._coming[name] = size_bytes
