"""The same thing twice: an event that the gateway repeats is one action, a command given twice is two."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.bot_process import BotProcess
from sandbox.model_api.faults import Fault
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.one_bot.asking import ask, numbers
from tests.acceptance.promise import Record, messages_with_result, records
from tests.rig import until

CALLBACK = "POST /interactions/{interaction_id}/{token}/callback"


class Callbacks:
    """The answers that Discord got since the beginning of a test, and what the bot wrote meanwhile."""

    def __init__(self, sandbox: Sandbox, bot: BotProcess) -> None:
        self._sandbox = sandbox
        self._bot = bot
        self._log_before = len(bot.log.encode())

    async def both(self, interaction_id: int) -> None:
        """Wait until both deliveries of one event were answered: one is taken, one is told that it comes too late."""

        def statuses() -> list[int]:
            calls = self._sandbox.discord.traffic.to(CALLBACK)
            mine = (call for call in calls if call.parameters["interaction_id"] == str(interaction_id))
            return sorted(call.status for call in mine if call.status is not None)

        await until(lambda: len(statuses()) == 2, what="two answers")
        assert statuses() in ([200, 400], [204, 400])

    @property
    def log(self) -> str:
        """What the bot has written since."""
        return self._bot.log_after(self._log_before).decode()


@pytest_asyncio.fixture(loop_scope="session")
async def callbacks(sandbox: Sandbox, bot: BotProcess) -> AsyncIterator[Callbacks]:
    """What is answered; afterwards the bot has met no error in answering."""
    found = Callbacks(sandbox, bot)
    yield found
    # The next command is done after both deliveries.
    await (await sandbox.clients.ada.slash("quota")).message()
    assert " ERROR cogs" not in found.log
    assert " ERROR discord" not in found.log
    assert "Traceback" not in found.log


async def in_queue(sandbox: Sandbox) -> str:
    """Return the id of a job in the service's queue."""
    sandbox.model_api.pace.hold_in_queue()
    prompt = f"a fox in a queue, number {next(numbers)}"
    await sandbox.clients.ada.slash("edit", prompt=prompt, image1=paint("cat.png", width=64, height=48))

    def found() -> list[str]:
        return [r.job_id for r in records(sandbox.data_dir) if r.prompt == prompt and r.status == "queued"]

    await until(found, what="the queue")
    return found()[0]


@pytest.mark.parametrize("command", ["quota", "history", "job"])
async def test_a_command_that_shows_something(sandbox: Sandbox, callbacks: Callbacks, command: str) -> None:
    """It is shown once, privately, and nobody is told of an error that was none."""
    options = {"job": await in_queue(sandbox)} if command == "job" else {}
    reply = await sandbox.clients.ada.send_command(command, options, twice=True)
    answer = await reply.message()
    await callbacks.both(reply.interaction.id)
    assert answer.is_ephemeral
    assert answer.edits <= 1
    assert reply.messages == [answer]


async def test_the_cancel_command(sandbox: Sandbox, callbacks: Callbacks) -> None:
    """One cancel at the service, one answer."""
    job_id = await in_queue(sandbox)
    reply = await sandbox.clients.ada.slash("cancel", job=job_id, twice=True)
    answer = await reply.message()
    await callbacks.both(reply.interaction.id)
    assert answer.text.startswith("Cancelled.")
    assert reply.messages == [answer]
    assert sandbox.model_api.submits[-1].cancel_calls == 1


async def test_suggestions(sandbox: Sandbox, callbacks: Callbacks) -> None:
    """What one types is answered once; the second answer, which comes too late, is nobody's concern."""
    job_id = await in_queue(sandbox)
    sandbox.gateway.repeat_next_interaction()
    choices = await sandbox.clients.ada.autocomplete("cancel", "job", job_id)
    assert [choice.value for choice in choices] == [job_id]
    await callbacks.both(max(sandbox.state.interactions))


async def test_a_button_with_a_warning(sandbox: Sandbox, callbacks: Callbacks) -> None:
    """Both deliveries of a press show the one warning; its button, repeated too, submits one job."""
    sandbox.model_api.faults.next("submit", Fault.RESET_AFTER)
    job = await ask(sandbox)
    await job.card.until_text("Unconfirmed")
    press = await job.card.click("Submit anew", twice=True)
    warning = await press.message()
    await callbacks.both(press.interaction.id)
    assert press.messages == [warning]
    confirmed = await warning.click("Submit anew", twice=True)
    new = await confirmed.message()
    await callbacks.both(confirmed.interaction.id)
    await new.until_text("Done")
    assert confirmed.messages == [new]
    assert job.submits == 2, "the one whose answer was lost, and the one in its place"


async def test_the_same_command_given_again(sandbox: Sandbox) -> None:
    """One's own and another's identical commands at once are jobs of their own: a submit, a card and a result each."""
    prompt = f"a fox in the mirror, number {next(numbers)}"
    ada, ben = sandbox.clients.ada, sandbox.clients.ben
    who = (ada, ada, ben)
    replies = await asyncio.gather(
        *(one.slash("edit", prompt=prompt, image1=paint("cat.png", width=64, height=48)) for one in who)
    )
    cards = await asyncio.gather(*(reply.message() for reply in replies))
    await asyncio.gather(*(card.until(lambda card: len(card.attachments) == 1) for card in cards))

    def found() -> list[Record]:
        return [record for record in records(sandbox.data_dir) if record.prompt == prompt]

    await until(lambda: all(record.is_settled for record in found()), what="each end")
    assert [record.status for record in found()] == ["succeeded"] * 3
    requests = [request.request_id for request in sandbox.model_api.submits if request.inputs["prompt"] == prompt]
    assert len(requests) == 3
    assert {record.request_id for record in found()} == set(requests)
    with_result = [message.id for record in found() for message in messages_with_result(sandbox, record.job_id)]
    assert sorted(with_result) == sorted(card.id for card in cards)
    for one, card in zip(who, cards, strict=True):
        assert f"asked by <@{one.id}>" in card.text
