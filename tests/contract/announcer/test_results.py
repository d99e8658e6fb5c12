"""Results whose files come late, in part, or not at all."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.discord.traffic import Call
from services.errors import ResultNotReady, ResultNotStored, ResultProblem, ResultUnavailable
from services.jobs import result_downloads as downloads
from services.jobs.card import DeliveryRoute
from services.jobs.model import JobStatus
from services.jobs.result_downloads import Downloads
from tests.contract.announcer.results_folder import ResultsFolder
from tests.contract.announcer.scene import (
    CREATE_MESSAGE,
    EDIT_ORIGINAL,
    WRITES,
    Scene,
    files_of,
    gallery_of,
    links_of,
    text_of,
)
from tests.contract.jobs.test_clocks import MovedClock
from tests.contract.runcomfy.jobs import job_with, picture
from tests.rig import until

HOUR = 3600
QUARTER = 16 * 60
MINUTE = 60

LINK = "https://results.example/{}.png"


async def until_tried(scene: Scene, times: int) -> None:
    """Wait until files were asked for so often."""
    await until(lambda: len(scene.results.fetched) >= times, what=f"{times} downloads")


@pytest.mark.parametrize(
    "failure",
    [
        ResultNotReady("HTTP 500"),
        *(ResultUnavailable(each) for each in (ResultProblem.GONE, ResultProblem.EMPTY, ResultProblem.NOT_MEDIA)),
        ResultUnavailable(ResultProblem.REDIRECTED),
    ],
    ids=str,
)
async def test_the_good_files_do_not_wait_for_a_bad_one(
    scene: Scene, failure: ResultNotReady | ResultUnavailable
) -> None:
    """Three are shown at once, the fourth is told; when it comes it hangs beside them, in its place, uploaded alone."""
    job = await scene.finish(await scene.accepted(), outputs=4)
    scene.results.troubles = {2: failure}
    async with scene.announcing():
        card = await scene.shows(job, "Result 2 of 4 is still being fetched.")
        assert gallery_of(card) == [f"{job.job_id}-{number}.png" for number in (1, 3, 4)]
        assert links_of(card) == []
        first = [file.id for file in card.attachments]
        await scene.until_postponed(job)
        scene.results.troubles = {}
        await scene.clock.advance(MINUTE)
        await scene.acknowledged(job)
    assert gallery_of(card) == [f"{job.job_id}-{number}.png" for number in (1, 2, 3, 4)]
    assert [file.id for file in card.attachments][:3] == first
    assert "fetched" not in text_of(card)
    assert len(scene.calls(*WRITES)) == 2


async def test_the_good_files_do_not_wait_for_one_that_drips(scene: Scene) -> None:
    """A download that goes on and on holds back itself alone."""
    job = await scene.finish(await scene.accepted(), outputs=4)
    scene.results.held = {2}
    async with scene.announcing():
        card = await scene.shows(job, "Result 2 of 4 is still being fetched.")
        assert gallery_of(card) == [f"{job.job_id}-{number}.png" for number in (1, 3, 4)]
        scene.results.gate.set()
        await scene.acknowledged(job)
    assert gallery_of(card) == [f"{job.job_id}-{number}.png" for number in (1, 2, 3, 4)]
    assert len(scene.calls(*WRITES)) == 2


async def test_files_that_come_together_are_one_edit(scene: Scene) -> None:
    """However many there are."""
    job = await scene.finish(await scene.accepted(), outputs=10)
    async with scene.announcing():
        await scene.acknowledged(job)
    assert len(files_of(scene.card(job))) == 10
    assert len(scene.calls(*WRITES)) == 1


async def test_a_no_is_taken_for_final_after_some_minutes_only(scene: Scene) -> None:
    """Until then it is asked for again; then the card says so, and the link stays."""
    job = await scene.finish(await scene.accepted())
    scene.results.failure = ResultUnavailable(ResultProblem.GONE)
    async with scene.announcing():
        await until_tried(scene, 1)
        await scene.until_postponed(job)
        await scene.clock.advance(MINUTE)
        card = await scene.shows(job, "being fetched")
        await until_tried(scene, 2)
        await scene.until_postponed(job)
        await scene.clock.advance(8 * MINUTE)
        await until_tried(scene, 3)
        assert "being fetched" in text_of(card)
        assert links_of(card) == []
        await scene.until_postponed(job)
        await scene.clock.advance(2 * MINUTE)
        await scene.shows(job, "The result is no longer there.")
        await scene.acknowledged(job)
    assert links_of(card) == [LINK.format(1)]


@pytest.mark.parametrize(
    "problem",
    [ResultProblem.TOO_LARGE, ResultProblem.NOT_POSTABLE, ResultProblem.HOST_REFUSED, ResultProblem.BAD_ADDRESS],
)
async def test_what_is_definite_is_told_at_once(scene: Scene, problem: ResultProblem) -> None:
    """Nothing that a storage does makes these better."""
    job = await scene.finish(await scene.accepted(), outputs=2)
    scene.results.troubles = {1: ResultUnavailable(problem)}
    async with scene.announcing():
        await scene.acknowledged(job)
    card = scene.card(job)
    assert gallery_of(card) == [f"{job.job_id}-2.png"]
    assert links_of(card) == [LINK.format(1)]
    assert len(scene.results.fetched) == 2


async def test_what_is_still_tried_for_is_linked_to_after_some_minutes(scene: Scene) -> None:
    """A storage that is away for long hides nothing: the link is there, and the file when it comes."""
    job = await scene.finish(await scene.accepted(), outputs=2)
    scene.results.troubles = {2: ResultNotReady("HTTP 503")}
    async with scene.announcing():
        card = await scene.shows(job, "still being fetched")
        await scene.until_postponed(job)
        await scene.clock.advance(11 * MINUTE)
        await scene.shows(job, "Result 2 of 2 could not be fetched yet; that is tried again by itself.")
        assert links_of(card) == [LINK.format(2)]
        await scene.until_postponed(job)
        scene.results.troubles = {}
        await scene.clock.advance(11 * MINUTE)
        await scene.acknowledged(job)
    assert gallery_of(card) == [f"{job.job_id}-1.png", f"{job.job_id}-2.png"]
    assert links_of(card) == []


async def test_what_is_on_its_way_survives_a_restart(scene: Scene) -> None:
    """The next process adds the rest to the same message, and uploads what hangs there no second time."""
    job = await scene.finish(await scene.accepted(), outputs=3)
    scene.results.held = {3}
    async with scene.announcing("dead"):
        card = await scene.shows(job, "Result 3 of 3 is still being fetched.")
        await until(lambda: len(files_of(card)) == 2)
        await scene.until_saved(job, files=2)
    first = [file.id for file in card.attachments]
    await scene.cards_store.forget_leases()
    scene.results.gate.set()
    async with scene.announcing("next"):
        await scene.acknowledged(job)
    assert gallery_of(card) == [f"{job.job_id}-{number}.png" for number in (1, 2, 3)]
    assert [file.id for file in card.attachments][:2] == first
    assert scene.cards(job) == [card]


async def test_slow_results_hold_up_nobody(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """More downloads that do not come than there are places: a card without files, and a file that comes, are shown."""
    for lane in ("QUICK_AT_ONCE", "SLOW_AT_ONCE"):
        monkeypatch.setattr(downloads, lane, 8)
    monkeypatch.setattr(downloads, "QUICK_SECONDS", 0.1)
    slow = [await scene.finish(await scene.accepted()) for _ in range(40)]
    scene.results.slow = {job.job_id for job in slow}
    async with scene.announcing():
        await until_tried(scene, 30)
        quick = await scene.finish(await scene.accepted())
        other = await scene.move(await scene.accepted(), JobStatus.CANCELLED)
        began = asyncio.get_running_loop().time()
        await scene.shows(other, "Cancelled")
        await scene.shows(quick, "Done")
        assert asyncio.get_running_loop().time() - began < 5.0


async def test_slow_uploads_hold_up_nobody(scene: Scene) -> None:
    """More of them than there are places: a card without files does not wait for them."""
    scene.server.faults.hang(EDIT_ORIGINAL, times=None, only_if=lambda call: bool(call.files))
    for _ in range(20):
        await scene.finish(await scene.accepted())
    async with scene.announcing():
        await until(lambda: sum(bool(call.files) for call in scene.server.traffic) >= 12, what="uploads")
        other = await scene.move(await scene.accepted(), JobStatus.CANCELLED)
        async with asyncio.timeout(2.0):
            await scene.shows(other, "Cancelled")


ODD = ["https://files.runcomfy.net/\ud800.png", "https://files.runcomfy.net:99999/x.png", "https:///x.png"]


@pytest.mark.parametrize("address", ODD, ids=ascii)
async def test_an_address_that_is_none_costs_nobody_else(scene: Scene, address: str) -> None:
    """The good picture is shown, and what its neighbour's address holds breaks no card."""
    good, bad = scene.outputs(2)
    job = await scene.move(await scene.accepted(), JobStatus.SUBMITTING, JobStatus.QUEUED)
    scene.results.troubles = {2: ResultUnavailable(ResultProblem.BAD_ADDRESS)}
    await scene.move(job, JobStatus.SUCCEEDED, outputs=(good, replace(bad, url=address)))
    async with scene.announcing():
        await scene.acknowledged(job)
    card = scene.card(job)
    assert gallery_of(card) == [f"{job.job_id}-1.png"]
    assert "Result 2 of 2 could not be fetched." in text_of(card)
    assert links_of(card) == []


