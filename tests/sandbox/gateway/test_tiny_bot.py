"""A real discord.py client in a process of its own, driven by people from end to end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.bot_process import BotProcess
from sandbox.client_driver import DID_NOT_RESPOND, ClientRefused, CommandNotFound, InteractionFailed
from sandbox.discord.conformance import Conformance
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from sandbox.spawning import Spawn
from tests.rig import assert_clean, openapi_document, until

MODULE = "tests.sandbox.gateway.tiny_bot"
PICTURE = paint("cat.png", width=64, height=48)


@pytest.fixture
async def sandbox(tmp_path: Path, spawn: Spawn) -> AsyncIterator[Sandbox]:
    """A sandbox; at the end neither the client nor the local Discord has broken a rule."""
    document = openapi_document()
    conformance = Conformance(document) if document else None
    async with Sandbox.open(data_dir=tmp_path, spawn=spawn) as opened:
        yield opened
        assert_clean(opened, conformance)
        if conformance is not None:
            assert conformance.response_violations(opened.discord.traffic) == []


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[BotProcess]:
    """The tiny bot, logged in."""
    async with sandbox.bot(module=MODULE) as started:
        yield await started.wait_ready()


async def test_a_command_that_defers_and_edits(sandbox: Sandbox, bot: BotProcess) -> None:
    """Options, the file behind its link, the deferred answer and its edit arrive as sent."""
    del bot
    reply = await sandbox.clients.ada.slash("paint", prompt="a hat", image=PICTURE, style="ink", count=3)
    card = await reply.message()
    assert card.text == f"a hat: ink x3 cat.png image/png 64x48 {len(PICTURE.data)}"
    assert card.labels == ("Again", "Why")
    assert [state.is_thinking for state in card.history] == [True, False]
    assert [one.id for one in sandbox.channels.general.seen_by(sandbox.clients.ben)] == [card.id]
    assert reply.acknowledged_after_seconds is not None
    assert reply.acknowledged_after_seconds < 3


async def test_a_private_answer_is_private(sandbox: Sandbox, bot: BotProcess) -> None:
    """A private card is seen by the one who asked, and by nobody else."""
    del bot
    reply = await sandbox.clients.ada.slash("paint", prompt="a hat", image=PICTURE, private=True)
    assert (await reply.message()).is_ephemeral
    assert sandbox.channels.general.seen_by(sandbox.clients.ben) == []


async def test_buttons_and_modals(sandbox: Sandbox, bot: BotProcess) -> None:
    """A button changes its message, another opens a form, whose submission is answered; a dead one does nothing."""
    del bot
    ada, ben = sandbox.clients.ada, sandbox.clients.ben
    card = await (await ada.slash("paint", prompt="a hat", image=PICTURE)).message()
    changed = await (await ben.click(card, "Again")).message()
    assert changed == card
    assert card.text == "painted 1 times"
    await (await card.click("Again")).message()
    await card.until_text("painted 2 times")
    with pytest.raises(ClientRefused, match="disabled"):
        await card.click("Dead")
    form = await (await ben.click(card, "Why")).form()
    assert (form.title, form.field("Reason").value) == ("Why?", "because")
    answer = await (await ben.submit(form, {"Reason": "I like hats"})).message()
    assert answer.text == "reason: I like hats"
    assert answer.is_ephemeral


async def test_autocomplete_suggests(sandbox: Sandbox, bot: BotProcess) -> None:
    """What the bot suggests comes back, and can be sent."""
    del bot
    ada = sandbox.clients.ada
    choices = await ada.autocomplete("find", "name", "cat")
    assert [choice.name for choice in choices] == ["cat 0", "cat 1"]
    reply = await (await ada.slash("find", name=choices[1].value)).message()
    assert reply.text == "found cat1"


async def test_discord_py_sees_permissions_limits_and_contexts(sandbox: Sandbox, bot: BotProcess) -> None:
    """The interaction's facts come out of discord.py's models; a guild-only command is not offered elsewhere."""
    del bot
    answer = await (await sandbox.clients.mod.slash("whoami")).message()
    assert answer.text == f"mod manages=True bot posts=True limit={10 * 1024 * 1024} True"
    answer = await (await sandbox.clients.ben.slash("whoami", channel=sandbox.channels.announcements)).message()
    assert answer.text == f"ben manages=False bot posts=False limit={10 * 1024 * 1024} True"
    ada = sandbox.clients.ada
    with pytest.raises(CommandNotFound):
        await ada.slash("whoami", channel=sandbox.channels.direct(ada))
    direct = await ada.slash("paint", prompt="a hat", image=PICTURE, channel=sandbox.channels.direct(ada))
    await (await direct.message()).until_text("a hat")


async def test_silence_fails_after_three_seconds(sandbox: Sandbox, bot: BotProcess) -> None:
    """A bot that never answers: moving the sandbox's clock shows what the person reads."""
    reply = await sandbox.clients.ada.slash("sulk")
    await bot.wait_for_log(f"sulking over {reply.interaction.id}")
    await sandbox.clock.advance(3.1)
    with pytest.raises(InteractionFailed, match=DID_NOT_RESPOND):
        await reply.message()


