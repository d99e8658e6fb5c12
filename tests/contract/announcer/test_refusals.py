"""What Discord will never take: less of the card, then the next way, and an end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from decimal import Decimal

import pytest

from cogs.delivery.failures import DeliveryFailure, FailureCategory
from cogs.delivery.setbacks import Setbacks
from sandbox.discord.traffic import Call
from services.jobs.card import Card, DeliveryRoute
from services.jobs.model import Job
from tests.contract.announcer.scene import (
    CREATE_MESSAGE,
    EDIT_MESSAGE,
    EDIT_ORIGINAL,
    WRITES,
    Scene,
    files_of,
    gallery_of,
    links_of,
    text_of,
)

# Discord's codes for explicit content, invalid recipients, automatic moderation, harmful links, an empty message, an
# invalid form; and one that nobody knows.
REFUSALS = [(400, 20009), (400, 50033), (400, 200000), (400, 240000), (400, 50006), (400, 50035), (403, 987654)]


def refuse(scene: Scene, status: int, code: int, *, only_if: Callable[[Call], bool] = lambda _: True) -> None:
    """Refuse every card of which this is true."""
    for route in WRITES:
        scene.server.faults.fail(route, status=status, code=code, times=None, only_if=only_if)


def has_words(call: Call) -> bool:
    """Whether the prompt is in it, as text or as a file's description."""
    return "a fox" in str(call.json)


async def settled(scene: Scene, job: Job) -> Card:
    """Let time pass until the card needs no further try, and return it."""
    for _ in range(60):
        with contextlib.suppress(TimeoutError):
            return await scene.acknowledged(job, seconds=0.3)
        await scene.clock.advance(20)
    pytest.fail("the card is tried for ever")


@pytest.mark.parametrize(("status", "code"), REFUSALS)
async def test_words_that_discord_refuses_are_left_out(scene: Scene, status: int, code: int) -> None:
    """The result comes in the same message, without the prompt, as its description too."""
    refuse(scene, status, code, only_if=has_words)
    job = await scene.finish(await scene.accepted())
    async with scene.announcing():
        known = await settled(scene, job)
        refused = len(scene.calls(*WRITES)) - 1
        await scene.move(job, cost=Decimal("0.05"))
        await settled(scene, job)
    card = scene.card(job)
    assert known.route is DeliveryRoute.TOKEN
    assert "$0.05" in text_of(card)
    assert files_of(card) == gallery_of(card) == [f"{job.job_id}-1.png"]
    assert refused <= 4
    # What was learned is not asked again.
    assert [status for _, status in scene.calls(*WRITES)][refused:] == [200, 200]


async def test_links_that_discord_refuses_are_left_out(scene: Scene) -> None:
    """The card names the way to the rest."""
    refuse(scene, 400, 240000, only_if=lambda call: "https://results.example" in str(call.json))
    scene.results.sizes = [100, 20_000_000]
    job = await scene.finish(await scene.accepted(), outputs=2)
    async with scene.announcing():
        await settled(scene, job)
    card = scene.card(job)
    assert files_of(card) == [f"{job.job_id}-1.png"]
    assert links_of(card) == []
    assert "`/job` has the rest" in text_of(card)


async def test_files_that_discord_refuses_are_left_out(scene: Scene) -> None:
    """The picture itself is explicit: the card says where it is, and the picture is not uploaded again and again."""
    refuse(scene, 400, 20009, only_if=lambda call: bool(call.files))
    job = await scene.finish(await scene.accepted())
    async with scene.announcing():
        known = await settled(scene, job)
        await scene.move(job, cost=Decimal("0.05"))
        await settled(scene, job)
    card = scene.card(job)
    assert known.route is DeliveryRoute.TOKEN
    assert "`/job` has the rest" in text_of(card)
    assert len([call for call in scene.server.traffic if call.files]) == 2


@pytest.mark.parametrize("is_private", [False, True])
@pytest.mark.parametrize(("status", "code"), [(400, 200000), (403, 987654)])
async def test_a_card_that_is_refused_everywhere_comes_to_an_end(
    scene: Scene, status: int, code: int, *, is_private: bool
) -> None:
    """It is kept for `/job`, after a bounded number of tries and few uploads."""
    refuse(scene, status, code)
    job = await scene.finish(await scene.accepted(private=is_private))
    async with scene.announcing():
        known = await settled(scene, job)
    assert known.route is DeliveryRoute.UNDELIVERED
    assert scene.results.names(job.job_id) == [f"{job.job_id}-1.png"]
    assert len(scene.calls(*WRITES)) <= 20
    if code == 200000:
        assert len([call for call in scene.server.traffic if call.files]) <= 4


