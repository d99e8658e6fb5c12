"""Discord misbehaving while results are delivered: the promise holds, one message a job."""

from __future__ import annotations

import pytest

from sandbox.bot_process import BotProcess
from sandbox.client_driver import Card, Reply
from sandbox.discord.channel_deletion import delete_channel
from sandbox.discord.channels import Overwrite
from sandbox.discord.permission_flags import Permission
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.promise import assert_promise_kept, messages_with_result, records, settled
from tests.rig import until

ORIGINAL = "PATCH /webhooks/{application_id}/{token}/messages/@original"
MESSAGE = "PATCH /channels/{channel_id}/messages/{message_id}"
CREATE = "POST /channels/{channel_id}/messages"
QUARTER = 16 * 60
HOUR = 3600


async def ask(sandbox: Sandbox, *, private: bool = False) -> Reply:
    """Let a member run /edit with one picture."""
    return await sandbox.clients.ada.slash(
        "edit", prompt="a fox in the snow", image1=paint("cat.png", width=64, height=48), private=private
    )


async def queued(sandbox: Sandbox, *, private: bool = False) -> Card:
    """Return the card of a job that is held in the service's queue."""
    sandbox.model_api.pace.hold_in_queue()
    card = await (await ask(sandbox, private=private)).message(timeout_seconds=20)
    await card.until_text("In queue")
    await until(lambda: records(sandbox.data_dir)[0].is_shown, what="the acknowledgement")
    return card


async def finished(sandbox: Sandbox) -> None:
    """Let the job end, and hold it to the promise."""
    sandbox.model_api.pace.release()
    found = await settled(sandbox)
    assert [record.status for record in found] == ["succeeded"]
    assert_promise_kept(sandbox, found)


def codes(sandbox: Sandbox, route: str, status: int) -> set[object]:
    """Return Discord's codes in the answers of that status."""
    bodies = [call.response for call in sandbox.discord.traffic.to(route) if call.status == status]
    return {body["code"] for body in bodies if isinstance(body, dict)}


ERRORS = {
    "429": {"status": 429, "retry_after": 0.3, "times": 3},
    "500": {"status": 500, "times": 2},
    "unknown 403": {"status": 403, "code": 0, "times": 2},
    "a proxy's page": {"status": 502, "text": "<html>Bad gateway</html>", "times": 1},
}


@pytest.mark.parametrize("error", ERRORS)
async def test_errors_that_pass(sandbox: Sandbox, bot: BotProcess, error: str) -> None:
    """Errors that say nothing of the message are waited out: the same message becomes the card."""
    assert bot.is_running
    sandbox.discord.faults.fail(ORIGINAL, **ERRORS[error])  # type: ignore[arg-type] # the table's rows are its arguments
    reply = await ask(sandbox)
    await finished(sandbox)
    (card,) = reply.messages
    assert "Done" in card.text
    assert sandbox.discord.traffic.to(CREATE) == []


async def test_edits_lost_after_applying(sandbox: Sandbox, bot: BotProcess) -> None:
    """The connection dies after the edit had its effect, twice: nothing is doubled."""
    assert bot.is_running
    sandbox.discord.faults.reset(ORIGINAL, applied=True, times=2)
    reply = await ask(sandbox)
    await finished(sandbox)
    assert len(reply.messages) == 1


async def test_an_upload_lost_after_applying(sandbox: Sandbox, bot: BotProcess) -> None:
    """The one edit with the file is applied and its answer lost: the file hangs there once."""
    assert bot.is_running
    card = await queued(sandbox)
    sandbox.discord.faults.fail(ORIGINAL, status=500, applied=True)
    await finished(sandbox)
    assert len(card.attachments) == len(card.media) == 1


async def test_a_result_after_fifteen_minutes(sandbox: Sandbox, bot: BotProcess) -> None:
    """50027: the bot edits the same message itself."""
    assert bot.is_running
    card = await queued(sandbox)
    await sandbox.clock.advance(QUARTER)
    await finished(sandbox)
    assert "Done" in card.text
    assert card.media
    assert codes(sandbox, ORIGINAL, 401) == {50027}
    assert sandbox.discord.traffic.to(CREATE) == []


async def test_a_private_result_after_fifteen_minutes(sandbox: Sandbox, bot: BotProcess) -> None:
    """A private card goes to its owner's direct messages, never into the channel."""
    assert bot.is_running
    await queued(sandbox, private=True)
    await sandbox.clock.advance(QUARTER)
    await finished(sandbox)
    ada = sandbox.clients.ada
    (card,) = sandbox.channels.direct(ada).seen_by(ada)
    assert "Done" in card.text
    assert card.media
    assert sandbox.channels.general.seen_by(sandbox.clients.ben) == []


async def test_a_deleted_card(sandbox: Sandbox, bot: BotProcess) -> None:
    """10008: the result comes as one new message in the channel."""
    assert bot.is_running
    card = await queued(sandbox)
    await sandbox.clients.mod.delete(card)
    await finished(sandbox)
    (new,) = sandbox.channels.general.seen_by(sandbox.clients.ben)
    assert "Done" in new.text
    assert new.pinged == frozenset()


