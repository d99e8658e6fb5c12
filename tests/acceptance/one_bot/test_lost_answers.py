"""The connection breaks while a private answer is on its way: an operator reads one line, a person no second answer."""

from __future__ import annotations

import pytest

from sandbox.bot_process import BotProcess
from sandbox.client_driver.reply import Reply
from sandbox.sandbox import Sandbox
from tests.rig import until

CALLBACK = "POST /interactions/{interaction_id}/{token}/callback"
FOLLOWUP = "POST /webhooks/{application_id}/{token}"
ORIGINAL = "PATCH /webhooks/{application_id}/{token}/messages/@original"


async def ask(sandbox: Sandbox, route: str) -> Reply:
    """Let a member do what is answered by that route."""
    ada = sandbox.clients.ada
    if route == CALLBACK:
        return await ada.slash("edit", prompt="a fox without a picture")
    if route == FOLLOWUP:
        return await ada.slash("job", job="aaaaaaaaaa")
    return await ada.slash("history")


@pytest.mark.parametrize("is_applied", [True, False], ids=["arrived", "lost"])
@pytest.mark.parametrize("route", [CALLBACK, FOLLOWUP, ORIGINAL], ids=["first answer", "followup", "layout"])
async def test_a_connection_that_breaks_under_an_answer(
    sandbox: Sandbox, bot: BotProcess, route: str, *, is_applied: bool
) -> None:
    """It is no mistake of the bot: no traceback, no reference, and what arrived stays the only answer."""
    before = len(bot.log.encode())
    sandbox.discord.faults.reset(route, applied=is_applied)
    reply = await ask(sandbox, route)
    line = f"interaction={reply.interaction.id} no answer: ClientOSError"
    await until(lambda: line in bot.log_after(before).decode(), what="the line")
    written = bot.log_after(before).decode()
    assert "Traceback" not in written
    assert "reference=" not in written
    assert [card.is_ephemeral for card in reply.messages] == [True] * is_applied
