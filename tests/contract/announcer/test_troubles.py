"""Discord answering with errors, late, or not at all."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Sequence
from datetime import datetime

import pytest

from sandbox.discord.rest.faults import Fault
from sandbox.discord.rest.responses import Answer
from sandbox.discord.traffic import Call
from services.errors import StoreUnavailable
from services.jobs import outbox
from services.jobs.card import Card, DeliveryRoute, DueCard
from services.jobs.model import JobStatus
from services.jobs.ports import Lease
from services.store.cards import SqlCardStore
from services.store.database import Database
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
from tests.rig import until

HOUR = 3600


@pytest.mark.parametrize("status", [500, 503])
async def test_a_server_error_is_tried_again_by_the_same_way(scene: Scene, status: int) -> None:
    """Nothing is given up for an error that says nothing: the card is the same message."""
    scene.edits_within(0.5)
    job = await scene.finish(await scene.accepted())
    scene.server.faults.fail(EDIT_ORIGINAL, status=status, times=2)
    async with scene.announcing():
        await scene.shows(job, "Done")
        known = await scene.acknowledged(job)
    assert known.route is DeliveryRoute.TOKEN
    assert {route for route, _ in scene.calls(*WRITES)} == {EDIT_ORIGINAL}
    assert gallery_of(scene.card(job)) == [f"{job.job_id}-1.png"]


async def test_a_rate_limit_is_waited_out(scene: Scene) -> None:
    """429 with a short wait: the same edit again."""
    job = await scene.finish(await scene.accepted())
    scene.server.faults.fail(EDIT_ORIGINAL, status=429, retry_after=0.2)
    async with scene.announcing():
        await scene.shows(job, "Done")
        await scene.acknowledged(job)
    assert scene.calls(*WRITES) == [(EDIT_ORIGINAL, 429), (EDIT_ORIGINAL, 200)]


async def test_a_long_rate_limit_holds_up_nobody_else(scene: Scene) -> None:
    """discord.py would sleep for ten minutes in place; the edit is cut short and other cards go on."""
    scene.edits_within(0.3)
    slow, quick = await scene.finish(await scene.accepted()), await scene.finish(await scene.accepted())
    slow_token = (await scene.reload_card(slow)).token
    fault = scene.server.faults.fail(
        EDIT_ORIGINAL, status=429, retry_after=600.0, times=None, only_if=lambda call: slow_token in call.path
    )
    async with scene.announcing():
        await scene.shows(quick, "Done")
        await until(lambda: fault.hits >= 2, what="a second try")
        assert scene.cards(slow) == []
        scene.server.faults.remove(fault)
        await scene.shows(slow, "Done")
        await scene.acknowledged(slow)
    assert len(scene.cards(slow)) == len(scene.cards(quick)) == 1


async def test_a_global_rate_limit_that_is_cut_short_does_not_stop_the_bot(scene: Scene) -> None:
    """discord.py holds back all requests during a global limit, for ever where its wait is cancelled: not here."""
    scene.edits_within(1.5)
    job = await scene.finish(await scene.accepted(token_until=scene.clock.now()))
    body = {"message": "You are being rate limited.", "retry_after": 300.0, "global": True}

    async def refuse(_: Call) -> Answer:
        return Answer(status=429, body=body)

    scene.server.faults.script.append(Fault(route=EDIT_MESSAGE, times=1, before=refuse))
    async with scene.announcing():
        await scene.shows(job, "Done")
        known = await scene.acknowledged(job)
    assert known.route is DeliveryRoute.MESSAGE
    assert scene.calls(*WRITES) == [(EDIT_MESSAGE, 429), (EDIT_MESSAGE, 200)]


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("kind", ["reset", "hang", "error"])
async def test_an_edit_whose_answer_is_lost(scene: Scene, kind: str, applied: bool) -> None:  # noqa: FBT001 - a parameter
    """Applied or not, the same message is edited again: one message, one file."""
    scene.edits_within(0.5)
    job = await scene.finish(await scene.accepted())
    lose(scene, kind, EDIT_ORIGINAL, applied=applied)
    async with scene.announcing():
        await scene.shows(job, "Done")
        await scene.acknowledged(job)
    card = scene.card(job)
    assert files_of(card) == gallery_of(card) == [f"{job.job_id}-1.png"]
    assert len(scene.calls(*WRITES)) == 2


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("kind", ["reset", "hang", "error"])
async def test_a_new_message_whose_answer_is_lost(scene: Scene, kind: str, applied: bool) -> None:  # noqa: FBT001 - a parameter
    """Applied or not, there is one message in the end."""
    scene.edits_within(0.5)
    job = await scene.finish(await scene.accepted(deferred=False))
    lose(scene, kind, CREATE_MESSAGE, applied=applied)
    async with scene.announcing():
        await scene.shows(job, "Done")
        known = await scene.acknowledged(job)
    card = scene.card(job)
    assert files_of(card) == gallery_of(card) == [f"{job.job_id}-1.png"]
    assert known.posted_message_id == card.id


def lose(scene: Scene, kind: str, route: str, *, applied: bool) -> None:
    """Lose the next answer of a route."""
    faults = scene.server.faults
    if kind == "reset":
        faults.reset(route, applied=applied)
    elif kind == "hang":
        faults.hang(route, applied=applied)
    else:
        faults.fail(route, status=500, applied=applied)


async def test_an_answer_that_nobody_knows_closes_no_way(scene: Scene) -> None:
    """A 403 without a known code is no definite refusal: the same way again."""
    job = await scene.finish(await scene.accepted())
    scene.server.faults.fail(EDIT_ORIGINAL, status=403, code=0)
    async with scene.announcing():
        await scene.shows(job, "Done")
        await scene.acknowledged(job)
    assert scene.calls(*WRITES) == [(EDIT_ORIGINAL, 403), (EDIT_ORIGINAL, 200)]


@pytest.mark.parametrize("code", [40005, 0])
async def test_a_file_that_discord_finds_too_large_becomes_a_link(scene: Scene, code: int) -> None:
    """413 or 40005: the card links to the service's file and says why, by the same way."""
    job = await scene.finish(await scene.accepted())
    scene.server.faults.fail(EDIT_ORIGINAL, status=413, code=code)
    async with scene.announcing():
        card = await scene.shows(job, "larger than this place lets a bot upload")
        await scene.acknowledged(job)
    assert links_of(card) == ["https://results.example/1.png"]
    assert files_of(card) == []
    assert scene.calls(*WRITES) == [(EDIT_ORIGINAL, 413), (EDIT_ORIGINAL, 200)]


