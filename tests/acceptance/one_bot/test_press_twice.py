"""A press of Cancel that the gateway delivers twice is one press: one cancel, and one answer where there is one."""

from __future__ import annotations

import asyncio

from sandbox.client_driver import Card, Reply
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.one_bot.asking import numbers
from tests.rig import until

CALLBACK = "POST /interactions/{interaction_id}/{token}/callback"


async def in_queue(sandbox: Sandbox) -> Card:
    """Return the public card of a job in the service's queue, as somebody else sees it."""
    sandbox.model_api.pace.hold_in_queue()
    prompt = f"a fox that waits, number {next(numbers)}"
    reply = await sandbox.clients.ada.slash("edit", prompt=prompt, image1=paint("cat.png", width=64, height=48))
    return await (await reply.message()).until_text("In queue")


async def both_done(sandbox: Sandbox, reply: Reply) -> None:
    """Wait until both deliveries were answered by Discord, and what came of them is done."""
    number = str(reply.interaction.id)

    def answered() -> bool:
        calls = [call for call in sandbox.discord.traffic.to(CALLBACK) if call.parameters["interaction_id"] == number]
        return sum(call.status is not None for call in calls) == 2

    await until(answered, what="two answers of Discord")
    # What another command does afterwards takes as many steps.
    await (await sandbox.clients.ben.slash("job", job="aaaaaaaaaa")).message()


async def test_somebody_else_is_told_no_once(sandbox: Sandbox) -> None:
    """One private no, and the job goes on."""
    card = await in_queue(sandbox)
    reply = await sandbox.clients.ben.click(card, "Cancel", twice=True)
    answer = await reply.message()
    await both_done(sandbox, reply)
    assert reply.messages == [answer]
    assert "somebody else's" in answer.text


async def test_the_owner_cancels_once(sandbox: Sandbox) -> None:
    """One cancel at the service; the card says it, and nobody is told that it was over already."""
    card = await in_queue(sandbox)
    held, go_on = asyncio.Event(), asyncio.Event()

    async def hold(_: object) -> None:
        held.set()
        await go_on.wait()

    # Whoever follows the job would send the wish as well, where it meets it before the answer to the press.
    sandbox.model_api.hooks.before("status", hold)
    await held.wait()
    reply = await card.click("Cancel", twice=True)
    await card.until_text("Cancelled")
    await both_done(sandbox, reply)
    go_on.set()
    assert reply.messages == []
    assert sandbox.model_api.submits[-1].cancel_calls == 1
