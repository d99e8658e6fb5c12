"""Request ids that the database did not take, in a file beside the results, until it does."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from filelock import FileLock, Timeout

from services.jobs.ports import JournalEntry

T = TypeVar("T")

NAME: Final = "unstored-requests.jsonl"
# Written beforehand, as blanks: on a full disk an id still finds its place (some 300 of them).
_RESERVED_BYTES: Final = 64 * 1024
# What other processes need for a line; the file is nobody's for longer.
_LOCK_SECONDS: Final = 2.0


class JournalFile:
    """The RequestJournal of this installation: one line of JSON an entry, blanked in place once it is not needed.

    Several processes may share the file: each holds the lock beside it while it reads and writes.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    async def reserve(self) -> None:
        """Make the file with its room, so that a disk that fills up later takes entries. Raises: OSError."""
        await asyncio.to_thread(self._within_lock, _reserve)

    async def add(self, entry: JournalEntry) -> None:
        """Write the entry so that it survives a power cut. Raises: OSError."""
        await asyncio.to_thread(self._within_lock, lambda file: _append(file, _line_of(entry)))

    async def entries(self) -> tuple[JournalEntry, ...]:
        """Return what is there; a line that was cut in the middle of its writing is none. Raises: OSError."""
        if not await asyncio.to_thread(self._path.exists):
            return ()
        return await asyncio.to_thread(self._within_lock, _entries)

    async def remove(self, entry: JournalEntry) -> None:
        """Blank the entry; none there is fine. Raises: OSError."""
        if await asyncio.to_thread(self._path.exists):
            await asyncio.to_thread(self._within_lock, lambda file: _blank(file, _line_of(entry)))

    def _within_lock(self, work: Callable[[int], T]) -> T:
        with self._opened() as file:
            return work(file)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with FileLock(f"{self._path}.lock", timeout=_LOCK_SECONDS, mode=0o600, thread_local=False):
                file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
                try:
                    yield file
                finally:
                    os.close(file)
        except Timeout as error:
            raise OSError(None, "another process keeps the journal locked") from error


def _line_of(entry: JournalEntry) -> bytes:
    row = {
        "job_id": entry.job_id,
        "request_id": entry.request_id,
        "model_id": entry.model_id,
        "answered_at": entry.answered_at.isoformat(),
    }
    return json.dumps(row).encode()


def _entry_of(line: bytes) -> JournalEntry | None:
    try:
        row = json.loads(line)
        return JournalEntry(
            job_id=str(row["job_id"]),
            request_id=str(row["request_id"]),
            model_id=str(row["model_id"]),
            answered_at=datetime.fromisoformat(row["answered_at"]),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _content(file: int) -> bytes:
    return os.pread(file, os.fstat(file).st_size, 0)


def _write(file: int, data: bytes, offset: int) -> None:
    while data:
        written = os.pwrite(file, data, offset)
        data, offset = data[written:], offset + written
    os.fsync(file)


def _reserve(file: int) -> None:
    size = os.fstat(file).st_size
    if size < _RESERVED_BYTES:
        _write(file, b"\n" * (_RESERVED_BYTES - size), size)


def _append(file: int, line: bytes) -> None:
    content = _content(file)
    if line in content.split(b"\n"):
        return
    # Always on a line of its own: what stands before may have been cut.
    _write(file, b"\n" + line + b"\n", len(content.rstrip()))


def _entries(file: int) -> tuple[JournalEntry, ...]:
    return tuple(entry for line in _content(file).split(b"\n") if line and (entry := _entry_of(line)) is not None)


def _blank(file: int, line: bytes) -> None:
    offset = 0
    for there in _content(file).split(b"\n"):
        if there == line:
            _write(file, b"\n" * len(line), offset)
        offset += len(there) + 1