async def test_more_than_can_be_shown_is_not_fetched(scene: Scene) -> None:
    """Of 64 outputs ten are downloaded; what cannot be had leaves its place to the next."""
    job = await scene.finish(await scene.accepted(), outputs=64)
    scene.results.troubles = {2: ResultUnavailable(ResultProblem.NOT_POSTABLE)}
    async with scene.announcing():
        await scene.acknowledged(job)
    shown = [f"{job.job_id}-{number}.png" for number in (1, *range(3, 12))]
    assert gallery_of(scene.card(job)) == shown
    assert len(scene.results.fetched) == 11


async def test_a_disk_that_takes_nothing_is_told(scene: Scene) -> None:
    """The card says that the result is kept, and it comes when the disk is well."""
    job = await scene.finish(await scene.accepted())
    scene.results.failure = ResultNotStored("No space left on device")
    async with scene.announcing():
        await until_tried(scene, 1)
        await scene.until_postponed(job)
        await scene.clock.advance(MINUTE)
        card = await scene.shows(job, "This bot cannot store files just now")
        await scene.until_postponed(job)
        scene.results.failure = None
        await scene.clock.advance(MINUTE)
        await scene.acknowledged(job)
    assert gallery_of(card) == [f"{job.job_id}-1.png"]


async def test_a_new_message_waits_for_something_to_show(scene: Scene) -> None:
    """It is posted once, with what there is, and the rest is added to it."""
    job = await scene.finish(await scene.accepted(deferred=False), outputs=2)
    scene.results.held = {1, 2}
    async with scene.announcing():
        await until_tried(scene, 2)
        await scene.clock.advance(MINUTE)
        scene.results.held = {2}
        scene.results.gate.set()
        known = await scene.acknowledged(job)
    assert known.route is DeliveryRoute.CHANNEL
    assert gallery_of(scene.card(job)) == [f"{job.job_id}-1.png", f"{job.job_id}-2.png"]
    assert [status for _, status in scene.calls(CREATE_MESSAGE)] == [200]


