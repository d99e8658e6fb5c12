"""`discord.guilds`: nobody else spends the operator's money."""

from __future__ import annotations

import pytest

from sandbox.bot_process import BotProcess
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.promise import records

PROMPT = "a fox in the snow"
CAT = paint("cat.png", width=64, height=48)


@pytest.mark.settings(discord={"guilds": [1]})
async def test_where_the_bot_is_not_set_up(sandbox: Sandbox, bot: BotProcess) -> None:
    """In other servers than the operator's, and in direct messages, nobody spends the operator's money."""
    assert bot.is_running
    ada = sandbox.clients.ada
    for place in (sandbox.channels.general, sandbox.channels.direct(ada)):
        for reply in (
            await ada.slash("edit", prompt=PROMPT, image1=CAT, channel=place),
            await ada.slash("history", channel=place),
            await ada.slash("quota", channel=place),
        ):
            answer = await reply.message()
            assert answer.is_ephemeral or place.guild_id is None
            assert "not set up here" in answer.text
        asked = await (await ada.slash("edit", prompt=PROMPT, image1=CAT, channel=place)).message()
        assert f"```\n{PROMPT}\n```" in asked.text
    assert records(sandbox.data_dir) == []
    assert sandbox.model_api.submits == ()
