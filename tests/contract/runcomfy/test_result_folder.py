"""The result folder: redirects, sizes, several callers, leftovers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from sandbox.model_api.sample_media import video
from sandbox.pictures import paint
from services.errors import ResultNotReady, ResultProblem, ResultUnavailable, StartupError
from services.jobs.model import MediaKind
from services.runcomfy.fetching import CHUNK_BYTES
from services.runcomfy.limits import DownloadLimits
from services.runcomfy.result_folder import UNCHANGED_SECONDS, ResultFolder
from tests.contract.jobs.test_clocks import MovedClock
from tests.contract.runcomfy.file_host import CAT, FileHost, fetch, names
from tests.contract.runcomfy.jobs import job_with, picture

LARGEST = 1_000_000


def folder_for(host: FileHost, folder: Path) -> ResultFolder:
    """Make a result folder that may fetch from that host."""
    limits = DownloadLimits(largest_bytes=LARGEST, connect_seconds=1.0, stall_seconds=5.0, whole_seconds=10.0)
    return ResultFolder(folder, result_hosts=[host.netloc], limits=limits)


@pytest.fixture
async def results(host: FileHost, folder: Path) -> AsyncIterator[ResultFolder]:
    """Provide an open result folder."""
    async with folder_for(host, folder) as results:
        yield results


async def fetch_problem(results: ResultFolder, url: str) -> ResultProblem:
    """Fetch one picture and return why it cannot be had."""
    with pytest.raises(ResultUnavailable) as caught:
        await fetch(results, job_with(picture(url)))
    return caught.value.problem


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_an_allowed_host_is_followed(host: FileHost, results: ResultFolder, status: int) -> None:
    """Also a relative one, and one after the other, up to five."""
    host.serve("/cat.png", CAT)
    for hop in range(4):
        host.redirect(f"/{hop}", f"/{hop + 1}", status=status)
    host.redirect("/4", host.url("/cat.png"), status=status)
    file = await fetch(results, job_with(picture(host.url("/0"))))
    assert file.path.read_bytes() == CAT
    assert len(host.asked) == 6


async def test_redirects_have_an_end(host: FileHost, results: ResultFolder) -> None:
    """Six are one too many, as is a circle."""
    url = host.redirect("/circle", "/circle")
    assert await fetch_problem(results, url) is ResultProblem.REDIRECTED
    assert len(host.asked) == 6


async def test_each_hop_is_checked(host: FileHost, results: ResultFolder) -> None:
    """A redirect by an allowed host to another port, name or scheme is not followed; nor is one into nothing."""
    async with FileHost() as other:
        other.serve("/cat.png", CAT)
        targets = [
            other.url("/cat.png"),
            f"http://localhost:{host.netloc.partition(':')[2]}/cat.png",
            "ftp://x/",
            "//x/",
        ]
        for number, target in enumerate([*targets, "", "http://ada:secret@" + host.netloc + "/cat.png"]):
            url = host.redirect(f"/{number}", target)
            assert await fetch_problem(results, url) is ResultProblem.REDIRECTED
        assert other.asked == []
    assert "/cat.png" not in host.asked


async def test_escapes_in_an_address_stay_as_they_are(host: FileHost, results: ResultFolder) -> None:
    """Signed addresses would die of another quoting."""
    url = host.serve("/aGk%3D/%7Ex%2Fy/cat.png", CAT)
    await fetch(results, job_with(picture(url + "?sig=a%2Bb")))
    assert host.asked == ["/aGk%3D/%7Ex%2Fy/cat.png"]


async def test_a_raw_space_in_an_address_is_sent_as_one(host: FileHost, results: ResultFolder) -> None:
    """A request's first line would break of it."""
    host.serve("/my%20cat.png", CAT)
    assert (await fetch(results, job_with(picture(host.url("/my cat.png"))))).size_bytes == len(CAT)


@pytest.mark.parametrize(
    "address",
    [
        *("", " ", "https://", "https:///x.png", "https://files.runcomfy.net:99999/x.png", "https://[::1/x.png"),
        *("https://files.runcomfy.net:abc/x.png", "https://files.runcomfy.net:-1/x.png", "https://a\\@b/x.png"),
        *("https://files.runcomfy.net/\ud800.png", "https://\udfff.runcomfy.net/x.png", "files.runcomfy.net/x.png"),
        *(f"https://{'a' * 70}.runcomfy.net/x.png", "https://a..b.runcomfy.net/x.png", "https://a b.runcomfy.net/x"),
        *("https://files.runcomfy.net\n.evil/x", "https://files.runcomfy.net:0/x.png", "http://%ff/x", "//", "\x00"),
    ],
    ids=ascii,
)
async def test_an_address_that_is_none_is_told_as_that(folder: Path, address: str) -> None:
    """Whatever stands there, it costs this one output, and nothing is asked for in its stead."""
    async with ResultFolder(folder) as results:
        assert await fetch_problem(results, address) in {ResultProblem.BAD_ADDRESS, ResultProblem.HOST_REFUSED}
    assert names(folder) == []


