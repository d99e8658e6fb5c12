"""Submitting an unconfirmed job anew: after a warning, once, and only where it can succeed."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from sandbox.bot_process import BotProcess
from sandbox.client_driver import Card
from sandbox.discord.channels import Overwrite
from sandbox.discord.permission_flags import Permission
from sandbox.discord.traffic import Call
from sandbox.model_api.faults import Fault, FaultOrder
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.one_bot.test_press_twice import both_done
from tests.acceptance.promise import records, settled
from tests.acceptance.test_card import ORIGINAL, ask, settled_so_far
from tests.rig import StartBot, until

MESSAGE = "PATCH /channels/{channel_id}/messages/{message_id}"


async def unconfirmed(sandbox: Sandbox) -> Card:
    """Return the card of a job whose submit's answer was lost."""
    sandbox.model_api.faults.next("submit", FaultOrder(fault=Fault.RESET_AFTER))
    card = await ask(sandbox)
    await card.until_text("Unconfirmed")
    return card


async def test_an_unconfirmed_job_is_resubmitted_after_a_warning(sandbox: Sandbox, bot: BotProcess) -> None:
    """It may have been charged: a button, a warning, a confirmation; pressed twice it is one new job."""
    assert bot.is_running
    card = await unconfirmed(sandbox)
    assert "may have been charged" in card.text
    warning = await (await card.click("Submit anew")).message()
    assert warning.is_ephemeral
    assert "charged twice" in warning.text
    assert sandbox.model_api.submits[1:] == (), "a warning charges nothing"
    presses = [await warning.click("Submit anew", twice=True), await warning.click("Submit anew")]
    found = await settled(sandbox, count=2)
    assert [record.status for record in found] == ["unconfirmed", "succeeded"]
    assert len(sandbox.model_api.submits) == 2
    for press in presses:
        await press.message()
    answers = [answer for press in presses for answer in press.messages]
    (new,) = [answer for answer in answers if not answer.is_ephemeral]
    assert "Done" in new.text
    assert new.media
    told = [answer.text for answer in answers if answer.is_ephemeral]
    assert told
    assert all("already" in text for text in told)
    assert set(sandbox.channels.general.seen_by(sandbox.clients.ben)) == {card, new}
    await card.until_text(f"It was submitted anew as job `{found[1].job_id}`.")
    assert not card.buttons


async def test_what_can_no_longer_be_read_is_not_resubmitted(sandbox: Sandbox, bot: BotProcess) -> None:
    """Where the record of what was asked for is damaged, nothing else is sent, and paid for, in its place."""
    assert bot.is_running
    card = await unconfirmed(sandbox)
    with closing(sqlite3.connect(sandbox.data_dir / "jobs.db", isolation_level=None)) as connection:
        connection.execute("UPDATE jobs SET inputs = '{'")
    answer = await (await card.click("Submit anew")).message()
    assert "is damaged" in answer.text
    assert "nothing was charged now" in answer.text
    assert len(sandbox.model_api.submits) == len(records(sandbox.data_dir)) == 1


async def test_a_card_that_still_offers_resubmission(sandbox: Sandbox, bot: BotProcess) -> None:
    """Its button stands there although it was used: a later press makes no second job, and is told of the first."""
    assert bot.is_running
    card = await unconfirmed(sandbox)
    (old,) = records(sandbox.data_dir)

    def draws_it(call: Call) -> bool:
        return f"-# Job {old.job_id}" in str(call.json)

    for route in (ORIGINAL, MESSAGE):
        sandbox.discord.faults.fail(route, status=403, code=0, times=None, only_if=draws_it)
    warnings = [await (await card.click("Submit anew")).message() for _ in range(2)]
    await warnings[0].click("Submit anew")
    await until(lambda: len(records(sandbox.data_dir)) == 2, what="the new job")
    new = next(record for record in records(sandbox.data_dir) if record.job_id != old.job_id)
    assert [button.label for button in card.buttons] == ["Submit anew"]
    for shown in (card, *warnings):
        answer = await (await shown.click("Submit anew")).message()
        assert answer.is_ephemeral
        assert f"submitted anew already, as job `{new.job_id}`. This press charged nothing." in answer.text
    assert len(records(sandbox.data_dir)) == 2
    assert len(sandbox.model_api.submits) == 2


async def test_an_old_private_card_tells_that_it_was_resubmitted(sandbox: Sandbox, bot: BotProcess) -> None:
    """Its token was dead; the press brought a fresh one, so the card itself tells, and nobody else sees anything."""
    assert bot.is_running
    ada = sandbox.clients.ada
    sandbox.model_api.faults.next("submit", FaultOrder(fault=Fault.RESET_AFTER))
    card = await (
        await ada.slash("edit", prompt="a fox", image1=paint("cat.png", width=64, height=48), private=True)
    ).message()
    await card.until_text("Unconfirmed")
    await settled_so_far(sandbox)
    await sandbox.clock.advance(16 * 60)
    warning = await (await card.click("Submit anew")).message()
    new = await (await warning.click("Submit anew")).message()
    await new.until_text("Done")
    await card.until_text("It was submitted anew as job")
    assert not card.buttons
    assert new.is_ephemeral
    assert sandbox.channels.direct(ada).seen_by(ada) == []
    assert sandbox.channels.general.seen_by(sandbox.clients.ben) == []


