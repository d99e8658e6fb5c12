"""A job that meets no trouble."""

from __future__ import annotations

from decimal import Decimal

from sandbox.discord.traffic import Call
from services.jobs.card import DeliveryRoute
from services.jobs.model import JobStatus, MediaKind
from tests.contract.announcer.scene import EDIT_ORIGINAL, WRITES, Scene, files_of, gallery_of, links_of, text_of


async def test_the_deferred_message_becomes_the_card(scene: Scene) -> None:
    """The message that says "thinking" becomes the card; there is no second one, and nobody is pinged."""
    job = await scene.accepted()
    async with scene.announcing():
        await scene.move(job, JobStatus.SUBMITTING, JobStatus.QUEUED, queue_position=3)
        card = await scene.shows(job, "Queue position **3**")
    assert card.id == (await scene.reload_card(job)).original_message_id
    assert scene.state.messages_in(scene.general) == [card]
    assert not card.is_loading
    assert card.pinged == set()


async def test_a_result_is_uploaded_acknowledged_and_taken_off_the_disk(scene: Scene) -> None:
    """The picture hangs at the card with the prompt as its alt text; afterwards the disk is empty."""
    job = await scene.finish(await scene.accepted())
    async with scene.announcing():
        card = await scene.shows(job, "Done")
        known = await scene.acknowledged(job)
    name = f"{job.job_id}-1.png"
    assert files_of(card) == gallery_of(card) == [name]
    assert [attachment.description for attachment in card.attachments] == ["a fox in the snow"]
    assert [file.filename for file in known.files] == [name]
    assert scene.results.discarded == [job.job_id]
    assert scene.results.names(job.job_id) == []


async def test_a_private_card_stays_private(scene: Scene) -> None:
    """Only its owner ever sees it."""
    job = await scene.finish(await scene.accepted(private=True))
    async with scene.announcing():
        card = await scene.shows(job, "Done")
    assert card.visible_to == scene.ada.id


async def test_a_late_cost_keeps_the_files(scene: Scene) -> None:
    """An edit after the result names the files that stay: nothing is downloaded or uploaded again."""
    job = await scene.finish(await scene.accepted())
    async with scene.announcing():
        card = await scene.shows(job, "Done")
        await scene.acknowledged(job)
        before = [attachment.id for attachment in card.attachments]
        await scene.move(job, cost=Decimal("0.05"))
        await scene.shows(job, "$0.05")
        await scene.acknowledged(job)
    assert [attachment.id for attachment in card.attachments] == before
    assert gallery_of(card) == [f"{job.job_id}-1.png"]
    assert scene.results.fetched == [job.job_id]
    assert scene.calls(*WRITES) == [(EDIT_ORIGINAL, 200)] * 2


async def test_a_change_that_nobody_can_see_costs_no_edit(scene: Scene) -> None:
    """An equal rendering is acknowledged without a call."""
    job = await scene.accepted()
    async with scene.announcing():
        await scene.move(job, JobStatus.SUBMITTING, JobStatus.QUEUED)
        await scene.shows(job, "In queue")
        await scene.acknowledged(job)
        await scene.move(job)
        known = await scene.acknowledged(job)
    assert known.version == 3
    assert len(scene.calls(*WRITES)) == 1


async def test_a_change_during_an_edit_is_shown_right_after_it(scene: Scene) -> None:
    """Nobody waits for the scan: when the edit is acknowledged, what came meanwhile has its turn."""
    scene.scans_every(600.0)
    job = await scene.accepted()
    await scene.move(job, JobStatus.SUBMITTING, JobStatus.QUEUED)
    await scene.clock.advance(5)

    async def change(_: Call) -> None:
        await scene.move(job, JobStatus.RUNNING)

    scene.server.faults.hook(EDIT_ORIGINAL, before=change)
    async with scene.announcing():
        await scene.shows(job, "Running")
    assert len(scene.calls(*WRITES)) == 2


async def test_a_card_left_for_later_is_tried_when_its_time_has_come(scene: Scene) -> None:
    """A short wait is short, whatever the scan's turn."""
    scene.scans_every(600.0)
    job = await scene.finish(await scene.accepted())
    scene.server.faults.fail(EDIT_ORIGINAL, status=403, code=0)
    async with scene.announcing():
        await scene.shows(job, "Done")
    assert len(scene.calls(*WRITES)) == 2


async def test_changes_in_a_burst_are_one_edit(scene: Scene) -> None:
    """A job that ends before it was ever shown costs one edit."""
    job = await scene.accepted()
    async with scene.announcing():
        await scene.finish(job)
        await scene.shows(job, "Done")
        await scene.acknowledged(job)
    assert len(scene.calls(*WRITES)) == 1