@pytest.mark.parametrize("size", [CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, LARGEST])
async def test_every_size_up_to_the_limit_comes_whole(host: FileHost, results: ResultFolder, size: int) -> None:
    """Around each boundary of the chunks, byte for byte."""
    body = CAT + os.urandom(size - len(CAT))
    url = host.serve("/cat.png", body)
    file = await fetch(results, job_with(picture(url)))
    assert file.size_bytes == size
    assert file.path.read_bytes() == body


@pytest.mark.parametrize("tells_length", [True, False])
async def test_one_byte_more_is_too_large(
    host: FileHost,
    results: ResultFolder,
    folder: Path,
    *,
    tells_length: bool,
) -> None:
    """By the told length before a byte is kept, else when the limit is passed."""
    body = CAT + bytes(LARGEST + 1 - len(CAT))

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "image/png"})
        if tells_length:
            response.content_length = len(body)
        await response.prepare(request)
        if tells_length:
            await host.gate.wait()  # the length alone decides: no byte is waited for
        await response.write(body)
        return response

    url = host.handle("/cat.png", answer)
    assert await fetch_problem(results, url) is ResultProblem.TOO_LARGE
    assert names(folder) == []


@pytest.mark.parametrize("tells_length", [True, False])
async def test_what_nothing_can_post_is_not_downloaded(
    host: FileHost, results: ResultFolder, folder: Path, *, tells_length: bool
) -> None:
    """A download ends at what its card's place can take."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "image/png"})
        response.content_length = 600_000 if tells_length else None
        await response.prepare(request)
        await response.write(CAT + bytes(600_000 - len(CAT)))
        return response

    with pytest.raises(ResultUnavailable) as caught:
        await results.fetch(job_with(picture(host.handle("/cat.png", answer))), 1, most_bytes=500_000)
    assert caught.value.problem is ResultProblem.NOT_POSTABLE
    assert names(folder) == []


async def test_a_stream_that_breaks_off_leaves_nothing(host: FileHost, results: ResultFolder, folder: Path) -> None:
    """Also when much of it stood on the disk already."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "image/png", "Content-Length": str(LARGEST)})
        await response.prepare(request)
        await response.write(CAT + bytes(2 * CHUNK_BYTES))
        if request.transport is not None:
            request.transport.close()
        return response

    with pytest.raises(ResultNotReady):
        await fetch(results, job_with(picture(host.handle("/cat.png", answer))))
    assert names(folder) == []


