"""A process that dies in the middle of showing a card, and the next one that takes it up: on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.discord.permission_flags import Permission
from sandbox.discord.traffic import Call
from services.errors import ResultProblem, ResultUnavailable
from services.jobs.card import Card, DeliveryRoute, Rendering
from services.jobs.model import Job, JobStatus
from tests.contract.announcer.scene import (
    CREATE_MESSAGE,
    EDIT_MESSAGE,
    EDIT_ORIGINAL,
    LIST_MESSAGES,
    WRITES,
    Scene,
    files_of,
    gallery_of,
    text_of,
)
from tests.contract.jobs.test_damaged_rows import damage
from tests.rig import until

MINUTE = 60


@pytest.fixture
async def scene_url(url: str) -> str:
    """SQLite and PostgreSQL: leases are measured by the database's clock, and a crash leaves them in its rows."""
    return url


async def die_at(scene: Scene, route: str, *, applied: bool) -> None:
    """Run an announcer that dies when it calls the route, before or after the call has its effect."""
    async with scene.announcing("dead") as bot:

        async def die(_: Call) -> None:
            await bot.remove_cog("Announcer")

        hook = scene.server.faults.hook(route, after=die) if applied else scene.server.faults.hook(route, before=die)
        await until(lambda: hook.is_spent and bot.get_cog("Announcer") is None, what="the death")
        if not applied:
            # The request was on its way when the process died: whether it counts is seen below.
            await until(lambda: scene.server.traffic[-1].status is not None, what="the request's end")
    await scene.cards_store.forget_leases()


OVERTAKEN = Rendering(status=JobStatus.RUNNING, digest="shown")


async def taken_up(scene: Scene, job: Job) -> Card:
    """Let the next process do its work, and return the card when it is up to date."""
    async with scene.announcing("next"):
        return await scene.acknowledged(job)


async def test_uploaded_but_not_acknowledged(scene: Scene) -> None:
    """The same message is edited again with the same file: one message, one file."""
    job = await scene.finish(await scene.accepted())
    await die_at(scene, EDIT_ORIGINAL, applied=True)
    assert (await scene.reload_card(job)).files == ()
    known = await taken_up(scene, job)
    card = scene.card(job)
    assert files_of(card) == gallery_of(card) == [f"{job.job_id}-1.png"]
    assert [file.attachment_id for file in known.files] == [file.id for file in card.attachments]


async def test_uploaded_but_not_acknowledged_and_the_result_is_gone_since(scene: Scene) -> None:
    """Before bad news the message is read: the file hangs there already, and stays."""
    job = await scene.finish(await scene.accepted())
    await die_at(scene, EDIT_ORIGINAL, applied=True)
    await scene.results.discard(job.job_id)
    scene.results.failure = ResultUnavailable(ResultProblem.GONE)
    known = await taken_up(scene, job)
    card = scene.card(job)
    assert files_of(card) == gallery_of(card) == [f"{job.job_id}-1.png"]
    assert "no longer there" not in text_of(card)
    assert [file.attachment_id for file in known.files] == [file.id for file in card.attachments]


async def test_the_same_by_the_bots_own_edit(scene: Scene) -> None:
    """With the token dead the message is read by the bot itself."""
    job = await scene.finish(await scene.accepted())
    await scene.clock.advance(16 * MINUTE)
    await die_at(scene, EDIT_MESSAGE, applied=True)
    scene.results.failure = ResultUnavailable(ResultProblem.GONE)
    await taken_up(scene, job)
    card = scene.card(job)
    assert files_of(card) == gallery_of(card) == [f"{job.job_id}-1.png"]


async def test_posted_but_not_acknowledged(scene: Scene) -> None:
    """Soon afterwards Discord knows the nonce: the message is not posted twice, and shows what is true now."""
    job = await scene.finish(await scene.accepted(deferred=False))
    await die_at(scene, CREATE_MESSAGE, applied=True)
    await scene.move(job, cost=None)
    known = await taken_up(scene, job)
    card = scene.card(job)
    assert files_of(card) == gallery_of(card) == [f"{job.job_id}-1.png"]
    assert "$" not in text_of(card)
    assert known.posted_message_id == card.id
    assert [status for _, status in scene.calls(CREATE_MESSAGE)] == [200, 200]


async def test_posted_but_not_acknowledged_and_long_ago(scene: Scene) -> None:
    """When Discord may have forgotten the nonce, the channel is looked through first."""
    scene.chat(1)
    job = await scene.finish(await scene.accepted(deferred=False))
    await die_at(scene, CREATE_MESSAGE, applied=True)
    await scene.clock.advance(30 * MINUTE)
    known = await taken_up(scene, job)
    card = scene.card(job)
    assert gallery_of(card) == [f"{job.job_id}-1.png"]
    assert known.posted_message_id == card.id
    assert len(scene.calls(CREATE_MESSAGE)) == 1