async def test_what_is_larger_than_the_place_allows_becomes_a_link(scene: Scene) -> None:
    """Discord's limit is one for each file; what is above it is linked to, with the reason."""
    scene.results.sizes = [60_000, 160_000, 30_000]
    job = await scene.finish(await scene.accepted(upload_limit_bytes=120_000), outputs=3)
    async with scene.announcing():
        card = await scene.shows(job, "Result 2 of 3 does not fit into what this place lets a bot upload.")
        await scene.acknowledged(job)
    assert files_of(card) == [f"{job.job_id}-1.png", f"{job.job_id}-3.png"]
    assert links_of(card) == ["https://results.example/2.png"]


async def test_files_that_fit_one_by_one_all_come(scene: Scene) -> None:
    """Four pictures of which two fill a request: they come with two edits, in their order, and none as a link."""
    scene.results.sizes = [50_000] * 4
    job = await scene.finish(await scene.accepted(upload_limit_bytes=120_000), outputs=4)
    async with scene.announcing():
        card = await scene.shows(job, "Done")
        await scene.acknowledged(job)
    assert files_of(card) == gallery_of(card) == [f"{job.job_id}-{number}.png" for number in range(1, 5)]
    assert links_of(card) == []
    assert [len(call.files) for call in scene.server.traffic if call.files] == [2, 2]
    assert scene.results.fetched == [job.job_id] * 4


async def test_a_card_of_links_alone_downloads_nothing_twice(scene: Scene) -> None:
    """What was too large stays too large: a late cost does not fetch it again."""
    scene.results.sizes = [200_000]
    job = await scene.finish(await scene.accepted(upload_limit_bytes=100_000))
    async with scene.announcing():
        card = await scene.shows(job, "larger than this place")
        await scene.acknowledged(job)
        await scene.move(job, cost=Decimal("0.05"))
        await scene.shows(job, "$0.05")
        await scene.acknowledged(job)
    assert links_of(card) == ["https://results.example/1.png"]
    assert scene.results.fetched == [job.job_id]


async def test_of_more_than_ten_files_the_rest_are_links(scene: Scene) -> None:
    """A message holds ten files."""
    job = await scene.finish(await scene.accepted(), outputs=13)
    async with scene.announcing():
        card = await scene.shows(job, "A message holds ten files: results 11, 12 and 13 of 13 are beyond that.")
        await scene.acknowledged(job)
    assert len(files_of(card)) == 10
    assert links_of(card) == [f"https://results.example/{number}.png" for number in (11, 12, 13)]


async def test_a_sound_hangs_as_a_file(scene: Scene) -> None:
    """What is no picture and no video is a file of the layout."""
    job = await scene.finish(await scene.accepted(), suffix="mp3", kind=MediaKind.AUDIO)
    async with scene.announcing():
        card = await scene.shows(job, "Done")
        await scene.acknowledged(job)
    assert files_of(card) == gallery_of(card) == [f"{job.job_id}-1.mp3"]


async def test_a_reopened_job_goes_on_in_the_same_message(scene: Scene) -> None:
    """An unconfirmed card whose request turned up becomes Done in place."""
    job = await scene.accepted()
    async with scene.announcing():
        await scene.move(job, JobStatus.SUBMITTING, JobStatus.UNCONFIRMED)
        card = await scene.shows(job, "may have been charged")
        await scene.acknowledged(job)
        await scene.move(job, JobStatus.QUEUED)
        await scene.finish(job)
        assert await scene.shows(job, "Done") is card
        known = await scene.acknowledged(job)
    assert known.route is DeliveryRoute.TOKEN
    assert gallery_of(card) == [f"{job.job_id}-1.png"]
    assert "Submit anew" not in str(card.components)
    assert len(scene.cards(job)) == 1


async def test_many_cards_at_once(scene: Scene) -> None:
    """More jobs than are shown at once: each in its one message, new ones where there was no message."""
    jobs = [await scene.finish(await scene.accepted(deferred=False)) for _ in range(3)]
    more = [await scene.finish(await scene.accepted()) for _ in range(20)]
    async with scene.announcing():
        for job in more:
            await scene.shows(job, "Done")
        for job in jobs:
            await scene.shows(job, "Done")
    assert all(len(scene.cards(job)) == 1 for job in [*jobs, *more])
    assert all("Done" in text_of(scene.card(job)) for job in more)
