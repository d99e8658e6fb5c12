"""What an operator does beside the bot: check, sync, adopt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from sandbox.bot_config import free_address
from sandbox.bot_process import BotProcess
from sandbox.model_api.faults import Fault
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.promise import assert_promise_kept, records, settled
from tests.rig import StartBot, until

Command = Callable[..., Awaitable[tuple[int, list[str]]]]


@pytest.fixture
def command(sandbox: Sandbox, start_bot: StartBot) -> Command:
    """Run one command of the bot's command line on the sandbox; gives its exit code and its lines."""

    async def run(*arguments: str, env: dict[str, str] | None = None) -> tuple[int, list[str]]:
        config = sandbox.data_dir / "config.toml"
        if not config.exists():
            sandbox.write_config()
        process = await start_bot(
            config=config, arguments=(*arguments, "--config", str(config)), env=env or {}, wait=False
        )
        ended = await process.wait_exit()
        return ended.code, process.log.splitlines()

    return run


# --- check ----------------------------------------------------------------------------------------------------------


async def test_check_says_that_all_is_well(command: Command) -> None:
    """With everything in place each line is ok, and the exit code is 0."""
    code, lines = await command("check")
    assert code == 0, lines
    assert all(line.startswith("ok") for line in lines[:-1])
    assert lines[-1].startswith("All is well")


async def test_check_works_beside_a_running_bot(bot: BotProcess, command: Command) -> None:
    """A running bot is not disturbed by a check, nor a check by the bot."""
    code, lines = await command("check")
    assert code == 0, lines
    assert any("its schema is up to date" in line for line in lines)
    assert bot.is_running


@pytest.mark.parametrize(
    ("env", "problem", "fix"),
    [
        ({"DISCORD_TOKEN": "", "COMFYCORD_DISCORD__TOKEN": "wrong-token"}, "Discord refuses the token", "make a new"),
        ({"COMFYCORD_RUNCOMFY__TOKEN": "wrong-token"}, "refuses the token", "Create an API key"),
        ({"COMFYCORD_RUNCOMFY__BASE_URL": "http://{nowhere}"}, "cannot be reached", "runcomfy.base_url"),
        ({"COMFYCORD_DISCORD__API_URL": "http://{nowhere}/api/v10"}, "cannot be reached", "discord.api_url"),
        ({"COMFYCORD_DATABASE__URL": "postgresql://u:pw-secret@{nowhere}/x"}, "does not answer", "database.url"),
        ({"COMFYCORD_MODELS": '[{"id": "no/such", "command": "x"}]'}, "no/such", "[[models]]"),
    ],
    ids=["discord token", "api token", "api address", "discord address", "database", "model"],
)
async def test_check_names_each_problem_and_its_fix(
    command: Command, env: dict[str, str], problem: str, fix: str
) -> None:
    """One thing wrong is one PROBLEM with a line below it that says what to do, exit code 1, and no secret."""
    nowhere = free_address()
    code, lines = await command("check", env={name: value.replace("{nowhere}", nowhere) for name, value in env.items()})
    assert code == 1, lines
    (index,) = [number for number, line in enumerate(lines) if line.startswith("PROBLEM")]
    assert problem in lines[index]
    assert lines[index + 1].strip().startswith("->")
    assert fix in lines[index + 1]
    text = "\n".join(lines)
    assert "wrong-token" not in text
    assert "pw-secret" not in text
    assert "Traceback" not in text


# --- sync -----------------------------------------------------------------------------------------------------------


async def test_sync_writes_the_commands_whether_they_changed_or_not(
    sandbox: Sandbox, bot: BotProcess, command: Command
) -> None:
    """`sync` works beside a running bot and writes the commands again."""
    code, lines = await command("sync")
    assert (code, lines) == (0, ["5 commands are synced"])
    assert sandbox.state.commands.writes == 2
    assert bot.is_running


# --- adopt ----------------------------------------------------------------------------------------------------------


async def unconfirmed_job(sandbox: Sandbox) -> tuple[str, str]:
    """Have a job's answer lost after the API accepted it; return the job's id and the request's."""
    sandbox.model_api.faults.next("submit", Fault.RESET_AFTER)
    reply = await sandbox.clients.ada.slash("edit", prompt="a fox", image1=paint("cat.png", width=64, height=48))
    card = await reply.message()
    await card.until_text("Unconfirmed")
    (record,) = await settled(sandbox)
    assert record.status == "unconfirmed"
    (request,) = sandbox.model_api.submits
    return record.job_id, request.request_id


@pytest.mark.settings(jobs={"scan_seconds": 0.2})
async def test_adopt_brings_a_paid_result_home(sandbox: Sandbox, bot: BotProcess, command: Command) -> None:
    """The request id from the log reopens an unconfirmed job beside the running bot: it ends Done, paid once."""
    job_id, request_id = await unconfirmed_job(sandbox)
    code, lines = await command("adopt", job_id, request_id)
    assert code == 0, lines
    assert request_id in lines[-1]
    await until(lambda: records(sandbox.data_dir)[0].status == "succeeded", what="the adopted job's end")
    found = await settled(sandbox)
    assert_promise_kept(sandbox, found)
    assert bot.is_running


async def test_adopt_refuses_what_cannot_be(sandbox: Sandbox, bot: BotProcess, command: Command) -> None:
    """A mistyped request id, an unknown job and one that has ended change nothing, and say so; once again is fine."""
    sandbox.model_api.pace.hold_in_queue()
    job_id, request_id = await unconfirmed_job(sandbox)
    assert await command("adopt", job_id, "f033d089-3518-49c4-8abb-ef53018f7260") == (
        1,
        ["comfycord: RunComfy knows no request f033d089-3518-49c4-8abb-ef53018f7260: nothing was changed"],
    )
    assert await command("adopt", "nosuchjob1", request_id) == (1, ["comfycord: there is no job nosuchjob1"])
    assert [record.status for record in records(sandbox.data_dir)] == ["unconfirmed"]
    first = await command("adopt", job_id, request_id)
    assert first[0] == 0
    assert await command("adopt", job_id, request_id) == first
    sandbox.model_api.pace.release()
    await settled(sandbox)
    code, lines = await command("adopt", job_id, request_id)
    assert code == 1
    assert "nothing was changed" in lines[-1]
    assert bot.is_running