@pytest.mark.parametrize("code", [40005, 0])
async def test_files_that_are_too_much_together_become_fewer(scene: Scene, code: int) -> None:
    """413 or 40005 counts at once: what passes together hangs at the card, and the rest comes with further edits."""
    job = await scene.finish(await scene.accepted(), outputs=4)
    scene.server.faults.fail(EDIT_ORIGINAL, status=413, code=code, times=None, only_if=lambda call: len(call.files) > 1)
    async with scene.announcing():
        card = await scene.shows(job, "Done")
        await scene.acknowledged(job)
    assert files_of(card) == gallery_of(card) == [f"{job.job_id}-{number}.png" for number in range(1, 5)]
    assert links_of(card) == []
    assert [len(call.files) for call in scene.server.traffic if call.files] == [4, 2, 1, 1, 1, 1]


async def test_only_what_is_too_large_alone_is_linked_to(scene: Scene) -> None:
    """Something on the way takes less than Discord: the larger files are refused one by one, the others pass."""
    scene.results.sizes = [3_000, 90_000, 2_000, 80_000]
    job = await scene.finish(await scene.accepted(), outputs=4)
    scene.server.faults.fail(
        EDIT_ORIGINAL, status=413, times=None, only_if=lambda call: sum(file.size for file in call.files) > 50_000
    )
    async with scene.announcing():
        card = await scene.shows(job, "Results 2 and 4 of 4 do not fit into what this place lets a bot upload.")
        await scene.acknowledged(job)
    assert files_of(card) == [f"{job.job_id}-1.png", f"{job.job_id}-3.png"]
    assert links_of(card) == ["https://results.example/2.png", "https://results.example/4.png"]


async def test_the_place_is_smaller_than_was_said(scene: Scene) -> None:
    """A server that lost its boosts: the real limit, met with 40005, gives a link."""
    scene.results.sizes = [11 * 1024 * 1024]
    job = await scene.finish(await scene.accepted(upload_limit_bytes=50 * 1024 * 1024))
    async with scene.announcing():
        await scene.shows(job, "larger than this place lets a bot upload")
        await scene.acknowledged(job)


async def test_what_every_place_takes_is_shown_where_it_is_smaller_than_was_said(scene: Scene) -> None:
    """Met with 40005, only what does not fit becomes a link: the other results hang at the card."""
    scene.results.sizes = [11 * 1024 * 1024, 1024, 2048]
    job = await scene.finish(await scene.accepted(upload_limit_bytes=50 * 1024 * 1024), outputs=3)
    async with scene.announcing():
        card = await scene.shows(job, "Result 1 of 3 does not fit into what this place lets a bot upload.")
        await scene.acknowledged(job)
    assert files_of(card) == gallery_of(card) == [f"{job.job_id}-2.png", f"{job.job_id}-3.png"]
    assert links_of(card) == ["https://results.example/1.png"]


async def test_a_card_that_discord_refuses_to_read_becomes_a_plain_one(scene: Scene) -> None:
    """50035: a card without anything that somebody wrote, but with the result."""
    job = await scene.finish(await scene.accepted())
    scene.server.faults.fail(EDIT_ORIGINAL, status=400, code=50035)
    async with scene.announcing():
        card = await scene.shows(job, "Done")
        await scene.acknowledged(job)
    assert "a fox" not in text_of(card)
    assert files_of(card) == gallery_of(card) == [f"{job.job_id}-1.png"]


