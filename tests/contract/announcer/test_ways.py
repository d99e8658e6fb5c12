"""Every way to a card, and what closes it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sandbox.discord.channel_deletion import delete_channel
from sandbox.discord.channels import Overwrite
from sandbox.discord.permission_flags import Permission
from services.errors import ResultNotReady
from services.jobs.card import DeliveryRoute
from services.jobs.model import JobStatus
from tests.contract.announcer.scene import (
    CREATE_MESSAGE,
    EDIT_MESSAGE,
    EDIT_ORIGINAL,
    OPEN_DIRECT,
    WRITES,
    Scene,
    files_of,
    gallery_of,
    links_of,
    text_of,
)

QUARTER = 16 * 60


async def test_a_token_that_discord_no_longer_takes_gives_way_to_the_bots_own_edit(scene: Scene) -> None:
    """After 50027 the same message is edited by the bot."""
    job = await scene.accepted()
    scene.server.faults.fail(EDIT_ORIGINAL, status=401, code=50027)
    await scene.finish(job)
    async with scene.announcing():
        card = await scene.shows(job, "Done")
        known = await scene.acknowledged(job)
    assert card.id == known.original_message_id
    assert known.route is DeliveryRoute.MESSAGE
    assert card.pinged == set()
    assert scene.calls(*WRITES) == [(EDIT_ORIGINAL, 401), (EDIT_MESSAGE, 200)]


async def test_a_token_known_to_be_dead_is_not_tried(scene: Scene) -> None:
    """After 15 minutes the bot edits the message itself, at once."""
    job = await scene.accepted()
    await scene.clock.advance(QUARTER)
    await scene.finish(job)
    async with scene.announcing():
        await scene.shows(job, "Done")
        await scene.acknowledged(job)
    assert scene.calls(*WRITES) == [(EDIT_MESSAGE, 200)]


async def test_a_deleted_card_comes_back_with_the_result_only(scene: Scene) -> None:
    """While the job runs a deleted card stays away; the result then arrives as one new message."""
    job = await scene.accepted()
    async with scene.announcing():
        await scene.move(job, JobStatus.SUBMITTING, JobStatus.QUEUED)
        scene.delete(await scene.shows(job, "In queue"))
        await scene.move(job, JobStatus.RUNNING)
        known = await scene.acknowledged(job)
        assert known.route is DeliveryRoute.CHANNEL
        assert scene.cards(job) == []
        await scene.move(job, JobStatus.SUCCEEDED, outputs=scene.outputs(1))
        card = await scene.shows(job, "Done")
        known = await scene.acknowledged(job)
    assert scene.cards(job) == [card]
    assert gallery_of(card) == files_of(card) == [f"{job.job_id}-1.png"]
    assert card.pinged == set()
    assert known.posted_message_id == card.id


async def test_a_posted_card_is_edited_from_then_on(scene: Scene) -> None:
    """What comes after a new message changes that message, and keeps its files."""
    job = await scene.accepted(deferred=False)
    async with scene.announcing():
        await scene.finish(job)
        card = await scene.shows(job, "Done")
        await scene.acknowledged(job)
        await scene.move(job, cost=Decimal("0.05"))
        assert await scene.shows(job, "$0.05") is card
        await scene.acknowledged(job)
    assert scene.cards(job) == [card]
    assert files_of(card) == gallery_of(card) == [f"{job.job_id}-1.png"]
    assert scene.results.fetched == [job.job_id]


async def test_a_result_that_was_deleted_does_not_come_back(scene: Scene) -> None:
    """Who deletes a finished card is not answered by a new one when its cost comes late."""
    job = await scene.finish(await scene.accepted())
    async with scene.announcing():
        scene.delete(await scene.shows(job, "Done"))
        await scene.acknowledged(job)
        for cost in ("0.05", "0.06"):
            await scene.move(job, cost=Decimal(cost))
            await scene.acknowledged(job)
    assert scene.cards(job) == []
    assert scene.direct_cards(job) == []
    assert scene.calls(CREATE_MESSAGE, OPEN_DIRECT) == []


@pytest.mark.parametrize("denied", [Permission.SEND_MESSAGES, Permission.VIEW_CHANNEL])
async def test_where_the_bot_may_not_post_the_result_goes_to_its_owner(scene: Scene, denied: Permission) -> None:
    """50013 or 50001 in the channel: a direct message."""
    job = await scene.accepted(deferred=False)
    scene.general.overwrites.append(Overwrite(target_id=scene.state.bot.id, is_role=False, deny=denied))
    await scene.finish(job)
    async with scene.announcing():
        known = await scene.acknowledged(job)
    (card,) = scene.direct_cards(job)
    assert known.route is DeliveryRoute.DIRECT
    assert gallery_of(card) == [f"{job.job_id}-1.png"]
    assert scene.cards(job) == []


async def test_when_the_channel_is_gone_the_result_goes_to_its_owner(scene: Scene) -> None:
    """10003: a direct message."""
    job = await scene.accepted(deferred=False)
    delete_channel(scene.state, scene.general)
    await scene.finish(job)
    async with scene.announcing():
        await scene.acknowledged(job)
    assert len(scene.direct_cards(job)) == 1


async def test_a_private_result_never_goes_into_the_channel(scene: Scene) -> None:
    """A private card whose token is dead goes to its owner's direct messages."""
    job = await scene.accepted(private=True)
    await scene.clock.advance(QUARTER)
    await scene.finish(job)
    async with scene.announcing():
        await scene.acknowledged(job)
        (card,) = scene.direct_cards(job)
        await scene.move(job, cost=Decimal("0.05"))
        await scene.acknowledged(job)
    assert "$0.05" in str(card.components)
    assert [message for message in scene.state.messages_in(scene.general) if not message.is_ephemeral] == []
    assert scene.calls(*WRITES) == [(CREATE_MESSAGE, 200), (EDIT_MESSAGE, 200)]