async def test_a_stream_that_stalls_is_given_up(host: FileHost, folder: Path) -> None:
    """Long before the time for a whole, large file is over."""
    limits = DownloadLimits(stall_seconds=0.2, whole_seconds=900.0)
    async with ResultFolder(folder, result_hosts=[host.netloc], limits=limits) as results, asyncio.timeout(10):
        with pytest.raises(ResultNotReady):
            await fetch(results, job_with(picture(host.hold("/cat.png", CAT))))


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "mp4"])
async def test_half_a_file_with_a_fitting_length_is_none(host: FileHost, results: ResultFolder, suffix: str) -> None:
    """A storage may show what it has of a file so far: that is no result, whatever the header says; the whole is."""
    whole = video().data if suffix == "mp4" else paint(f"cat.{suffix}", width=64, height=48).data
    for cut in (len(whole) // 2, len(whole) - 3):
        url = host.serve(f"/{cut}", whole[:cut], content_type="application/octet-stream")
        assert await fetch_problem(results, url) is ResultProblem.CUT_SHORT
    url = host.serve("/whole", whole, content_type="application/octet-stream")
    assert (await fetch(results, job_with(picture(url)))).size_bytes == len(whole)


async def test_a_file_that_only_seems_cut_is_whole(host: FileHost, folder: Path) -> None:
    """What has the same size after a while is no file that still grows: its program wrote it oddly."""
    job = job_with(picture(host.serve("/motion.jpg", paint("cat.jpg", width=64, height=48).data + b"\xff\xda more")))
    clock = MovedClock()
    async with ResultFolder(folder, result_hosts=[host.netloc], clock=clock) as results:
        for _ in range(2):
            with pytest.raises(ResultUnavailable) as caught:
                await fetch(results, job)
            assert caught.value.problem is ResultProblem.CUT_SHORT
        clock.passed_seconds = UNCHANGED_SECONDS
        assert (await fetch(results, job)).filename.endswith(".jpg")


async def test_a_stream_that_drips_is_given_up(host: FileHost, folder: Path) -> None:
    """It never stalls, and never ends either."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "image/png"})
        await response.prepare(request)
        while not host.gate.is_set():
            await response.write(CAT[:1])
            await asyncio.sleep(0.02)
        return response

    limits = DownloadLimits(stall_seconds=0.2, whole_seconds=900.0)
    async with ResultFolder(folder, result_hosts=[host.netloc], limits=limits) as results, asyncio.timeout(10):
        with pytest.raises(ResultNotReady):
            await fetch(results, job_with(picture(host.handle("/cat.png", answer))))
    assert names(folder) == []


async def test_a_kind_that_was_guessed_wrong_is_corrected(host: FileHost, results: ResultFolder) -> None:
    """What the file is, is known from the file; also when it is found on the disk again."""
    url = host.serve("/x", b"\0\0\0\x18ftypisom" + bytes(100), content_type="application/octet-stream")
    for _ in range(2):
        file = await fetch(results, job_with(picture(url)))
        assert (file.output.kind, file.output.url, file.path.suffix) == (MediaKind.VIDEO, url, ".mp4")


async def test_a_download_that_is_cancelled_leaves_nothing(host: FileHost, results: ResultFolder, folder: Path) -> None:
    """A stop, or a result that nobody waits for any more: no half file stays."""
    caller = asyncio.create_task(fetch(results, job_with(picture(host.hold("/cat.png", CAT)))))
    await asyncio.wait_for(host.begun.wait(), 5)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert names(folder) == []


async def test_discard_removes_one_jobs_files(host: FileHost, results: ResultFolder, folder: Path) -> None:
    """All of them, nobody else's; a second time is fine."""
    url = host.serve("/cat.png", CAT)
    for job_id in ("aaaaaaaaaa", "aaaaaaaaab"):
        for number in (1, 2):
            await fetch(results, job_with(picture(url), picture(url + "?2"), job_id=job_id), number)
    (folder / "aaaaaaaaaa-3.0f0f0f0f.part").write_bytes(b"half")
    for _ in range(2):
        await results.discard("aaaaaaaaaa")
    assert names(folder) == ["aaaaaaaaab-1.png", "aaaaaaaaab-2.png"]


async def test_half_a_file_of_a_dead_process_is_not_taken_for_a_whole_one(
    host: FileHost,
    results: ResultFolder,
    folder: Path,
) -> None:
    """Only what bears the final name is whole."""
    (folder / "k7m3qabcde-1.0f0f0f0f.part").write_bytes(b"half")
    file = await fetch(results, job_with(picture(host.serve("/cat.png", CAT))))
    assert file.path.read_bytes() == CAT


async def test_sweeping_takes_leftovers_only(results: ResultFolder, folder: Path) -> None:
    """Old files of jobs that are not kept, and old halves; never a young file, a kept one, or a stranger's."""
    old = datetime.now(UTC) - timedelta(days=2)
    for name in ("aaaaaaaaaa-1.png", "bbbbbbbbbb-1.png", "bbbbbbbbbb-2.0f0f0f0f.part", "notes.txt", "cat.png"):
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, (old.timestamp(), old.timestamp()))
    (folder / "cccccccccc-1.png").write_bytes(b"x")
    removed = await results.sweep(keep={"aaaaaaaaaa"}, older_than=datetime.now(UTC) - timedelta(days=1))
    assert removed == 2
    assert names(folder) == ["aaaaaaaaaa-1.png", "cat.png", "cccccccccc-1.png", "notes.txt"]


async def test_a_folder_that_cannot_be_made_keeps_the_bot_from_starting(host: FileHost, tmp_path: Path) -> None:
    """Where results could not be kept, one sentence at the start says which folder, before anything is paid for."""
    (tmp_path / "data").touch()
    with pytest.raises(StartupError, match=r"the folder .*results for results cannot be made: Not a directory"):
        async with folder_for(host, tmp_path / "data" / "results"):
            pass


def remove(folder: Path) -> None:
    """Remove the empty folder."""
    folder.rmdir()


def spoil(folder: Path) -> None:
    """Put a file in the folder's place."""
    folder.write_bytes(b"no folder")


async def test_a_folder_that_was_tidied_away_is_made_again(host: FileHost, results: ResultFolder, folder: Path) -> None:
    """A result does not wait for a restart because somebody removed the folder."""
    host.serve("/cat.png", CAT)
    remove(folder)
    file = await fetch(results, job_with(picture(host.url("/cat.png"))))
    assert file.path.read_bytes() == CAT


async def test_what_cannot_be_removed_is_no_error(results: ResultFolder, folder: Path) -> None:
    """Its card is acknowledged by then: a leftover must not have it shown again."""
    remove(folder)
    await results.discard("k7m3qabcde")
    spoil(folder)
    await results.discard("k7m3qabcde")
