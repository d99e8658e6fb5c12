"""A job's card from its first words to the result, and what its buttons do."""

from __future__ import annotations

import pytest

from sandbox.bot_process import BotProcess
from sandbox.client_driver import Card, ClientDriver
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.promise import assert_promise_kept, records, settled
from tests.rig import StartBot, until

ORIGINAL = "PATCH /webhooks/{application_id}/{token}/messages/@original"


async def ask(sandbox: Sandbox, prompt: str = "a fox in the snow", *, by: ClientDriver | None = None) -> Card:
    """Let a member run /edit with one picture and return the card as soon as it stands."""
    reply = await (by or sandbox.clients.ada).slash(
        "edit", prompt=prompt, image1=paint("cat.png", width=64, height=48), quality="low"
    )
    return await reply.message(timeout_seconds=20)


def words(card: Card) -> list[str]:
    """Return the states' words in the order in which the card showed them."""
    shown = [state.text.splitlines()[0].split(" ", 2)[2] for state in card.history if not state.is_thinking]
    return [word for number, word in enumerate(shown) if shown[:number][-1:] != [word]]


async def test_a_job_that_runs_straight_through(sandbox: Sandbox, bot: BotProcess) -> None:
    """At most three edits of one message; at the end the picture, its alt text, cost and duration, and no pings."""
    assert bot.is_running
    card = await ask(sandbox)
    await card.until_text("Done")
    (found,) = await settled(sandbox)
    assert card.edits <= 3
    (picture,) = card.media
    assert found.job_id in picture.url
    assert picture.description == "a fox in the snow"
    assert "> a fox in the snow" in card.text
    assert "cat.png" in card.text
    assert "low" in card.text
    last = card.text.splitlines()[-1]
    assert last.startswith(f"-# Job {found.job_id} · $")
    assert " · took " in last
    assert card.pinged == frozenset()
    assert not card.buttons
    assert sandbox.channels.general.seen_by(sandbox.clients.ben) == [card]
    assert_promise_kept(sandbox, [found])


async def test_a_job_that_takes_its_time_shows_each_state(sandbox: Sandbox, bot: BotProcess) -> None:
    """In queue with a Cancel button, Running without one, Done with the result; in one message."""
    assert bot.is_running
    sandbox.model_api.pace.hold_in_queue()
    sandbox.model_api.pace.hold_in_progress()
    card = await ask(sandbox)
    await card.until_text("In queue")
    assert card.button("Cancel").is_disabled is False
    sandbox.model_api.pace.release()
    sandbox.model_api.pace.hold_in_progress()
    await card.until_text("Running")
    assert not card.buttons
    assert "A running job cannot be cancelled." in card.text
    sandbox.model_api.pace.release()
    await card.until_text("Done")
    assert words(card)[-3:] == ["In queue", "Running", "Done"]
    assert_promise_kept(sandbox, await settled(sandbox))


@pytest.mark.settings(quota={"jobs_per_day": 5, "running_per_user": 1, "waiting_per_user": 2})
async def test_a_waiting_job_says_so_and_starts_by_itself(sandbox: Sandbox, bot: BotProcess) -> None:
    """Beyond "at once" a card reads Waiting, can be cancelled, and goes on when a place is free."""
    assert bot.is_running
    sandbox.model_api.pace.hold_in_queue()
    first, second, third = await ask(sandbox, "one"), await ask(sandbox, "two"), await ask(sandbox, "three")
    await second.until_text("Waiting")
    await third.until_text("Waiting")
    await third.click("Cancel")
    await third.until_text("Cancelled")
    sandbox.model_api.pace.release()
    await first.until_text("Done")
    await second.until_text("Done")
    assert_promise_kept(sandbox, await settled(sandbox, count=3))


@pytest.mark.parametrize("who", ["ada", "mod"])
async def test_cancel(sandbox: Sandbox, bot: BotProcess, who: str) -> None:
    """The owner, or who keeps order there, cancels a queued job; the card says so when the service confirmed it."""
    assert bot.is_running
    sandbox.model_api.pace.hold_in_queue()
    card = await ask(sandbox)
    await card.until_text("In queue")
    presser: ClientDriver = getattr(sandbox.clients, who)
    reply = await presser.click(card, "Cancel")
    await reply.acknowledged()
    await card.until_text("Cancelled")
    assert not card.buttons
    assert reply.messages == []
    (found,) = await settled(sandbox)
    assert found.status == "cancelled"
    assert_promise_kept(sandbox, [found])


async def test_cancel_by_somebody_else(sandbox: Sandbox, bot: BotProcess) -> None:
    """Anybody else gets a private no, and the job goes on."""
    assert bot.is_running
    sandbox.model_api.pace.hold_in_queue()
    card = await ask(sandbox)
    await card.until_text("In queue")
    answer = await (await sandbox.clients.ben.click(card, "Cancel")).message()
    assert answer.is_ephemeral
    assert "somebody else's" in answer.text
    sandbox.model_api.pace.release()
    await card.until_text("Done")