async def test_of_a_result_that_is_gone_in_part_the_rest_is_shown(scene: Scene) -> None:
    """What can be had is uploaded; the card says that something is missing, and links to where it was."""
    scene.results.missing = {1}
    job = await scene.finish(await scene.accepted(), outputs=2)
    await scene.clock.advance(QUARTER)
    async with scene.announcing():
        card = await scene.shows(job, "Result 1 of 2 could not be fetched.")
        await scene.acknowledged(job)
        await scene.move(job, cost=Decimal("0.05"))
        await scene.shows(job, "$0.05")
        assert "Result 1 of 2 could not be fetched." in text_of(card)
        assert "upload" not in text_of(card)
        await scene.acknowledged(job)
    assert files_of(card) == gallery_of(card) == [f"{job.job_id}-2.png"]
    assert links_of(card) == ["https://results.example/1.png"]


async def test_a_result_on_its_way_is_waited_for_without_an_edit(scene: Scene) -> None:
    """A file that is there a moment later costs one edit."""
    job = await scene.finish(await scene.accepted())
    scene.results.failure = ResultNotReady("503")
    async with scene.announcing():
        await until_tried(scene, 1)
        await scene.until_postponed(job)
        scene.results.failure = None
        assert scene.calls(*WRITES) == []
        await scene.clock.advance(5)
        await scene.shows(job, "Done")
        await scene.acknowledged(job)
    assert len(scene.calls(*WRITES)) == 1


