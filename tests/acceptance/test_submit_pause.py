"""Several unknown outcomes in a row."""

from __future__ import annotations

from sandbox.bot_process import BotProcess
from sandbox.client_driver import Card
from sandbox.model_api.faults import Fault, FaultOrder
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox


async def ask(sandbox: Sandbox, prompt: str) -> Card:
    """Let a member run /edit and return the card."""
    return await (
        await sandbox.clients.ada.slash("edit", prompt=prompt, image1=paint("cat.png", width=64, height=48))
    ).message()


async def test_several_unknown_outcomes_pause_submitting(sandbox: Sandbox, bot: BotProcess) -> None:
    """Each further submit could be another charge that nobody can confirm, so the fourth job waits."""
    sandbox.model_api.faults.next("submit", FaultOrder(fault=Fault.ERROR_AFTER, status=500), times=3)
    for number in range(3):
        card = await ask(sandbox, f"job {number}")
        await card.until_text("Unconfirmed")
    card = await ask(sandbox, "the fourth")
    await card.until_text("Waiting")
    assert len(sandbox.model_api.traffic.of("submit")) == 3
    assert bot.is_running