async def test_cancel_pressed_twice_and_delivered_twice(sandbox: Sandbox, bot: BotProcess) -> None:
    """A double click, and an event that arrives twice, cancel once and break nothing."""
    assert bot.is_running
    sandbox.model_api.pace.hold_in_queue()
    card = await ask(sandbox)
    await card.until_text("In queue")
    first = await card.click("Cancel", twice=True)
    second = await card.click("Cancel")
    await card.until_text("Cancelled")
    assert first.failed is None
    await second.acknowledged()
    (found,) = await settled(sandbox)
    assert found.status == "cancelled"


async def test_cancel_that_comes_too_late(sandbox: Sandbox, bot: BotProcess) -> None:
    """The job starts while the cancel is on its way: the press is told so, privately, and so says the card."""
    assert bot.is_running
    sandbox.model_api.pace.hold_in_queue()
    sandbox.model_api.pace.hold_in_progress()
    card = await ask(sandbox)
    await card.until_text("In queue")

    async def start(_: object) -> None:
        await sandbox.model_api.submits[0].start()

    sandbox.model_api.hooks.before("cancel", start, times=None)  # a poll may carry the wish as well as the press
    answer = await (await card.click("Cancel")).message()
    assert answer.is_ephemeral
    assert "already running" in answer.text
    await card.until_text("Too late to cancel: it is already running.")
    assert not card.buttons
    sandbox.model_api.pace.release()
    await card.until_text("Done")
    assert_promise_kept(sandbox, await settled(sandbox))


async def test_a_button_works_after_a_restart(sandbox: Sandbox, start_bot: StartBot) -> None:
    """A card's button needs nothing in the memory of the process that drew it."""
    sandbox.model_api.pace.hold_in_queue()
    first = await start_bot()
    card = await ask(sandbox)
    await card.until_text("In queue")
    await first.kill()
    await start_bot(config=first.config)
    await card.click("Cancel")
    await card.until_text("Cancelled")


async def test_a_button_on_a_finished_job(sandbox: Sandbox, bot: BotProcess) -> None:
    """Where the card is behind, a press on a finished job gets a private answer."""
    assert bot.is_running
    sandbox.model_api.pace.hold_in_queue()
    card = await ask(sandbox)
    await card.until_text("In queue")
    fault = sandbox.discord.faults.fail(ORIGINAL, status=403, code=0, times=None)
    sandbox.model_api.pace.release()
    await until(lambda: records(sandbox.data_dir)[0].status == "succeeded", what="the end")
    answer = await (await card.click("Cancel")).message()
    assert answer.is_ephemeral
    assert "over" in answer.text
    sandbox.discord.faults.remove(fault)
    await card.until_text("Done")
    assert not card.buttons
    assert_promise_kept(sandbox, await settled(sandbox))


async def test_a_press_on_an_old_private_card_reaches_it_again(sandbox: Sandbox, bot: BotProcess) -> None:
    """Its token was dead; the press brought a fresh one, so the card itself says Cancelled."""
    assert bot.is_running
    sandbox.model_api.pace.hold_in_queue()
    ada = sandbox.clients.ada
    card = await (
        await ada.slash("edit", prompt="a fox", image1=paint("cat.png", width=64, height=48), private=True)
    ).message()
    await card.until_text("In queue")
    await settled_so_far(sandbox)
    await sandbox.clock.advance(16 * 60)
    await card.click("Cancel")
    await card.until_text("Cancelled")
    assert sandbox.channels.direct(ada).seen_by(ada) == []


async def settled_so_far(sandbox: Sandbox) -> None:
    """Wait until every card shows what is known."""
    await until(lambda: all(record.is_shown for record in records(sandbox.data_dir)), what="the acknowledgement")


async def test_an_upload_larger_than_the_place_takes(sandbox: Sandbox, bot: BotProcess) -> None:
    """The card links to the service's file and says why."""
    assert bot.is_running
    (guild,) = sandbox.state.guilds.values()
    guild.custom_upload_limit_bytes = 20_000
    card = await ask(sandbox)
    await card.until_text("larger than this place lets a bot upload")
    assert [button.url for button in card.buttons if button.url]
    assert card.attachments == ()


async def test_text_of_people_stays_text(sandbox: Sandbox, bot: BotProcess) -> None:
    """A prompt full of markup, mentions and length neither pings nor breaks the card."""
    assert bot.is_running
    ben = sandbox.clients.ben
    prompt = f"@everyone <@{ben.id}> **bold** [link](https://example.com) `code`\n# heading\n" + "long " * 700
    card = await ask(sandbox, prompt.strip())
    await card.until_text("Done")
    assert card.pinged == frozenset()
    assert r"\*\*bold\*\*" in card.text
    assert len(card.text) <= 4_000
    assert_promise_kept(sandbox, await settled(sandbox))
