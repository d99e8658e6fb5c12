"""What a member of these tests asks for, and what the bot says of their quota."""

from __future__ import annotations

from itertools import count

from sandbox.client_driver import Card, ClientDriver, Reply
from sandbox.model_api.model_request import ModelRequest
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.later.time_machine import TimeMachine
from tests.acceptance.promise import Record, assert_promise_kept, records
from tests.rig import until

NUMBERS = count(1)
SHOWN_AFTER_SECONDS = 3  # what normally passes at once is shown only when it lasts
CAT = paint("cat.png", width=64, height=48)


def new_prompt() -> str:
    """Return a prompt that nobody used before."""
    return f"a fox in the rain, number {next(NUMBERS)}"


async def ask(who: ClientDriver, prompt: str, *, private: bool = False) -> Reply:
    """Let somebody run /edit with one picture."""
    return await who.slash("edit", prompt=prompt, image1=CAT, private=private)


async def done(who: ClientDriver) -> Card:
    """Let somebody run /edit, and return its card once the result hangs there."""
    card = await (await ask(who, new_prompt())).message()
    return await card.until_text("Done")


async def begun(
    sandbox: Sandbox, time: TimeMachine, who: ClientDriver, prompt: str, status: str, *, private: bool = False
) -> Card:
    """Let somebody run /edit, wait for that state, and return the card that shows it; nothing melts with it longer."""
    reply = await ask(who, prompt, private=private)
    await stands(sandbox, prompt, status, is_shown=False)
    await time.forward(SHOWN_AFTER_SECONDS)
    return await reply.message()


async def quota_text(who: ClientDriver) -> str:
    """Return what /quota shows this person."""
    return (await (await who.slash("quota")).message()).text


def record_of(sandbox: Sandbox, prompt: str) -> Record | None:
    """Return what the database says of the job with this prompt."""
    return next((record for record in records(sandbox.data_dir) if record.prompt == prompt), None)


def request_of(sandbox: Sandbox, prompt: str) -> ModelRequest | None:
    """Return what the API knows of the request with this prompt."""
    return next((request for request in sandbox.model_api.submits if request.inputs["prompt"] == prompt), None)


async def stands(sandbox: Sandbox, prompt: str, status: str, *, is_shown: bool = True) -> Record:
    """Wait until the job with this prompt is in that state and, unless `is_shown` is false, its card shows it."""

    def found() -> Record | None:
        record = record_of(sandbox, prompt)
        is_there = record is not None and record.status == status and (record.is_shown or not is_shown)
        return record if is_there else None

    try:
        await until(found, what=f"the state {status}")
    except TimeoutError as error:
        raise TimeoutError(f"not {status}: {record_of(sandbox, prompt)}") from error
    record = record_of(sandbox, prompt)
    assert record is not None
    return record


async def ended(sandbox: Sandbox, prompt: str, status: str) -> Record:
    """Wait until the job has ended so and its card says it; the promise is kept then."""
    record = await stands(sandbox, prompt, status)
    assert_promise_kept(sandbox, [record])
    return record
