"""The local disk under the results: its bounds, and what happens where it is full or broken."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.errors import ResultNotReady, ResultNotStored, ResultProblem, ResultUnavailable
from services.jobs.ports import ResultFile
from services.runcomfy.limits import DiskLimits
from services.runcomfy.result_folder import UNWANTED_SECONDS, ResultFolder
from tests.contract.jobs.test_clocks import MovedClock
from tests.contract.runcomfy.file_host import CAT, FileHost, fetch, names
from tests.contract.runcomfy.jobs import job_with, picture


@pytest.fixture
async def results(host: FileHost, folder: Path) -> AsyncIterator[ResultFolder]:
    """Provide an open result folder."""
    async with ResultFolder(folder, result_hosts=[host.netloc]) as results:
        yield results


def is_well(results: ResultFolder) -> bool:
    """Whether the folder takes files, as far as it knows."""
    return results.problem is None


async def test_the_folder_has_a_bound(host: FileHost, folder: Path) -> None:
    """What finds no room waits, whether its length is told or not, until other files are gone."""
    url = host.serve("/cat.png", CAT + bytes(500_000 - len(CAT)))
    disk = DiskLimits(job_bytes=800_000, folder_bytes=1_200_000)
    async with ResultFolder(folder, result_hosts=[host.netloc], disk=disk) as results:
        jobs = [
            job_with(picture(url), picture(url), job_id=each) for each in ("aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc")
        ]
        await fetch(results, jobs[0])
        with pytest.raises(ResultNotReady, match="its job"):
            await fetch(results, jobs[0], 2)
        await fetch(results, jobs[1])
        assert is_well(results)
        with pytest.raises(ResultNotStored, match="results_max_mb"):
            await fetch(results, jobs[2])
        assert not is_well(results)
        assert names(folder) == ["aaaaaaaaaa-1.png", "bbbbbbbbbb-1.png"]
        await results.discard("aaaaaaaaaa", only={1})
        await fetch(results, jobs[2])
        assert is_well(results)


async def test_downloads_at_once_share_the_bound(host: FileHost, folder: Path) -> None:
    """Several that begin together do not each take the whole room."""
    job = job_with(*(picture(host.serve(f"/{each}.png", CAT + bytes(300_000))) for each in range(8)))
    async with ResultFolder(folder, result_hosts=[host.netloc], disk=DiskLimits(job_bytes=1_000_000)) as results:
        fetching = [fetch(results, job, number) for number in range(1, 9)]
        done = await asyncio.gather(*fetching, return_exceptions=True)
    came = sum(isinstance(each, ResultFile) for each in done)
    assert 1 <= came == len(names(folder)) <= 3


async def test_a_full_or_broken_disk_may_recover(
    host: FileHost, results: ResultFolder, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What the disk refuses can be asked for again: the result is at the API still. It is said once, loudly."""
    put_in_the_way(folder)
    job = job_with(picture(host.serve("/cat.png", CAT)))
    for _ in range(3):
        with pytest.raises(ResultNotStored):
            await fetch(results, job)
    assert host.asked == []
    assert not is_well(results)
    assert [each.levelname for each in caplog.records if "takes no files" in each.getMessage()] == ["ERROR"]
    clear_the_way(folder)
    assert (await fetch(results, job)).size_bytes == len(CAT)
    assert is_well(results)


async def test_a_disk_that_is_full_is_not_the_storages_fault(
    host: FileHost, results: ResultFolder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No room is found out in the middle of a file: nothing of it stays, and the next try has it."""
    job = job_with(picture(host.serve("/cat.png", CAT)))
    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(ResultNotStored, match="No space left"):
        await fetch(results, job)
    monkeypatch.undo()
    assert names(folder) == []
    assert (await fetch(results, job)).size_bytes == len(CAT)


def no_space(_: int) -> None:
    """Fail as a full disk does."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def put_in_the_way(folder: Path) -> None:
    """Break the folder: a file stands in its place."""
    folder.rmdir()
    folder.write_bytes(b"in the way")


def clear_the_way(folder: Path) -> None:
    """Repair it."""
    folder.unlink()
    folder.mkdir()


async def test_what_could_not_be_delivered_makes_room(host: FileHost, folder: Path) -> None:
    """Files that nobody has asked for since hours go, the oldest first, before a new result has to wait."""
    url = host.serve("/cat.png", CAT + bytes(500_000 - len(CAT)))
    disk = DiskLimits(folder_bytes=1_200_000)
    old = [job_with(picture(url), job_id=each) for each in ("aaaaaaaaaa", "bbbbbbbbbb")]
    async with ResultFolder(folder, result_hosts=[host.netloc], disk=disk) as results:
        for age, job in zip((7, 6), old, strict=True):
            file = await fetch(results, job)
            os.utime(file.path, (file.path.stat().st_mtime - age * 3600,) * 2)
    clock = MovedClock()
    async with ResultFolder(folder, result_hosts=[host.netloc], disk=disk, clock=clock) as results:
        new = job_with(picture(url), job_id="cccccccccc")
        with pytest.raises(ResultNotStored):
            await fetch(results, new)
        # After a start, cards that are still to be shown have to be looked at first.
        assert names(folder) == ["aaaaaaaaaa-1.png", "bbbbbbbbbb-1.png"]
        clock.passed_seconds = UNWANTED_SECONDS + 1
        with pytest.raises(ResultNotStored):
            await fetch(results, new)
        await fetch(results, new)
        assert is_well(results)
        assert names(folder) == ["bbbbbbbbbb-1.png", "cccccccccc-1.png"]
        # What a card waits for stays, however old it is.
        await results.find(old[1])
        with pytest.raises(ResultNotStored):
            await fetch(results, old[0])
        assert names(folder) == ["bbbbbbbbbb-1.png", "cccccccccc-1.png"]
        assert not is_well(results)


async def test_a_file_larger_than_the_folder_may_be_is_too_large(host: FileHost, folder: Path) -> None:
    """It would wait for ever, and have everybody told that the folder is full."""
    job = job_with(picture(host.serve("/cat.png", CAT + bytes(500_000))))
    async with ResultFolder(folder, result_hosts=[host.netloc], disk=DiskLimits(folder_bytes=400_000)) as results:
        with pytest.raises(ResultUnavailable) as caught:
            await fetch(results, job)
        assert caught.value.problem is ResultProblem.TOO_LARGE
        assert is_well(results)