async def test_an_interaction_delivered_twice_reaches_the_bot_twice(sandbox: Sandbox, bot: BotProcess) -> None:
    """The same event arrives two times; the second answer is refused by Discord, not by the client."""
    reply = await sandbox.clients.ada.slash("find", name="cat", twice=True)
    await until(lambda: bot.log.count(f"interaction {reply.interaction.id}") == 2)
    assert (await reply.message()).text == "found cat"


async def test_a_killed_bot_misses_commands_and_comes_back(sandbox: Sandbox, bot: BotProcess) -> None:
    """While the bot is dead a command fails; after a restart the old card's button works."""
    ada = sandbox.clients.ada
    card = await (await ada.slash("paint", prompt="a hat", image=PICTURE)).message()
    await bot.kill()
    await until(lambda: not sandbox.gateway.is_connected)
    reply = await ada.slash("find", name="cat")
    await sandbox.clock.advance(3.1)
    assert await reply.failure() == DID_NOT_RESPOND
    await bot.restart()
    await card.click("Again")
    await card.until_text("painted 1 times")


@pytest.mark.parametrize("way", ["reset", "close", "op 7", "op 9 resumable", "op 9 fresh", "resume refused"])
async def test_the_client_survives_every_break_of_the_gateway(sandbox: Sandbox, bot: BotProcess, way: str) -> None:
    """After a reset, a close, op 7 or op 9 discord.py comes back, resumed where that is possible, and answers."""
    gateway = sandbox.gateway
    logins = len(gateway.logins)
    gateway.refuse_resume = way == "resume refused"
    match way:
        case "reset" | "resume refused":
            gateway.drop()
        case "close":
            gateway.drop(code=4000)
        case "op 7":
            gateway.ask_reconnect()
        case _:
            gateway.invalidate(resumable=way == "op 9 resumable")
    login = await gateway.wait_for_login(after=logins)
    assert login.is_resumed is (way not in {"op 9 fresh", "resume refused"})
    reply = await sandbox.clients.ada.slash("find", name="cat")
    assert (await reply.message()).text == "found cat"
    assert bot.is_running


async def test_an_interaction_in_the_gap_is_replayed(sandbox: Sandbox, bot: BotProcess) -> None:
    """What happens between a drop and the resume is delivered by the replay."""
    del bot
    gateway = sandbox.gateway
    gateway.drop()
    reply = await sandbox.clients.ada.slash("find", name="cat")  # before the loop has run: nobody has reconnected yet
    assert (await reply.message()).text == "found cat"
    assert gateway.logins[-1].is_resumed


async def test_a_held_interaction_comes_late(sandbox: Sandbox, bot: BotProcess) -> None:
    """While events are held the bot hears nothing; after the release it answers."""
    sandbox.gateway.hold()
    reply = await sandbox.clients.ada.slash("find", name="cat")
    assert str(reply.interaction.id) not in bot.log
    sandbox.gateway.release()
    assert (await reply.message()).text == "found cat"