async def test_posted_but_not_acknowledged_in_a_busy_channel(scene: Scene) -> None:
    """However much was written before and after, the message is found by its time."""
    scene.chat(310)
    job = await scene.finish(await scene.accepted(deferred=False))
    await die_at(scene, CREATE_MESSAGE, applied=True)
    await scene.clock.advance(3 * MINUTE + 10)
    scene.chat(310)
    known = await taken_up(scene, job)
    card = scene.card(job)
    assert gallery_of(card) == [f"{job.job_id}-1.png"]
    assert known.posted_message_id == card.id
    assert len(scene.calls(CREATE_MESSAGE)) == 1


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("minutes", [0, 4])
async def test_where_the_bot_may_not_read_the_result_is_posted_once(
    scene: Scene, minutes: int, *, applied: bool
) -> None:
    """Nothing can be looked for there: what may stand twice is a line that the result follows, never the result."""
    scene.chat(3)
    scene.deny(Permission.READ_MESSAGE_HISTORY)
    job = await scene.finish(await scene.accepted(deferred=False))
    await die_at(scene, CREATE_MESSAGE, applied=applied)
    await scene.clock.advance(minutes * MINUTE)
    known = await taken_up(scene, job)
    card = scene.card(job)
    assert gallery_of(card) == [f"{job.job_id}-1.png"]
    assert known.posted_message_id == card.id
    assert [message for message in scene.state.messages_in(scene.general) if message.attachments] == [card]


async def test_a_result_that_was_edited_in_where_the_bot_may_not_read_is_edited_again(scene: Scene) -> None:
    """The placeholder's id is known by then: the same message, once."""
    scene.deny(Permission.READ_MESSAGE_HISTORY)
    job = await scene.finish(await scene.accepted(deferred=False))
    await die_at(scene, EDIT_MESSAGE, applied=True)
    await scene.clock.advance(30 * MINUTE)
    await taken_up(scene, job)
    assert gallery_of(scene.card(job)) == [f"{job.job_id}-1.png"]
    assert len(scene.calls(CREATE_MESSAGE)) == 1


async def test_a_result_that_may_stand_where_nothing_can_be_read_any_more_is_not_posted_again(scene: Scene) -> None:
    """The permission was taken away in between: `/job` has the result."""
    scene.chat(1)
    job = await scene.finish(await scene.accepted(deferred=False))
    await die_at(scene, CREATE_MESSAGE, applied=True)
    scene.deny(Permission.READ_MESSAGE_HISTORY)
    await scene.clock.advance(30 * MINUTE)
    known = await taken_up(scene, job)
    assert known.route is DeliveryRoute.UNDELIVERED
    assert len(scene.cards(job)) == 1
    assert scene.direct_cards(job) == []


async def test_an_end_shown_in_a_message_that_was_never_learned_is_not_posted_again(scene: Scene) -> None:
    """The defer's answer was lost, and the process died with the result on the card; its token is dead since."""
    scene.deny(Permission.READ_MESSAGE_HISTORY)
    job = await scene.finish(await scene.accepted(knows_message=False))
    await die_at(scene, EDIT_ORIGINAL, applied=True)
    await scene.clock.advance(30 * MINUTE)
    await taken_up(scene, job)
    assert gallery_of(scene.card(job)) == [f"{job.job_id}-1.png"]
    assert scene.calls(CREATE_MESSAGE) == []


async def test_about_to_post_and_long_ago(scene: Scene) -> None:
    """A nonce that was never used is no card: it is posted then, once."""
    job = await scene.finish(await scene.accepted(deferred=False))
    scene.server.faults.reset(CREATE_MESSAGE)
    await die_at(scene, CREATE_MESSAGE, applied=False)
    assert (await scene.reload_card(job)).nonce is not None
    await scene.clock.advance(30 * MINUTE)
    known = await taken_up(scene, job)
    assert known.posted_message_id == scene.card(job).id
    assert gallery_of(scene.card(job)) == [f"{job.job_id}-1.png"]


async def test_a_direct_message_posted_but_not_acknowledged(scene: Scene) -> None:
    """The same holds in direct messages."""
    job = await scene.finish(await scene.accepted(private=True))
    await scene.clock.advance(16 * MINUTE)
    await die_at(scene, CREATE_MESSAGE, applied=True)
    await scene.clock.advance(30 * MINUTE)
    known = await taken_up(scene, job)
    (card,) = scene.direct_cards(job)
    assert known.route is DeliveryRoute.DIRECT
    assert known.posted_message_id == card.id


