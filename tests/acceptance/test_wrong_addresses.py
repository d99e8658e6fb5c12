"""What an operator is told when an address of the settings leads somewhere else."""

from __future__ import annotations

import pytest

from sandbox.bot_config import free_address
from sandbox.sandbox import Sandbox
from tests.contract.bot.answering import answering
from tests.rig import StartBot


@pytest.mark.parametrize("command", ["run", "sync"])
async def test_a_page_in_discords_place_is_one_line_and_exit_code_2(
    sandbox: Sandbox, start_bot: StartBot, command: str
) -> None:
    """A wrong address, or a network's log-in page, answers 200 with a page: the last line names address and setting."""
    async with answering(200) as address:
        config = sandbox.write_config(overrides={"discord": {"api_url": address}})
        bot = await start_bot(config=config, arguments=[command, "--config", str(config)], wait=False)
        assert (await bot.wait_exit()).code == 2, bot.log
    last = bot.log.splitlines()[-1]
    assert last.startswith(f"comfycord: what answers at discord.api_url ({address}) is not Discord's API")
    assert "Traceback" not in bot.log
    assert " CRITICAL " not in bot.log


async def test_a_gateway_that_is_not_there_is_one_line_each_time(start_bot: StartBot) -> None:
    """While the gateway cannot be reached each try is one line that names the setting, and the bot stops when asked."""
    bot = await start_bot(overrides={"discord": {"gateway_url": f"ws://{free_address()}"}}, wait=False)
    await bot.wait_for_log("discord.gateway_url is wrong")
    assert (await bot.terminate()).code == 0
    (line,) = [line for line in bot.log.splitlines() if "discord.gateway_url" in line]
    assert " WARNING discord.shard: Failed to connect" in line
    assert "Traceback" not in bot.log