async def test_a_channel_where_the_bot_lost_its_permission(sandbox: Sandbox, bot: BotProcess) -> None:
    """50013 after the card was deleted: the result goes to its owner directly."""
    assert bot.is_running
    card = await queued(sandbox)
    await sandbox.clients.mod.delete(card)
    channel = sandbox.channels.general.channel
    channel.overwrites.append(Overwrite(target_id=sandbox.state.bot.id, is_role=False, deny=Permission.SEND_MESSAGES))
    await finished(sandbox)
    ada = sandbox.clients.ada
    (new,) = sandbox.channels.direct(ada).seen_by(ada)
    assert new.media


async def test_a_channel_that_is_gone(sandbox: Sandbox, bot: BotProcess) -> None:
    """10003: the result goes to its owner directly."""
    assert bot.is_running
    await queued(sandbox)
    delete_channel(sandbox.state, sandbox.channels.general.channel)
    await sandbox.clock.advance(QUARTER)
    await finished(sandbox)
    ada = sandbox.clients.ada
    (new,) = sandbox.channels.direct(ada).seen_by(ada)
    assert new.media


async def test_nowhere_to_deliver(sandbox: Sandbox, bot: BotProcess) -> None:
    """50007: the job is done and kept; /job shows it to its owner."""
    assert bot.is_running
    await queued(sandbox, private=True)
    await sandbox.clock.advance(QUARTER)
    sandbox.clients.ada.user.accepts_direct_messages = False
    sandbox.model_api.pace.release()
    (found,) = await settled(sandbox)
    assert found.status == "succeeded"
    assert messages_with_result(sandbox, found.job_id) == []
    answer = await (await sandbox.clients.ada.slash("job", job=found.job_id)).message()
    assert answer.is_ephemeral
    assert "Done" in answer.text


async def test_a_file_that_discord_refuses(sandbox: Sandbox, bot: BotProcess) -> None:
    """40005 although the place should take it: a link, with the reason."""
    assert bot.is_running
    card = await queued(sandbox)
    (guild,) = sandbox.state.guilds.values()
    guild.custom_upload_limit_bytes = 10_000
    sandbox.model_api.pace.release()
    await card.until_text("larger than this place lets a bot upload")
    (found,) = await settled(sandbox)
    assert found.status == "succeeded"
    assert codes(sandbox, ORIGINAL, 413) == {40005}
    assert any(button.url for button in card.buttons)


async def test_an_old_message_edited_too_often(sandbox: Sandbox, bot: BotProcess) -> None:
    """30046 waits, and posts nothing else meanwhile."""
    assert bot.is_running
    card = await queued(sandbox)
    await sandbox.clock.advance(2 * HOUR)
    sentence = "Maximum number of edits to messages older than 1 hour reached. Try again later"
    sandbox.discord.faults.fail(MESSAGE, status=429, code=30046, message=sentence)
    sandbox.model_api.pace.release()
    await bot.wait_for_log("its card is tried again in 600")
    assert records(sandbox.data_dir)[0].status in {"queued", "running", "succeeded"}
    assert "Done" not in card.text
    assert sandbox.discord.traffic.to(CREATE) == []


async def test_a_post_lost_after_applying(sandbox: Sandbox, bot: BotProcess) -> None:
    """A new message whose answer is lost is not posted twice."""
    assert bot.is_running
    card = await queued(sandbox)
    await sandbox.clients.mod.delete(card)
    sandbox.discord.faults.reset(CREATE, applied=True)
    await finished(sandbox)
    (new,) = sandbox.channels.general.seen_by(sandbox.clients.ben)
    assert len(new.media) == 1


async def test_a_bot_killed_between_posting_and_acknowledging(sandbox: Sandbox) -> None:
    """After the next start the message is found by Discord's memory of it, and is the only one."""
    config = sandbox.write_config()
    async with sandbox.bot(config=config) as dying:
        await dying.wait_ready()
        card = await queued(sandbox)
        await sandbox.clients.mod.delete(card)

        async def kill(_: object) -> None:
            await dying.kill()

        sandbox.discord.faults.hook(CREATE, after=kill)
        sandbox.model_api.pace.release()
        await until(lambda: not dying.is_running, what="the kill")
    async with sandbox.bot(config=config) as again:
        await again.wait_ready()
        await finished(sandbox)
    (new,) = sandbox.channels.general.seen_by(sandbox.clients.ben)
    assert len(new.media) == 1


async def test_one_blocked_card_holds_up_nobody(sandbox: Sandbox, bot: BotProcess) -> None:
    """While Discord never answers for one card, another is finished."""
    assert bot.is_running
    sandbox.discord.faults.hang(ORIGINAL)
    await ask(sandbox)
    await until(lambda: len(sandbox.discord.traffic.to(ORIGINAL)) == 1, what="the silence")
    other = await (
        await sandbox.clients.ben.slash("edit", prompt="a boat", image1=paint("boat.jpg", width=64, height=48))
    ).message()
    await other.until_text("Done")
