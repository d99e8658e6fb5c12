"""Places other than an ordinary channel; direct messages and channels without permission have tests of their own."""

from __future__ import annotations

from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.one_bot.asking import Asked, numbers
from tests.acceptance.promise import messages_with_result


async def test_an_age_restricted_channel(sandbox: Sandbox) -> None:
    """It is a channel like any other: the card ends there, and nowhere else."""
    ada, place = sandbox.clients.ada, sandbox.channels.adults
    prompt = f"a fox in the dusk, number {next(numbers)}"
    seen = place.seen_by(sandbox.clients.ben)
    reply = await ada.slash("edit", prompt=prompt, image1=paint("cat.png", width=64, height=48), channel=place)
    card = await (await reply.message()).until_text("Done")
    record = await Asked(sandbox=sandbox, card=card, prompt=prompt).ended()
    (message,) = messages_with_result(sandbox, record.job_id)
    assert (message.id, message.channel_id) == (card.id, place.id)
    assert place.seen_by(sandbox.clients.ben) == [*seen, card]
    for command in ("history", "quota"):
        answer = await (await ada.slash(command, channel=place)).message()
        assert answer.is_ephemeral
