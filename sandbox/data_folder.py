"""The folder of a sandbox's run: one run has it at a time, and a wholly local sandbox starts in it without jobs."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from sandbox.live_backends import LiveBackend

_LEFT_OVERS = ("jobs.db", "jobs.db-wal", "jobs.db-shm")


class FolderUnusable(Exception):
    """The folder cannot be had; the sentence says why, and what to do."""


@contextlib.contextmanager
def data_folder(data_dir: Path, live: LiveBackend | None) -> Iterator[Path]:
    """Hold the folder for this run's data.

    A wholly local sandbox starts afresh each time, and so do its jobs; those of a live backend stay, in a folder of
    their own.

    Raises: FolderUnusable where it cannot be written, or another sandbox that runs has it.
    """
    folder = data_dir if live is None else data_dir / f"real-{live.backend.value}"
    lock = _lock(folder)
    try:
        if live is None:
            _empty(folder)
        yield folder
    finally:
        lock.release()


def _lock(folder: Path) -> FileLock:
    """Take the operating system's lock in the folder; it is freed with the process, however that ends."""
    lock = FileLock(folder / "sandbox.lock", thread_local=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(blocking=False)
    except Timeout as error:
        raise FolderUnusable(
            f"another sandbox runs with {folder}: open its page, stop it, or give this one a folder of its own "
            '(make sandbox ARGS="--data-dir FOLDER")'
        ) from error
    except OSError as error:
        raise FolderUnusable(
            f"{folder} cannot be written ({error.strerror}): name another folder "
            '(make sandbox ARGS="--data-dir FOLDER")'
        ) from error
    return lock


def _empty(folder: Path) -> None:
    for name in _LEFT_OVERS:
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "results", ignore_errors=True)