async def test_a_nonce_is_committed_before_the_message_is_sent(scene: Scene) -> None:
    """When the request arrives, the database knows its nonce."""
    scene.chat(1)
    job = await scene.finish(await scene.accepted(deferred=False))
    known: list[str | None] = []

    async def look(call: Call) -> None:
        known.append((await scene.reload_card(job)).nonce)
        assert call.json["nonce"] == known[0]
        assert call.json["enforce_nonce"] is True

    scene.server.faults.hook(CREATE_MESSAGE, before=look)
    await taken_up(scene, job)
    assert known == [f"{job.job_id}-channel"]


async def test_a_dead_process_s_card_waits_for_its_lease_alone(scene: Scene) -> None:
    """However long an edit may last: the card is taken up once the lease of the settings has run out."""
    scene.leases_for(0.3)
    scene.edits_within(600.0)
    job = await scene.finish(await scene.accepted())
    fault = scene.server.faults.hang(EDIT_ORIGINAL)
    async with scene.announcing("dead") as bot:
        await until(lambda: fault.is_spent)
        await bot.remove_cog("Announcer")
    await taken_up(scene, job)
    assert files_of(scene.card(job)) == [f"{job.job_id}-1.png"]


async def test_an_edit_that_outlasts_its_lease_keeps_it(scene: Scene) -> None:
    """Who still works on a card renews its lease: nobody else edits it meanwhile, and the edit counts."""
    scene.leases_for(0.3)
    job = await scene.finish(await scene.accepted())

    async def last(_: Call) -> None:
        await scene.until_renewed(job, times=5)

    hook = scene.server.faults.hook(EDIT_ORIGINAL, before=last)
    async with scene.announcing("slow"):
        await until(lambda: hook.is_spent)
        async with scene.announcing("other"):
            await scene.acknowledged(job)
    assert len(scene.calls(*WRITES)) == 1
    assert (await scene.reload(job)).version == job.version


async def test_a_lease_lost_in_the_middle_of_an_edit(scene: Scene) -> None:
    """An old edit that arrives late is followed by a right one."""
    job = await scene.accepted()
    await scene.move(job, JobStatus.SUBMITTING, JobStatus.QUEUED, queue_position=9)

    async def overtake(_: Call) -> None:
        # Another process takes the card up, shows a newer state, and acknowledges it: all while this edit hangs.
        await scene.give_lease_to(job, "other")
        await scene.move(job, JobStatus.RUNNING)
        shown = replace(await scene.reload_card(job), rendering=OVERTAKEN)
        assert await scene.cards_store.acknowledge(job.job_id, shown, worker_id="other")

    scene.server.faults.hook(EDIT_ORIGINAL, before=overtake)
    async with scene.announcing():
        card = await scene.shows(job, "Running")
        known = await scene.acknowledged(job)
    shown = [str(revision.components) for revision in card.revisions]
    assert "Queue position **9**" in shown[-2]
    assert "Running" in shown[-1]
    assert known.rendering != OVERTAKEN
    assert len(scene.calls(*WRITES)) == 2


async def test_a_lease_lost_before_a_message_is_posted(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """Who lost the lease does not post: the one who has it does."""
    job = await scene.finish(await scene.accepted(deferred=False))

    async def take_away(_: Call) -> None:
        await scene.give_lease_to(job, "other")

    # The search for a card whose message is not known: the last call before the nonce would be committed.
    scene.server.faults.hook(LIST_MESSAGES, before=take_away)
    async with scene.announcing():
        await until(lambda: "somebody else shows its card now" in caplog.text)
        assert scene.calls(CREATE_MESSAGE) == []
        await scene.cards_store.forget_leases()
        await scene.acknowledged(job)
    assert len(scene.cards(job)) == 1
    assert len(scene.calls(CREATE_MESSAGE)) == 1


async def test_posted_but_not_acknowledged_and_the_clock_was_set_meanwhile(scene: Scene) -> None:
    """What was noted of the time of sending is hours away from Discord's: the message is found all the same."""
    scene.chat(1)
    job = await scene.finish(await scene.accepted(deferred=False))
    await die_at(scene, CREATE_MESSAGE, applied=True)
    scene.chat(5)
    sent_at = (await scene.reload_card(job)).nonce_at
    assert sent_at is not None
    wrong = int((sent_at - timedelta(hours=5)).timestamp() * 1_000_000)
    await damage(scene.database, job, "cards.nonce_at", str(wrong))
    known = await taken_up(scene, job)
    assert known.posted_message_id == scene.card(job).id
    assert len(scene.calls(CREATE_MESSAGE)) == 1
