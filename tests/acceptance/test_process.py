"""The bot as a process: it starts, syncs, reports its health, stops cleanly, and its log keeps secrets."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
from contextlib import closing

import aiohttp
import pytest

from sandbox.bot_config import free_address
from sandbox.bot_process import BotProcess
from sandbox.model_api.faults import Fault
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.promise import records, settled
from tests.rig import StartBot, until

PROMPT = "a fox in the snow that nobody may read in a log"


async def edit(sandbox: Sandbox) -> None:
    """Let a member run /edit and wait until it has been acknowledged."""
    reply = await sandbox.clients.ada.slash("edit", prompt=PROMPT, image1=paint("cat.png", width=64, height=48))
    await reply.acknowledged()


async def health_of(url: str) -> tuple[int, dict[str, str]]:
    """Return the status and the body of a health address."""
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, json.loads(await response.read())


def leases_held(sandbox: Sandbox) -> int:
    """Count the leases on jobs and cards that nobody has given back."""
    with closing(sqlite3.connect(sandbox.data_dir / "jobs.db", timeout=10)) as connection:
        query = (
            "SELECT count(*) FROM jobs JOIN cards USING (job_id) WHERE poll_worker IS NOT NULL OR worker IS NOT NULL"
        )
        (count,) = connection.execute(query).fetchone()
    return int(count)


# --- stopping -------------------------------------------------------------------------------------------------------


@pytest.mark.interpreter
async def test_sigterm_stops_an_idle_bot(bot: BotProcess) -> None:
    """SIGTERM ends the process with exit code 0, within 10 s."""
    ended = await bot.terminate()
    assert ended.code == 0
    assert ended.seconds < 10


@pytest.mark.interpreter
@pytest.mark.usefixtures("hang_up_counts")
async def test_a_closed_terminal_stops_the_bot_cleanly(bot: BotProcess) -> None:
    """SIGHUP is a stop like SIGTERM: exit code 0, leases given back."""
    os.kill(bot.pid, signal.SIGHUP)
    assert (await bot.wait_exit(timeout_seconds=10)).code == 0


async def test_what_the_bot_makes_is_its_users_alone(sandbox: Sandbox, bot: BotProcess) -> None:
    """Database and results hold prompts and pictures: whatever the umask, nobody else reads them."""
    assert bot.is_running
    await edit(sandbox)
    made = [path for path in sandbox.data_dir.rglob("*") if "jobs.db" in path.name or path.name == "results"]
    assert len(made) >= 3
    assert not [path for path in made if path.stat().st_mode & 0o077]


async def test_a_stop_waits_for_a_submit_that_gets_its_answer(sandbox: Sandbox, bot: BotProcess) -> None:
    """A submit that is under way may finish; its request id is stored, leases are given back, and the job goes on."""
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_: object) -> None:
        arrived.set()
        await go_on.wait()

    sandbox.model_api.pace.hold_in_queue()
    sandbox.model_api.hooks.after("submit", wait)
    await edit(sandbox)
    await arrived.wait()
    stopping = asyncio.create_task(bot.terminate())
    await bot.wait_for_log("stopping")
    go_on.set()
    assert (await stopping).code == 0
    assert [record.status for record in records(sandbox.data_dir)] == ["queued"]
    assert leases_held(sandbox) == 0
    sandbox.model_api.pace.release()
    await bot.restart()
    assert [record.status for record in await settled(sandbox)] == ["succeeded"]
    assert len(sandbox.model_api.submits) == 1


@pytest.mark.settings(quota={"jobs_per_day": 1, "running_per_user": 1, "waiting_per_user": 1})
async def test_a_stop_answers_who_asked_before_it(sandbox: Sandbox, bot: BotProcess) -> None:
    """A refusal that was on its way when the stop came is still told, with the prompt, and no message thinks on."""
    sandbox.model_api.pace.hold_in_queue()
    await edit(sandbox)
    await until(lambda: len(records(sandbox.data_dir)) == 1, what="the job that uses the quota up")
    callback = "POST /interactions/{interaction_id}/{interaction_token}/callback"
    # Longer than a stop takes that does not wait for it.
    acknowledgement = sandbox.discord.faults.delay(callback, seconds=1.0, applied=True)
    reply = await sandbox.clients.ada.slash("edit", prompt=PROMPT, image1=paint("cat.png", width=64, height=48))
    await until(lambda: acknowledgement.hits == 1, what="the acknowledgement")
    assert (await bot.terminate()).code == 0
    (answer,) = reply.messages
    assert "Nothing was charged." in answer.text
    assert PROMPT in answer.text


async def test_a_stop_does_not_wait_for_ever(sandbox: Sandbox, bot: BotProcess) -> None:
    """A submit that is never answered ends as unconfirmed, and the process is gone within 10 s."""
    sandbox.model_api.faults.next("submit", Fault.HANG_AFTER)
    await edit(sandbox)
    await sandbox.model_api.submitted()
    ended = await bot.terminate()
    assert ended.code == 0
    assert ended.seconds < 10
    assert [record.status for record in records(sandbox.data_dir)] == ["unconfirmed"]


async def test_a_stop_does_not_wait_for_a_locked_database(sandbox: Sandbox, bot: BotProcess) -> None:
    """Another program holds the file, transactions are under way: the process is gone within 10 s all the same."""
    sandbox.model_api.pace.hold_in_queue()
    await edit(sandbox)
    await until(lambda: [one for one in records(sandbox.data_dir) if one.status == "queued"], what="a queued job")
    with closing(sqlite3.connect(sandbox.data_dir / "jobs.db", isolation_level=None, timeout=10)) as other:
        other.execute("BEGIN IMMEDIATE")
        sandbox.model_api.pace.release()
        await until(
            lambda: "result" in {call.route for call in sandbox.model_api.traffic.calls}, what="the end to be written"
        )
        ended = await bot.terminate()
    assert ended.code == 0
    assert ended.seconds < 10


async def test_a_stop_does_not_wait_for_everything_at_once(sandbox: Sandbox, bot: BotProcess) -> None:
    """A submit without its answer, then a locked database: gone within 10 s, and the next start tells the truth."""
    sandbox.model_api.faults.next("submit", Fault.HANG_AFTER)
    await edit(sandbox)
    await sandbox.model_api.submitted()
    with closing(sqlite3.connect(sandbox.data_dir / "jobs.db", isolation_level=None, timeout=10)) as other:
        other.execute("BEGIN IMMEDIATE")
        ended = await bot.terminate()
    assert ended.code == 0
    assert ended.seconds < 10
    await bot.restart()
    assert [record.status for record in await settled(sandbox)] == ["unconfirmed"]
    assert len(sandbox.model_api.submits) == 1


async def test_a_second_bot_on_the_same_database_is_refused(
    sandbox: Sandbox, bot: BotProcess, start_bot: StartBot
) -> None:
    """On SQLite a second process is refused with one clear line and exit code 2; the first goes on."""
    second = await start_bot(config=bot.config, wait=False)
    assert (await second.wait_exit()).code == 2
    assert "is in use by another bot that runs" in second.log.splitlines()[-1]
    assert "Traceback" not in second.log
    await edit(sandbox)
    assert [record.status for record in await settled(sandbox)] == ["succeeded"]


# --- starting -------------------------------------------------------------------------------------------------------


@pytest.mark.interpreter
async def test_a_refused_token_is_one_line_and_exit_code_2(start_bot: StartBot) -> None:
    """A wrong Discord token ends the start with a sentence that names the fix."""
    bot = await start_bot(overrides={"discord": {"token": "not-the-token-of-this-bot"}}, wait=False)
    assert (await bot.wait_exit()).code == 2
    assert bot.log.splitlines()[-1].startswith("comfycord: Discord refuses discord.token")
    assert "Traceback" not in bot.log


@pytest.mark.interpreter
async def test_an_unreachable_discord_is_one_line_and_exit_code_1(start_bot: StartBot) -> None:
    """Where Discord cannot be reached the process ends, so that its supervisor starts it again."""
    bot = await start_bot(overrides={"discord": {"api_url": f"http://{free_address()}/api/v10"}}, wait=False)
    assert (await bot.wait_exit()).code == 1
    assert bot.log.splitlines()[-1].startswith("comfycord: Discord cannot be reached")
    assert "Traceback" not in bot.log


async def test_commands_are_synced_only_when_they_changed(
    sandbox: Sandbox, bot: BotProcess, start_bot: StartBot
) -> None:
    """A second start writes nothing; another command name does; so do commands that somebody took away."""
    writes = sandbox.state.commands
    assert writes.writes == 1
    await bot.terminate()
    await bot.restart()
    await bot.wait_for_log("the commands have not changed")
    assert writes.writes == 1
    await bot.terminate()
    models = [{"id": "openai/gpt-image-1-5/image-to-image", "command": "paint"}]
    renamed = await start_bot(overrides={"models": models})
    await until(lambda: writes.writes == 2, what="the renamed command")
    await renamed.terminate()
    writes.overwrite(None, [])
    assert writes.writes == 3
    await start_bot(config=renamed.config)
    await until(lambda: writes.writes == 4, what="a new sync")


# --- health ---------------------------------------------------------------------------------------------------------


async def test_health_follows_the_gateway(sandbox: Sandbox, start_bot: StartBot) -> None:
    """Connected: ready. Without the gateway: alive, not ready, and ready again by itself."""
    address = free_address()
    await start_bot(overrides={"health": {"listen": address}})

    async def is_ready(status: int) -> None:
        async with asyncio.timeout(15):
            while (await health_of(f"http://{address}/readyz"))[0] != status:  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.05)

    await is_ready(200)
    sandbox.gateway.is_away = True
    sandbox.gateway.drop()
    await is_ready(503)
    assert await health_of(f"http://{address}/healthz") == (200, {"status": "ok", "database": "ok"})
    sandbox.gateway.is_away = False
    await is_ready(200)


# --- where it answers -----------------------------------------------------------------------------------------------


@pytest.mark.settings(discord={"guilds": [1234567890]})
async def test_elsewhere_it_is_not_set_up(sandbox: Sandbox, bot: BotProcess) -> None:
    """In a server that the settings do not name, and in direct messages, the answer is private and nothing is paid."""
    ada = sandbox.clients.ada
    for place in (sandbox.channels.general, sandbox.channels.direct(ada)):
        reply = await ada.slash("edit", prompt=PROMPT, image1=paint("cat.png", width=64, height=48), channel=place)
        answer = await reply.message()
        assert "not set up here" in answer.text
        assert answer.is_ephemeral
    assert await ada.autocomplete("cancel", "job", "") == []
    assert records(sandbox.data_dir) == []
    assert bot.is_running


async def test_a_named_server_may_use_the_bot(sandbox: Sandbox, start_bot: StartBot) -> None:
    """A server of the list is served, while direct messages still are elsewhere."""
    guild_id = sandbox.channels.general.guild_id
    assert guild_id is not None
    await start_bot(overrides={"discord": {"guilds": [guild_id]}})
    await edit(sandbox)
    assert [record.status for record in await settled(sandbox)] == ["succeeded"]
    ada = sandbox.clients.ada
    reply = await ada.slash("quota", channel=sandbox.channels.direct(ada))
    assert "not set up here" in (await reply.message()).text


# --- the log --------------------------------------------------------------------------------------------------------


@pytest.mark.interpreter
@pytest.mark.settings(log={"level": "DEBUG"})
async def test_a_whole_run_at_debug_logs_no_secret_and_no_prompt(sandbox: Sandbox, bot: BotProcess) -> None:
    """With rate limits, failing calls and a failing job, no token, no prompt and no signed link is in the log."""
    faults = sandbox.discord.faults
    route = "PATCH /webhooks/{application_id}/{token}/messages/@original"
    faults.fail(route, status=429, retry_after=0.1)
    faults.fail(route, status=500)
    sandbox.model_api.faults.next("status", Fault.ERROR_BEFORE)
    await edit(sandbox)
    await settled(sandbox)
    sandbox.model_api.faults.next("submit", Fault.RESET_AFTER)
    await edit(sandbox)
    await settled(sandbox, count=2)
    await bot.terminate()
    state = sandbox.state
    tokens = [interaction.token for interaction in state.interactions.values()]
    assert tokens
    for secret in (state.bot_token, sandbox.model_api.token, PROMPT, "hm=", *tokens):
        assert secret not in bot.log
    assert "job_id=" in bot.log
