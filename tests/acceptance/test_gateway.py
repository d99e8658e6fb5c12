"""The gateway misbehaving: events twice, drops, resumes, invalid sessions."""

from __future__ import annotations

import asyncio
from typing import NoReturn

from sandbox.bot_process import BotProcess
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.promise import assert_promise_kept, records, settled
from tests.rig import until


async def test_an_interaction_delivered_twice_is_one_job(sandbox: Sandbox, bot: BotProcess) -> None:
    """The second delivery finds the first one's job: one submit, one card."""
    assert bot.is_running
    reply = await sandbox.clients.ada.slash(
        "edit", prompt="a fox", image1=paint("cat.png", width=64, height=48), twice=True
    )
    card = await reply.message()
    await card.until_text("Done")
    found = await settled(sandbox)
    assert len(found) == 1
    assert len(sandbox.model_api.submits) == 1
    assert len(reply.messages) == 1, "nobody is told of an error that was none"
    assert_promise_kept(sandbox, found)


async def test_jobs_go_on_while_the_gateway_is_gone(sandbox: Sandbox, bot: BotProcess) -> None:
    """Cards are edited over REST, so a dropped gateway delays no result."""
    assert bot.is_running
    sandbox.model_api.pace.hold_in_queue()
    card = await (
        await sandbox.clients.ada.slash("edit", prompt="a fox", image1=paint("cat.png", width=64, height=48))
    ).message()
    sandbox.gateway.drop()
    sandbox.model_api.pace.release()
    await card.until_text("Done")
    assert_promise_kept(sandbox, await settled(sandbox))


async def test_commands_work_again_after_a_drop(sandbox: Sandbox, bot: BotProcess) -> None:
    """The session is resumed and the next command is taken."""
    assert bot.is_running
    logins = len(sandbox.gateway.logins)
    sandbox.gateway.drop()
    await until(lambda: len(sandbox.gateway.logins) > logins and sandbox.gateway.is_connected, what="a new login")
    card = await (
        await sandbox.clients.ada.slash("edit", prompt="a fox", image1=paint("cat.png", width=64, height=48))
    ).message()
    await card.until_text("Done")


async def test_commands_work_again_after_an_invalid_session(sandbox: Sandbox, bot: BotProcess) -> None:
    """A session that cannot be resumed is begun anew."""
    assert bot.is_running
    logins = len(sandbox.gateway.logins)
    sandbox.gateway.invalidate(resumable=False)
    await until(lambda: len(sandbox.gateway.logins) > logins and sandbox.gateway.is_connected, what="a new login")
    card = await (
        await sandbox.clients.ada.slash("edit", prompt="a fox", image1=paint("cat.png", width=64, height=48))
    ).message()
    await card.until_text("Done")


async def test_a_request_to_reconnect_loses_nothing(sandbox: Sandbox, bot: BotProcess) -> None:
    """A command sent while the bot reconnects arrives by the resume's replay or fails visibly; none runs twice."""
    assert bot.is_running
    logins = len(sandbox.gateway.logins)
    sandbox.gateway.ask_reconnect()
    await until(lambda: len(sandbox.gateway.logins) > logins and sandbox.gateway.is_connected, what="a new login")
    card = await (
        await sandbox.clients.ada.slash("edit", prompt="a fox", image1=paint("cat.png", width=64, height=48))
    ).message()
    await card.until_text("Done")
    assert len(records(sandbox.data_dir)) == len(sandbox.model_api.submits) == 1


async def test_an_event_that_arrives_too_late_is_no_job(sandbox: Sandbox, bot: BotProcess) -> None:
    """After three seconds the member was told that it failed: nothing may run, nothing may be charged."""
    assert bot.is_running
    sandbox.gateway.hold()
    reply = await sandbox.clients.ada.slash("edit", prompt="a fox", image1=paint("cat.png", width=64, height=48))
    await sandbox.clock.advance(4)
    sandbox.gateway.release()
    assert await reply.failure()
    await bot.wait_for_log("10062")
    assert records(sandbox.data_dir) == []
    assert sandbox.model_api.submits == ()


async def test_a_stop_while_the_gateway_does_not_answer(sandbox: Sandbox, bot: BotProcess) -> None:
    """A bot that waits for a silent gateway stops as cleanly as any: at once, and with its leases given back."""
    asked = asyncio.Event()

    async def stay_silent(_: object) -> NoReturn:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    sandbox.discord.attach_gateway(stay_silent)
    sandbox.gateway.drop()
    async with asyncio.timeout(15):
        await asked.wait()
    ended = await bot.terminate()
    assert ended.code == 0
    assert ended.seconds < 5
    assert "stopped" in bot.log.splitlines()[-1]
    assert "WARNING bot" not in bot.log
    assert " ERROR " not in bot.log