@pytest.mark.parametrize("comes", [True, False])
async def test_the_rest_of_a_private_result_reaches_its_owner_once(scene: Scene, comes: bool) -> None:  # noqa: FBT001 - a parameter
    """Files that come after the token's death, or the links to them, are one direct message, without the first ones."""
    job = await scene.finish(await scene.accepted(private=True), outputs=3)
    scene.results.troubles = {2: ResultNotReady("HTTP 503")}
    async with scene.announcing():
        old = await scene.shows(job, "Result 2 of 3 is still being fetched.")
        await scene.until_postponed(job)
        if comes:
            scene.results.troubles = {}
        await scene.clock.advance(QUARTER if comes else 25 * 60 * 60)
        await scene.acknowledged(job)
        await scene.move(job, cost=Decimal("0.05"))
        await scene.acknowledged(job)
    (card,) = scene.direct_cards(job)
    assert files_of(card) == ([f"{job.job_id}-2.png"] if comes else [])
    assert links_of(card) == ([] if comes else ["https://results.example/2.png"])
    assert "Results 1 and 3 of 3 came with your private card" in text_of(card)
    assert files_of(old) == [f"{job.job_id}-1.png", f"{job.job_id}-3.png"]
    assert [status for _, status in scene.calls(CREATE_MESSAGE)] == [200]


async def test_a_running_private_job_waits_for_its_end_when_its_token_is_dead(scene: Scene) -> None:
    """Nobody gets a direct message that only says "Running"."""
    job = await scene.accepted(private=True)
    await scene.clock.advance(QUARTER)
    async with scene.announcing():
        await scene.move(job, JobStatus.SUBMITTING, JobStatus.QUEUED)
        known = await scene.acknowledged(job)
    assert known.route is DeliveryRoute.DIRECT
    assert scene.calls(*WRITES, OPEN_DIRECT) == []


async def test_what_nobody_takes_is_kept(scene: Scene) -> None:
    """With its owner's direct messages closed the result is undelivered: its files stay on the disk."""
    job = await scene.accepted(private=True)
    await scene.clock.advance(QUARTER)
    scene.ada.accepts_direct_messages = False
    await scene.finish(job)
    async with scene.announcing():
        known = await scene.acknowledged(job)
        assert known.route is DeliveryRoute.UNDELIVERED
        await scene.move(job, cost=Decimal("0.05"))
        await scene.acknowledged(job)
    assert scene.results.names(job.job_id) == [f"{job.job_id}-1.png"]
    assert scene.results.discarded == []
    assert len(scene.calls(CREATE_MESSAGE)) == 1


async def test_a_card_whose_message_id_was_never_learned_is_found(scene: Scene) -> None:
    """The defer's answer was lost: the card is found in its channel by its last line."""
    job = await scene.accepted(knows_message=False)
    async with scene.announcing():
        await scene.move(job, JobStatus.SUBMITTING, JobStatus.QUEUED)
        card = await scene.shows(job, "In queue")
        assert (await scene.acknowledged(job)).original_message_id == card.id
    await scene.forget_message_id(job)
    await scene.clock.advance(QUARTER)
    await scene.finish(job)
    async with scene.announcing():
        assert await scene.shows(job, "Done") is card
        await scene.acknowledged(job)
    assert scene.cards(job) == [card]


async def test_a_fresh_token_opens_the_first_way_again(scene: Scene) -> None:
    """A press brings a token: a card that had to be posted anew is edited by it."""
    job = await scene.accepted()
    await scene.clock.advance(QUARTER)
    await scene.move(job, JobStatus.SUBMITTING, JobStatus.QUEUED)
    async with scene.announcing():
        card = await scene.shows(job, "In queue")
        await scene.acknowledged(job)
        await scene.press(job, card)
        await scene.finish(job)
        await scene.shows(job, "Done")
        await scene.acknowledged(job)
    assert scene.calls(*WRITES) == [(EDIT_MESSAGE, 200), (EDIT_ORIGINAL, 200)]


async def test_a_private_card_in_direct_messages_stays_one_after_a_press(scene: Scene) -> None:
    """A fresh token that dies again falls back to the same direct message, not to a second one."""
    job = await scene.accepted(private=True)
    await scene.clock.advance(QUARTER)
    async with scene.announcing():
        await scene.move(job, JobStatus.SUBMITTING, JobStatus.UNCONFIRMED)
        await scene.acknowledged(job)
        (card,) = scene.direct_cards(job)
        await scene.press(job, card)
        await scene.clock.advance(QUARTER)
        await scene.finish(await scene.move(job, JobStatus.QUEUED))
        await scene.acknowledged(job)
    assert scene.direct_cards(job) == [card]
    assert gallery_of(card) == [f"{job.job_id}-1.png"]
