"""Commands as a whole: what is offered, when it is acknowledged, bursts, and what the log holds."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import pytest

from sandbox.bot_process import BotProcess
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.promise import assert_promise_kept, records, settled
from tests.rig import StartBot, until

CAT = paint("cat.png", width=64, height=48)
CALLBACK = "POST /interactions/{interaction_id}/{token}/callback"


async def test_what_is_offered(sandbox: Sandbox, bot: BotProcess) -> None:
    """A newcomer finds five commands, in servers and in the bot's direct messages."""
    assert bot.is_running
    ada = sandbox.clients.ada
    for place in (sandbox.channels.general, sandbox.channels.direct(ada)):
        for command in ("history", "quota"):
            answer = await (await ada.slash(command, channel=place)).message()
            assert answer.text
        assert await ada.autocomplete("job", "job", "", channel=place) == []
        assert await ada.autocomplete("cancel", "job", "", channel=place) == []


async def test_acknowledged_before_the_database_is_asked(sandbox: Sandbox, bot: BotProcess) -> None:
    """While the database is locked by somebody, commands are acknowledged in time and done once it is free."""
    assert bot.is_running
    ada = sandbox.clients.ada
    with closing(sqlite3.connect(sandbox.data_dir / "jobs.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        reply = await ada.slash("edit", prompt="a fox", image1=CAT)
        await reply.acknowledged()
        assert reply.failed is None
        assert records(sandbox.data_dir) == []
        other.execute("ROLLBACK")
    card = await reply.message()
    await card.until_text("Done")
    assert_promise_kept(sandbox, await settled(sandbox))


@pytest.mark.settings(quota={"jobs_per_day": 0, "running_per_user": 1, "waiting_per_user": 1})
async def test_a_refusal_after_a_lost_acknowledgement(sandbox: Sandbox, bot: BotProcess) -> None:
    """Even then a refusal is private, and leaves no message that thinks for ever."""
    assert bot.is_running
    sandbox.discord.faults.fail(CALLBACK, status=500, applied=True)
    reply = await sandbox.clients.ada.slash("edit", prompt="a fox", image1=CAT)
    answer = await reply.message()
    assert answer.is_ephemeral
    assert sandbox.channels.general.seen_by(sandbox.clients.ben) == []


@pytest.mark.settings(
    models=[
        {"id": "openai/gpt-image-1-5/image-to-image", "command": "edit"},
        {"id": "openai/gpt-image-1-5/image-to-image", "command": "re-paint"},
    ],
)
async def test_a_command_for_each_model(sandbox: Sandbox, bot: BotProcess) -> None:
    """Each entry of the settings is a command, under the name that the operator chose."""
    assert bot.is_running
    card = await (await sandbox.clients.ada.slash("re-paint", prompt="a fox", image1=CAT)).message()
    await card.until_text("Done")
    listed = await (await sandbox.clients.ada.slash("history")).message()
    assert "/re-paint" in listed.text
    await listed.until_text("Done")
    assert "[card](https://discord.com/channels/" in listed.text


async def test_a_burst(sandbox: Sandbox, start_bot: StartBot) -> None:
    """A dozen people at once are all acknowledged in time, and each gets a card of their own."""
    await start_bot(overrides={"quota": {"jobs_per_day": 9, "running_per_user": 1, "waiting_per_user": 1}})
    crowd = [sandbox.clients.join(f"member{number}") for number in range(12)]
    replies = await asyncio.gather(
        *(who.slash("edit", prompt=f"fox of {who.name}", image1=CAT, private=True) for who in crowd)
    )
    await asyncio.gather(*(reply.acknowledged() for reply in replies))
    await until(lambda: len(records(sandbox.data_dir)) == len(crowd), what="a job each")
    cards = await asyncio.gather(*(reply.message(timeout_seconds=30) for reply in replies))
    await asyncio.gather(*(card.until_text("Done", timeout_seconds=40) for card in cards))
    for who, card in zip(crowd, cards, strict=True):
        assert f"fox of {who.name}" in card.text
    assert_promise_kept(sandbox, await settled(sandbox, count=len(crowd)))


async def test_no_prompt_and_no_token_in_the_log(sandbox: Sandbox, bot: BotProcess) -> None:
    """The log tells an operator which job went how, and nothing of what people wrote or attached."""
    prompt = "a prompt that nobody else may read"
    reply = await sandbox.clients.ada.slash("edit", prompt=prompt, image1=paint("holiday-cat.png", width=64, height=48))
    await (await reply.message()).until_text("Done")
    await (await sandbox.clients.ada.slash("edit", prompt=prompt)).message()
    (done, *_) = await settled(sandbox)
    assert done.job_id in bot.log
    for secret in (prompt, "holiday-cat", reply.interaction.token, sandbox.state.bot_token, sandbox.model_api.token):
        assert secret not in bot.log
