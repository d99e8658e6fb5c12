"""Deadlines reached in each state: a job that waits ends, one at the API is late, and the quota is given back."""

from __future__ import annotations

import asyncio

from sandbox.bot_process import BotProcess
from sandbox.client_driver import Card, ClientDriver
from sandbox.model_api.model_request import ModelRequest
from sandbox.sandbox import Sandbox
from tests.acceptance.later.asking import ask, begun, ended, new_prompt, quota_text, request_of, stands
from tests.acceptance.later.time_machine import HOUR, MINUTE, TimeMachine
from tests.rig import until

LATE = "RunComfy has not finished it in time and goes on with it"
NO_PLACE = "in time. Nothing was charged. It does not count towards your quota."


async def assert_late(
    sandbox: Sandbox, member: ClientDriver, card: Card, prompt: str, *, buttons: tuple[str, ...]
) -> None:
    """Assert that the job is late, that its one card says so, and that its place of the day is free."""
    await stands(sandbox, prompt, "late", is_shown=True)
    assert "Late" in card.text
    assert LATE in card.text
    assert card.labels == buttons
    assert card.attachments == ()
    assert "0 of 3" in await quota_text(member)


def accepted(sandbox: Sandbox, prompt: str) -> ModelRequest:
    """Return the request at the API, which is there."""
    request = request_of(sandbox, prompt)
    assert request is not None
    return request


async def test_while_waiting(sandbox: Sandbox, time: TimeMachine, member: ClientDriver) -> None:
    """A job that gets no place in time is never submitted; the one that has the place goes on."""
    sandbox.model_api.pace.hold_in_queue()
    first, second = new_prompt(), new_prompt()
    await ask(member, first)
    await stands(sandbox, first, "queued", is_shown=False)
    card = await begun(sandbox, time, member, second, "waiting")
    assert "Waiting" in card.text
    await time.forward(31 * MINUTE)
    await ended(sandbox, second, "expired")
    assert NO_PLACE in card.text
    assert card.labels == ()
    assert "1 of 3" in await quota_text(member)
    sandbox.model_api.pace.release()
    await ended(sandbox, first, "succeeded")
    assert request_of(sandbox, second) is None
    assert "1 of 3" in await quota_text(member)


async def test_while_submitting(sandbox: Sandbox, time: TimeMachine, member: ClientDriver) -> None:
    """The API's answer comes only when the hour is over: what it accepted is late, and its result is shown."""
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def answer_late(_: object) -> None:
        arrived.set()
        await go_on.wait()

    sandbox.model_api.pace.hold_in_queue()
    sandbox.model_api.hooks.after("submit", answer_late)
    prompt = new_prompt()
    card = await begun(sandbox, time, member, prompt, "submitting")
    await arrived.wait()
    await time.forward(61 * MINUTE)
    go_on.set()
    await assert_late(sandbox, member, card, prompt, buttons=("Cancel",))
    await assert_shown_late(sandbox, time, member, card, prompt)


async def test_while_queued(sandbox: Sandbox, time: TimeMachine, member: ClientDriver) -> None:
    """Not a minute too early; then it is late, nobody cancels it, and its result is shown when it comes."""
    sandbox.model_api.pace.hold_in_queue()
    prompt = new_prompt()
    card = await begun(sandbox, time, member, prompt, "queued")
    await time.forward(59 * MINUTE)
    polls = accepted(sandbox, prompt).status_polls
    await until(lambda: accepted(sandbox, prompt).status_polls > polls + 1, what="two polls in the last minute")
    await stands(sandbox, prompt, "queued", is_shown=False)
    await time.forward(2 * MINUTE)
    await assert_late(sandbox, member, card, prompt, buttons=("Cancel",))
    assert accepted(sandbox, prompt).cancel_calls == 0
    await assert_shown_late(sandbox, time, member, card, prompt)


async def test_while_running(sandbox: Sandbox, time: TimeMachine, member: ClientDriver) -> None:
    """A running job that is late is asked about ever more rarely; a result of hours later is shown all the same."""
    sandbox.model_api.pace.hold_in_progress()
    prompt = new_prompt()
    card = await begun(sandbox, time, member, prompt, "running")
    await time.forward(61 * MINUTE)
    await assert_late(sandbox, member, card, prompt, buttons=())
    await time.forward(5 * HOUR)
    await stands(sandbox, prompt, "late", is_shown=True)
    await assert_shown_late(sandbox, time, member, card, prompt)


async def assert_shown_late(sandbox: Sandbox, time: TimeMachine, member: ClientDriver, card: Card, prompt: str) -> None:
    """Let the API finish it, and assert that the result comes to whoever asked, by whatever way is left."""
    sandbox.model_api.pace.release()
    await accepted(sandbox, prompt).ended()
    await time.forward(31 * MINUTE)
    await ended(sandbox, prompt, "succeeded")
    assert "Done" in card.text
    assert len(card.attachments) == 1
    assert "1 of 3" in await quota_text(member)


async def test_a_result_while_the_bot_was_stopped(
    sandbox: Sandbox, bot: BotProcess, time: TimeMachine, member: ClientDriver
) -> None:
    """However long after the hour the bot is back, it asks first: a result that is there is a success."""
    sandbox.model_api.pace.hold_in_queue()
    prompt = new_prompt()
    card = await begun(sandbox, time, member, prompt, "queued")
    await bot.kill()
    await accepted(sandbox, prompt).finish()
    await time.forward(3 * 60 * MINUTE)
    await bot.restart()
    await ended(sandbox, prompt, "succeeded")
    assert "Done" in card.text
    assert "1 of 3" in await quota_text(member)


async def test_a_result_at_the_last_moment(sandbox: Sandbox, time: TimeMachine, member: ClientDriver) -> None:
    """An answer from before the end of the hour does not end a job: it is asked about once more, and is a success."""
    sandbox.model_api.pace.hold_in_queue()
    prompt = new_prompt()
    card = await begun(sandbox, time, member, prompt, "queued")
    answered, go_on = asyncio.Event(), asyncio.Event()

    async def arrive_late(_: object) -> None:
        answered.set()
        await go_on.wait()

    sandbox.model_api.hooks.after("status", arrive_late)
    await answered.wait()
    await accepted(sandbox, prompt).finish()
    await time.forward(61 * MINUTE)
    go_on.set()
    await ended(sandbox, prompt, "succeeded")
    assert "Done" in card.text
    assert "1 of 3" in await quota_text(member)
