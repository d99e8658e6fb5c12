"""A database that fails while a command is accepted: a private answer, never a second job, never a lost one."""

from __future__ import annotations

import re

from sandbox.bot_process import BotProcess
from sandbox.client_driver.reply import Reply
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.promise import assert_promise_kept, records, settled
from tests.rig import StartBot

CAT = paint("cat.png", width=64, height=48)


async def started(sandbox: Sandbox, start_bot: StartBot, trouble: str) -> BotProcess:
    """Start a bot whose store has that trouble."""
    config = sandbox.write_config()
    return await start_bot(
        config=config, module="tests.acceptance.broken_store", arguments=(trouble, "run", "--config", str(config))
    )


async def ask(sandbox: Sandbox) -> Reply:
    """Let Ada ask for a picture, in public."""
    return await sandbox.clients.ada.slash("edit", prompt="a fox", image1=CAT)


async def test_a_moment_without_a_database(sandbox: Sandbox, start_bot: StartBot) -> None:
    """A database that is back at the second try is nobody's concern."""
    await started(sandbox, start_bot, "away:1")
    await (await (await ask(sandbox)).message()).until_text("Done")
    assert_promise_kept(sandbox, await settled(sandbox))


async def test_an_acceptance_whose_answer_was_lost(sandbox: Sandbox, start_bot: StartBot) -> None:
    """What was committed although nobody heard of it is found again: one job, one submit, one card."""
    await started(sandbox, start_bot, "lost:1")
    reply = await ask(sandbox)
    card = await reply.message()
    await card.until_text("Done")
    assert reply.messages == [card]
    found = await settled(sandbox)
    assert len(found) == len(sandbox.model_api.submits) == 1
    assert_promise_kept(sandbox, found)


async def test_no_database(sandbox: Sandbox, start_bot: StartBot) -> None:
    """The refusal is private, gives the prompt back, and leaves no message that thinks for ever."""
    await started(sandbox, start_bot, "away:2")
    reply = await ask(sandbox)
    answer = await reply.message()
    assert answer.is_ephemeral
    assert "cannot reach its records" in answer.text
    assert "/history" in answer.text
    assert "```\na fox\n```" in answer.text
    assert reply.messages == [answer]
    assert sandbox.channels.general.seen_by(sandbox.clients.ben) == []
    assert records(sandbox.data_dir) == []
    assert sandbox.model_api.submits == ()


async def test_lost_for_good_is_still_not_lost(sandbox: Sandbox, start_bot: StartBot) -> None:
    """Where even the second answer is lost, the job that was committed ends all the same, with a card of its own."""
    await started(sandbox, start_bot, "lost:2")
    answer = await (await ask(sandbox)).message()
    assert "/history" in answer.text
    assert "Nothing was charged" not in answer.text
    assert_promise_kept(sandbox, await settled(sandbox))
    (posted,) = sandbox.channels.general.seen_by(sandbox.clients.ben)
    assert "Done" in posted.text


async def test_what_nobody_foresaw(sandbox: Sandbox, start_bot: StartBot) -> None:
    """An error without a sentence of its own is answered privately with a reference that the log has too."""
    bot = await started(sandbox, start_bot, "bug:1")
    reply = await ask(sandbox)
    answer = await reply.message()
    assert answer.is_ephemeral
    reference = re.search(r"reference `(\w+)`", answer.text)
    assert reference is not None
    await bot.wait_for_log(f"reference={reference[1]}")
    assert reply.messages == [answer]
    assert sandbox.channels.general.seen_by(sandbox.clients.ben) == []
    await (await (await ask(sandbox)).message()).until_text("Done")