async def test_resubmitting_where_the_bot_may_not_post_any_more(sandbox: Sandbox, bot: BotProcess) -> None:
    """The card and the warning say what is missing and what to do; the prompt comes back, and nothing is charged."""
    assert bot.is_running
    card = await unconfirmed(sandbox)
    warning = await (await card.click("Submit anew")).message()
    seen = sandbox.channels.general.seen_by(sandbox.clients.ben)
    denied = Overwrite(target_id=sandbox.state.bot.id, is_role=False, deny=Permission.SEND_MESSAGES)
    sandbox.state.channel("general").overwrites.append(denied)
    for shown in (card, warning):
        reply = await shown.click("Submit anew")
        answer = await reply.message()
        assert answer.is_ephemeral
        assert "It was not submitted anew, and nothing was charged now." in answer.text
        assert "may no longer post here: it lacks Send Messages" in answer.text
        assert "Press the button again once a moderator has allowed that" in answer.text
        assert "`/edit` again with `private` on" in answer.text
        assert "Try again" not in answer.text
        assert "```\na fox in the snow\n```" in answer.text
    assert sandbox.channels.general.seen_by(sandbox.clients.ben) == seen
    assert len(sandbox.model_api.submits) == 1


async def test_somebody_elses_unconfirmed_job(sandbox: Sandbox, bot: BotProcess) -> None:
    """Nobody else can have it charged again."""
    assert bot.is_running
    card = await unconfirmed(sandbox)
    answer = await (await sandbox.clients.ben.click(card, "Submit anew")).message()
    assert answer.is_ephemeral
    assert "somebody else's" in answer.text
    assert len(sandbox.model_api.submits) == 1


@pytest.mark.settings(quota={"jobs_per_day": 1, "running_per_user": 1, "waiting_per_user": 1})
async def test_resubmitting_beyond_the_quota(sandbox: Sandbox, bot: BotProcess) -> None:
    """The given-back place is taken meanwhile: a private no, nothing charged, and no message left behind."""
    assert bot.is_running
    warning = await (await (await unconfirmed(sandbox)).click("Submit anew")).message()
    sandbox.model_api.pace.hold_in_queue()
    await (await ask(sandbox, "another fox")).until_text("In queue")
    seen = sandbox.channels.general.seen_by(sandbox.clients.ben)
    answer = await (await warning.click("Submit anew")).message()
    assert answer.is_ephemeral
    assert "1 of 1 jobs" in answer.text
    assert "Nothing was charged." in answer.text
    assert sandbox.channels.general.seen_by(sandbox.clients.ben) == seen
    assert len(sandbox.model_api.submits) == 2


@pytest.mark.settings(quota={"jobs_per_day": 1, "running_per_user": 1, "waiting_per_user": 1})
async def test_a_confirmation_that_was_delivered_twice_is_refused_once(sandbox: Sandbox, bot: BotProcess) -> None:
    """One delivery answers; the other one neither repeats the no nor takes a message of the first away."""
    assert bot.is_running
    warning = await (await (await unconfirmed(sandbox)).click("Submit anew")).message()
    sandbox.model_api.pace.hold_in_queue()
    await (await ask(sandbox, "another fox")).until_text("In queue")
    reply = await warning.click("Submit anew", twice=True)
    answer = await (await reply.message()).until_text("Nothing was charged.")
    await both_done(sandbox, reply)
    assert [message for message in reply.messages if not message.is_deleted] == [answer]
    assert len(sandbox.discord.traffic.to("DELETE /webhooks/{webhook_id}/{webhook_token}/messages/@original")) == 1


async def test_resubmitting_with_links_that_have_died(sandbox: Sandbox, bot: BotProcess) -> None:
    """What could only fail is not charged again; the prompt comes back whole."""
    assert bot.is_running
    prompt = "a `fox` in the snow\n" * 150
    sandbox.model_api.faults.next("submit", FaultOrder(fault=Fault.RESET_AFTER))
    link = "https://cdn.discordapp.com/attachments/1/2/cat.png?ex={}&is=5fffffff&hm=0"
    live, dead = link.format("ffffffff"), link.format("60000000")
    card = await (await sandbox.clients.ada.slash("edit", prompt=prompt, image_urls=live)).message()
    await card.until_text("Unconfirmed")
    # A day passes.
    with closing(sqlite3.connect(sandbox.data_dir / "jobs.db", timeout=10)) as connection, connection:
        connection.execute("UPDATE jobs SET inputs = replace(inputs, ?, ?)", (live, dead))
    answer = await (await card.click("Submit anew")).message()
    assert answer.is_ephemeral
    assert "It was not submitted anew, and nothing was charged now." in answer.text
    assert answer.attachments[0].data.decode() == prompt
    assert len(sandbox.model_api.submits) == 1


async def test_where_the_bot_is_no_longer_set_up_nothing_is_resubmitted(sandbox: Sandbox, start_bot: StartBot) -> None:
    """A server that left the list spends nothing more: neither the button nor an old warning does."""
    first = await start_bot()
    card = await unconfirmed(sandbox)
    warning = await (await card.click("Submit anew")).message()
    await warning.until_text("charged twice")
    await first.kill()
    await start_bot(overrides={"discord": {"guilds": [1]}})
    for shown in (card, warning):
        answer = await (await shown.click("Submit anew")).message()
        assert answer.is_ephemeral
        assert "not set up here" in answer.text
    assert len(sandbox.model_api.submits) == 1


async def test_a_press_cannot_publish_a_private_job(sandbox: Sandbox, bot: BotProcess) -> None:
    """Whatever the id of a press says, the job's own record decides: nothing is shown to all, nothing submitted."""
    assert bot.is_running
    card = await unconfirmed(sandbox)
    warning = await (await card.click("Submit anew")).message()
    await warning.until_text("charged twice")
    with closing(sqlite3.connect(sandbox.data_dir / "jobs.db", timeout=10)) as connection, connection:
        connection.execute("UPDATE jobs SET is_private = 1")
    answer = await (await warning.click("Submit anew")).message()
    assert answer.is_ephemeral
    assert "nothing charged" in answer.text
    assert len(sandbox.model_api.submits) == 1