async def test_a_result_that_takes_long_says_so(scene: Scene) -> None:
    """After a while the card says that the result is being fetched; the result then replaces that."""
    job = await scene.finish(await scene.accepted())
    scene.results.failure = ResultNotReady("503")
    async with scene.announcing():
        await until(lambda: len(scene.results.fetched) == 1)
        await scene.until_postponed(job)
        await scene.clock.advance(30)
        card = await scene.shows(job, "being fetched")
        assert links_of(card) == []
        await scene.until_postponed(job)
        scene.results.failure = None
        await scene.clock.advance(30)
        await until(lambda: files_of(card) == [f"{job.job_id}-1.png"])
        await scene.acknowledged(job)
    assert "being fetched" not in text_of(card)
    assert len(scene.calls(*WRITES)) == 2


async def test_a_result_that_is_never_ready_is_given_up_after_a_day(scene: Scene) -> None:
    """A job's card does not say "being fetched" for ever."""
    job = await scene.finish(await scene.accepted())
    await scene.clock.advance(25 * HOUR)
    scene.results.failure = ResultNotReady("503")
    async with scene.announcing():
        card = await scene.shows(job, "could not be fetched for a whole day")
        await scene.acknowledged(job)
    assert links_of(card) == ["https://results.example/1.png"]


@pytest.mark.parametrize("problem", ResultProblem)
async def test_a_result_that_cannot_be_fetched_is_told_with_its_link(scene: Scene, problem: ResultProblem) -> None:
    """The card says why, and links to what the service has."""
    job = await scene.finish(await scene.accepted())
    await scene.clock.advance(25 * HOUR)
    scene.results.failure = ResultUnavailable(problem)
    async with scene.announcing():
        card = await scene.shows(job, "Done")
        await scene.acknowledged(job)
    assert links_of(card) == ["https://results.example/1.png"]
    assert files_of(card) == []


async def test_uploads_that_wait_for_their_turn_keep_their_time(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn that comes late leaves the whole time of an edit: no upload is given up as lost."""
    monkeypatch.setattr("cogs.delivery.loop.UPLOADS_AT_ONCE", 1)
    scene.edits_within(1.0)

    async def take_long(_: Call) -> None:
        await asyncio.sleep(0.4)

    jobs = [await scene.finish(await scene.accepted()) for _ in range(5)]
    scene.server.faults.hook(EDIT_ORIGINAL, before=take_long, times=None)
    async with scene.announcing():
        for job in jobs:
            await scene.shows(job, "Done")
        await scene.acknowledged(jobs[-1])
    assert [files_of(scene.card(job)) for job in jobs] == [[f"{job.job_id}-1.png"] for job in jobs]
    assert sum(bool(call.files) for call in scene.server.traffic) == len(jobs)


async def test_a_clock_that_steps_forward_makes_no_file_old(tmp_path: Path) -> None:
    """A no counts once its patience has run, and not because the machine's clock was set."""
    clock, results = MovedClock(), ResultsFolder(tmp_path)
    results.failure = ResultUnavailable(ResultProblem.GONE)
    fetching = Downloads(results, clock)
    job = replace(job_with(picture("https://results.example/1.png")), finished_at=clock.now())
    fetching.look(job, 1, most_bytes=1_000_000)
    await fetching.wait(job.job_id, seconds=5.0)
    clock.away = timedelta(hours=7)
    look = fetching.look(job, 1, most_bytes=1_000_000)
    assert (look.has_failed, look.problem, look.is_late) == (True, None, False)
    clock.passed_seconds += 11 * MINUTE
    look = fetching.look(job, 1, most_bytes=1_000_000)
    assert look.problem is ResultProblem.GONE
    await fetching.close()
