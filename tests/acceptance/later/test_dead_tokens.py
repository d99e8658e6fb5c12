"""Private cards whose token is dead: their owner gets the end once, directly, and nobody else sees a thing."""

from __future__ import annotations

from dataclasses import replace

from sandbox.client_driver import Card, ClientDriver
from sandbox.sandbox import Sandbox
from tests.acceptance.later.asking import begun, done, ended, new_prompt, request_of
from tests.acceptance.later.time_machine import MINUTE, TimeMachine


async def private_and_old(sandbox: Sandbox, time: TimeMachine, member: ClientDriver, prompt: str) -> Card:
    """Return the private card of a job that is still in the queue after a quarter of an hour."""
    sandbox.model_api.pace.hold_in_queue()
    card = await begun(sandbox, time, member, prompt, "queued", private=True)
    await time.forward(16 * MINUTE)
    return card


async def test_a_private_result(sandbox: Sandbox, time: TimeMachine, member: ClientDriver) -> None:
    """The result, and later its cost, are one direct message; the old card stays as it was."""
    prompt = new_prompt()
    sandbox.model_api.behaviour = replace(sandbox.model_api.behaviour, cost_delay_seconds=20)
    old = await private_and_old(sandbox, time, member, prompt)
    sandbox.model_api.pace.release()
    record = await ended(sandbox, prompt, "succeeded")
    place = sandbox.channels.direct(member)
    (card,) = place.seen_by(member)
    assert "Done" in card.text
    assert prompt in card.text
    assert [file.filename for file in card.attachments] == [f"{record.job_id}-1.png"]
    assert "$" not in card.text
    await time.forward(30)
    await done(member)  # wakes the poller, which sleeps by the machine's clock
    await card.until_text("$")
    await ended(sandbox, prompt, "succeeded")
    assert place.seen_by(member) == [card]
    assert len(card.attachments) == 1
    assert "In queue" in old.text
    assert all(prompt not in seen.text for seen in sandbox.channels.general.seen_by(sandbox.clients.ben))


async def test_a_private_failure(sandbox: Sandbox, time: TimeMachine, member: ClientDriver) -> None:
    """A failure is told the same way, once, with the service's reason."""
    prompt = new_prompt()
    old = await private_and_old(sandbox, time, member, prompt)
    request = request_of(sandbox, prompt)
    assert request is not None
    await request.fail("out of paint")
    await ended(sandbox, prompt, "failed")
    (card,) = sandbox.channels.direct(member).seen_by(member)
    assert "Failed" in card.text
    assert "out of paint" in card.text
    assert prompt in card.text
    assert "In queue" in old.text
    assert all(prompt not in seen.text for seen in sandbox.channels.general.seen_by(sandbox.clients.ben))


async def test_a_private_failure_and_direct_messages_refused(
    sandbox: Sandbox, time: TimeMachine, member: ClientDriver
) -> None:
    """Who takes no direct messages finds the reason in /job, where it says that the card could not be delivered."""
    prompt = new_prompt()
    await private_and_old(sandbox, time, member, prompt)
    member.user.accepts_direct_messages = False
    request = request_of(sandbox, prompt)
    assert request is not None
    await request.fail("out of paint")
    record = await ended(sandbox, prompt, "failed")
    shown = await (await member.slash("job", job=record.job_id)).message()
    assert "Its card could not be delivered." in shown.text
    assert "out of paint" in shown.text
    assert sandbox.channels.direct(member).seen_by(member) == []