async def test_where_one_place_refuses_another_may_take_it(scene: Scene) -> None:
    """Blocked in the channel in every form, the result goes to its owner, whole but for the words."""
    for route in (EDIT_ORIGINAL, EDIT_MESSAGE):
        scene.server.faults.fail(route, status=400, code=200000, times=None)
    in_channel = f"/channels/{scene.general.id}/"
    scene.server.faults.fail(
        CREATE_MESSAGE, status=400, code=200000, times=None, only_if=lambda call: in_channel in call.path
    )
    job = await scene.finish(await scene.accepted())
    async with scene.announcing():
        known = await settled(scene, job)
    assert known.route is DeliveryRoute.DIRECT
    (card,) = scene.direct_cards(job)
    assert files_of(card) == [f"{job.job_id}-1.png"]


@pytest.mark.parametrize("status", [500, None])
async def test_uploads_that_never_come_through_become_fewer_files_and_then_links(
    scene: Scene, status: int | None
) -> None:
    """A server's error or silence at each of them, while a card without files passes; then they are tried once more."""
    scene.edits_within(0.6)
    if status is None:
        scene.server.faults.hang(EDIT_ORIGINAL, times=None, only_if=lambda call: bool(call.files))
    else:
        scene.server.faults.fail(EDIT_ORIGINAL, status=status, times=None, only_if=lambda call: bool(call.files))
    job = await scene.finish(await scene.accepted(), outputs=4)
    async with scene.announcing():
        await settled(scene, job)
    card = scene.card(job)
    assert "None of the 4 results could be uploaded." in text_of(card)
    assert len(links_of(card)) == 4
    sent = [len(call.files) for call in scene.server.traffic if call.files]
    assert sent[:3] == [4, 4, 4]
    assert sent[-3:] == [2, 1, 4]
    assert len(sent) <= 10


async def test_an_outage_makes_no_links_of_files(scene: Scene) -> None:
    """Where a card without files does not come through either, the files are uploaded when Discord is back."""
    scene.edits_within(0.3)
    fault = scene.server.faults.fail(EDIT_ORIGINAL, status=503, times=None)
    job = await scene.finish(await scene.accepted())
    async with scene.announcing():
        for _ in range(12):
            await scene.until_postponed(job)
            await scene.clock.advance(20)
        scene.server.faults.remove(fault)
        await settled(scene, job)
    assert files_of(scene.card(job)) == [f"{job.job_id}-1.png"]


async def test_a_way_that_closes_to_the_rest_makes_no_second_card(scene: Scene) -> None:
    """A private card that stands, with links to what could not be uploaded, is its owner's one message."""
    scene.edits_within(0.6)

    def stands() -> bool:
        return any("could be uploaded" in text_of(card) for card in scene.cards(job))

    refuse = scene.server.faults.fail
    refuse(EDIT_ORIGINAL, status=500, times=None, only_if=lambda call: bool(call.files) and not stands())
    refuse(EDIT_ORIGINAL, status=404, code=10015, times=None, only_if=lambda call: bool(call.files) and stands())
    job = await scene.finish(await scene.accepted(private=True), outputs=2)
    async with scene.announcing():
        await settled(scene, job)
    assert (EDIT_ORIGINAL, 404) in scene.calls(EDIT_ORIGINAL)
    assert scene.direct_cards(job) == []
    assert "could be uploaded" in text_of(scene.card(job))


@pytest.mark.parametrize(("status", "code"), [(403, 40333), (401, 40001), (401, 20040)])
async def test_a_no_about_the_bot_passes(scene: Scene, status: int, code: int) -> None:
    """Some seconds of something in front of Discord, or of a token that is renewed, cost no card anything."""
    fault = scene.server.faults.fail(EDIT_ORIGINAL, status=status, code=code, times=None)
    job = await scene.finish(await scene.accepted())
    async with scene.announcing():
        for _ in range(6):
            await scene.until_postponed(job)
            await scene.clock.advance(20)
        scene.server.faults.remove(fault)
        known = await settled(scene, job)
    assert known.route is DeliveryRoute.TOKEN
    assert files_of(scene.card(job)) == [f"{job.job_id}-1.png"]


def test_a_no_that_nobody_knows_is_counted_again_for_each_way() -> None:
    """What one way has said too often says nothing of the next."""
    unknown = DeliveryFailure(category=FailureCategory.UNKNOWN, words="HTTP 403, code 340013", has_code=True)
    setbacks = Setbacks()
    while not setbacks.is_certain(unknown):
        pass
    setbacks.begin_elsewhere()
    assert not setbacks.is_certain(unknown)