async def test_a_file_that_no_longer_hangs_at_the_card_is_fetched_again(scene: Scene) -> None:
    """50035 for an attachment that somebody removed: what hangs there is read, and the rest uploaded again."""
    job = await scene.finish(await scene.accepted())
    async with scene.announcing():
        card = await scene.shows(job, "Done")
        await scene.acknowledged(job)
        card.attachments.clear()
        await scene.move(job, cost=None)
        await scene.acknowledged(job)
    assert files_of(card) == gallery_of(card) == [f"{job.job_id}-1.png"]
    assert "a fox" in text_of(card)


async def test_a_message_edited_too_often_waits(scene: Scene) -> None:
    """30046 has no retry_after, and discord.py raises KeyError: ten minutes later the same message is edited."""
    job = await scene.accepted()
    await scene.clock.advance(2 * HOUR)
    await scene.finish(job)
    scene.server.faults.fail(
        EDIT_MESSAGE, status=429, code=30046, message="Maximum number of edits to messages older than 1 hour reached."
    )
    async with scene.announcing():
        await until(lambda: scene.calls(EDIT_MESSAGE) == [(EDIT_MESSAGE, 429)])
        await scene.until_postponed(job, by_seconds=590)
        await scene.clock.advance(610)
        await scene.shows(job, "Done")
        await scene.acknowledged(job)
    assert scene.calls(*WRITES) == [(EDIT_MESSAGE, 429), (EDIT_MESSAGE, 200)]
    assert len(scene.cards(job)) == 1


async def test_direct_messages_that_cannot_be_opened_just_now(scene: Scene) -> None:
    """A server error on the way to the owner is no closed door."""
    scene.edits_within(0.5)
    job = await scene.accepted(private=True, token_until=scene.clock.now())
    await scene.finish(job)
    scene.server.faults.fail(OPEN_DIRECT, status=503)
    async with scene.announcing():
        known = await scene.acknowledged(job)
    assert known.route is DeliveryRoute.DIRECT
    assert len(scene.direct_cards(job)) == 1


class ForgetfulStore(SqlCardStore):
    """A database that is away whenever one job's card is to be written down, while `is_away_for` names it."""

    is_away_for = ""

    async def acknowledge(self, job_id: str, card: Card, *, worker_id: str) -> bool:
        """Fail for that job."""
        if job_id == self.is_away_for:
            raise StoreUnavailable("away")
        return await super().acknowledge(job_id, card, worker_id=worker_id)

    async def postpone(self, job_id: str, *, worker_id: str, until: datetime) -> None:
        """Fail for that job."""
        if job_id == self.is_away_for:
            raise StoreUnavailable("away")
        await super().postpone(job_id, worker_id=worker_id, until=until)


async def test_a_database_that_is_away_stops_nobody(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """The loop goes on, without an error for each card; the card is edited once more when its lease is free again."""
    store = ForgetfulStore(scene.database)
    scene.cards_store = store
    job = await scene.finish(await scene.accepted())
    store.is_away_for = job.job_id
    async with scene.announcing():
        await scene.shows(job, "Done")
        other = await scene.finish(await scene.accepted())
        await scene.shows(other, "Done")
        store.is_away_for = ""
        await store.forget_leases()
        known = await scene.acknowledged(job)
    assert files_of(scene.card(job)) == [f"{job.job_id}-1.png"]
    assert len(known.files) == 1
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


class FullStore(SqlCardStore):
    """A database that tells what is due and takes no writes; `tried_at` are the moments, by the loop's clock."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.tried_at: list[float] = []

    async def claim_due(self, lease: Lease, *, now: datetime, limit: int) -> Sequence[DueCard]:
        """Fail until it was tried six times."""
        if len(self.tried_at) < 6:
            self.tried_at.append(asyncio.get_running_loop().time())
            raise StoreUnavailable("full")
        return await super().claim_due(lease, now=now, limit=limit)


async def test_a_full_database_is_asked_ever_more_rarely(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is due and cannot be taken does not make the loop spin, and is taken once it can be."""
    monkeypatch.setattr(outbox, "FIRST_PAUSE_SECONDS", 0.02)
    store = FullStore(scene.database)
    scene.cards_store = store
    scene.scans_every(5.0)
    job = await scene.finish(await scene.accepted())
    async with scene.announcing():
        await scene.acknowledged(job)
    gaps = [later - earlier for earlier, later in itertools.pairwise(store.tried_at)]
    assert gaps[-1] >= 0.02 * 2**4


async def test_stopping_leaves_nothing_running(scene: Scene) -> None:
    """Unloading the cog cuts the edit short and waits until it is over; the next start shows the card."""
    job = await scene.finish(await scene.accepted())
    fault = scene.server.faults.hang(EDIT_ORIGINAL)
    async with scene.announcing() as bot:
        await until(lambda: fault.is_spent)
        await bot.remove_cog("Announcer")
        ours = ("announcer", "card-", "download-")
        assert [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith(ours)] == []
        await scene.cards_store.release("this")
    async with scene.announcing():
        await scene.shows(job, "Done")
        await scene.acknowledged(job)
    assert (await scene.reload(job)).status is JobStatus.SUCCEEDED
