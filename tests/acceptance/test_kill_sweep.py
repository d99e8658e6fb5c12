"""The bot killed (SIGKILL) in a private job, in a cancel, and in a job submitted anew: the promise holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from sandbox.bot_process import BotProcess
from sandbox.client_driver import Reply
from sandbox.model_api.traffic import Route
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.promise import assert_promise_kept, messages_with_result, records, settled
from tests.rig import until

# What a private job that runs straight through needs of Discord: its acknowledgement and two edits of its card. Each is
# lost with its answer; the last, with the result, also before it took effect.
DISCORD_CALLS = [(1, "applied"), (2, "applied"), (3, "arrived"), (3, "applied")]


async def ask(sandbox: Sandbox, *, private: bool = False) -> Reply:
    """Let a member run /edit with one picture."""
    return await sandbox.clients.ada.slash(
        "edit", prompt="a fox", image1=paint("cat.png", width=64, height=48), private=private
    )


def killer(bot: BotProcess, *, at: int = 1) -> Callable[[object], Awaitable[None]]:
    """Return a hook that kills the bot at its nth call, once."""
    calls = 0

    async def kill(_: object) -> None:
        nonlocal calls
        calls += 1
        if calls == at:
            await bot.kill()

    return kill


async def killed_and_started_again(sandbox: Sandbox, bot: BotProcess) -> None:
    """Wait for the kill, end all trouble, and start the bot again."""
    await until(lambda: not bot.is_running, what="the kill")
    sandbox.discord.faults.clear()
    sandbox.model_api.hooks.clear()
    await bot.start()
    await bot.wait_ready()


@pytest.mark.parametrize(("call", "moment"), DISCORD_CALLS)
async def test_killed_at_a_call_to_discord(sandbox: Sandbox, bot: BotProcess, call: int, moment: str) -> None:
    """A private card: nothing in the channel, one end, one result; before the acceptance, nothing at all."""
    sandbox.model_api.pace.run_seconds = 1.5  # long enough to be shown before its end
    hook = killer(bot, at=call)
    if moment == "applied":
        sandbox.discord.faults.hook("*", after=hook, times=None)
    else:
        sandbox.discord.faults.hook("*", before=hook, times=None)
    await ask(sandbox, private=True)
    await killed_and_started_again(sandbox, bot)
    if call == 1:
        assert records(sandbox.data_dir) == []
        assert sandbox.model_api.submits == ()
        return
    found = await settled(sandbox)
    assert_promise_kept(sandbox, found)
    assert [record.status for record in found] == ["succeeded"]
    assert messages_with_result(sandbox, found[0].job_id)[0].is_ephemeral


@pytest.mark.parametrize("is_applied", [False, True], ids=["arrived", "applied"])
async def test_killed_while_cancelling(sandbox: Sandbox, bot: BotProcess, *, is_applied: bool) -> None:
    """The wish was committed before the API was asked: the next process has it confirmed."""
    sandbox.model_api.pace.hold_in_queue()
    card = await (await ask(sandbox)).message()
    await card.until_text("In queue")
    register = sandbox.model_api.hooks.after if is_applied else sandbox.model_api.hooks.before
    register(Route.CANCEL, killer(bot))
    await card.click("Cancel")
    await killed_and_started_again(sandbox, bot)
    found = await settled(sandbox)
    assert_promise_kept(sandbox, found)
    assert [record.status for record in found] == ["cancelled"]


@pytest.mark.parametrize(("commit", "end"), [(1, "succeeded"), (2, "unconfirmed")])
async def test_killed_while_resubmitting(sandbox: Sandbox, bot: BotProcess, commit: int, end: str) -> None:
    """Accepted in place of the unconfirmed one, or claimed: however often it is pressed again, it is one job more."""
    sandbox.model_api.hooks.after("submit", killer(bot))
    reply = await ask(sandbox)
    await until(lambda: not bot.is_running, what="the kill")
    arguments = (f"after:{commit}", "run", "--config", str(bot.config))
    async with sandbox.bot(config=bot.config, module="tests.acceptance.kill_points", arguments=arguments) as dying:
        await dying.wait_ready()
        card = await reply.message()
        await card.until_text("may have been charged")
        await settled(sandbox)
        warning = await (await card.click("Submit anew")).message()
        await warning.click("Submit anew", twice=True)
        await until(lambda: not dying.is_running, what="the kill")
    await killed_and_started_again(sandbox, bot)
    answer = await (await warning.click("Submit anew")).message()
    await answer.until_text("submitted anew already")
    found = await settled(sandbox, count=2)
    assert [record.status for record in found] == ["unconfirmed", end]
    assert len(sandbox.model_api.submits) == (2 if end == "succeeded" else 1)
