"""`/edit`: what reaches the service, who sees the card, and an acknowledgement that goes wrong."""

from __future__ import annotations

import pytest

from sandbox.bot_process import BotProcess
from sandbox.client_driver.reply import Reply
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from tests.acceptance.one_bot.asking import Asked, numbers
from tests.acceptance.promise import records
from tests.rig import until

CAT, BOAT = paint("cat.png", width=64, height=48), paint("boat.jpg", width=64, height=48)
CALLBACK = "POST /interactions/{interaction_id}/{token}/callback"
DEFAULTS = {
    "image_size": "auto",
    "background": "auto",
    "quality": "high",
    "input_fidelity": "high",
    "output_format": "png",
}


def new_prompt() -> str:
    """Return a prompt that nobody used before."""
    return f"a fox on a beach, number {next(numbers)}"


async def test_attachments_and_addresses_reach_the_service(sandbox: Sandbox) -> None:
    """Pictures in their order, addresses behind them, each parameter explicit; the service really fetched them all."""
    prompt = new_prompt()
    reply = await sandbox.clients.ada.slash(
        "edit",
        prompt=prompt,
        image2=BOAT,
        image1=CAT,
        image_urls="https://pictures.example.com/house.webp, https://pictures.example.com/cat.gif",
        quality="low",
        image_size="1536x1024",
    )
    record = await Asked(sandbox=sandbox, card=await reply.message(), prompt=prompt).ended()
    assert record.status == "succeeded"
    (request,) = [one for one in sandbox.model_api.submits if one.inputs["prompt"] == prompt]
    urls = request.inputs["image_urls"]
    assert isinstance(urls, list)
    names = [str(url).partition("?")[0].rpartition("/")[2] for url in urls]
    assert names == ["cat.png", "boat.jpg", "house.webp", "cat.gif"]
    given = {"prompt": prompt, "quality": "low", "image_size": "1536x1024"}
    assert {name: value for name, value in request.inputs.items() if name != "image_urls"} == DEFAULTS | given


async def test_a_private_command(sandbox: Sandbox) -> None:
    """A private card is seen by its owner only, from its first moment to its end."""
    seen = sandbox.channels.general.seen_by(sandbox.clients.ben)
    reply = await sandbox.clients.ada.slash("edit", prompt=new_prompt(), image1=CAT, private=True)
    card = await reply.message()
    await card.until_text("Done")
    assert card.is_ephemeral
    assert card.attachments
    assert reply.messages == [card]
    assert sandbox.channels.general.seen_by(sandbox.clients.ben) == seen


async def test_in_direct_messages(sandbox: Sandbox) -> None:
    """The bot's direct messages take commands too."""
    ada = sandbox.clients.ada
    place = sandbox.channels.direct(ada)
    card = await (await ada.slash("edit", prompt=new_prompt(), image1=CAT, channel=place)).message()
    await card.until_text("Done")
    assert card in place.seen_by(ada)
    listed = await (await ada.slash("history", channel=place)).message()
    assert f"https://discord.com/channels/@me/{place.id}/{card.id}" in listed.text


@pytest.mark.parametrize(
    ("trouble", "is_private"),
    [
        ("500 after applying", False),
        ("503 after applying", True),
        ("reset after applying", False),
        ("hangs after applying", True),
    ],
)
async def test_an_acknowledgement_whose_answer_is_lost(
    sandbox: Sandbox,
    trouble: str,
    is_private: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    """A callback that failed is no proof of loss: the job is accepted, once, and its card appears in its place."""
    faults = sandbox.discord.faults
    match trouble:
        case "500 after applying":
            faults.fail(CALLBACK, status=500, applied=True)
        case "503 after applying":
            faults.fail(CALLBACK, status=503, applied=True)
        case "reset after applying":
            faults.reset(CALLBACK, applied=True)
        case _:
            faults.hang(CALLBACK, applied=True)
    prompt = new_prompt()
    reply = await sandbox.clients.ada.slash("edit", prompt=prompt, image1=CAT, private=is_private)
    card = await reply.message(timeout_seconds=30)
    record = await Asked(sandbox=sandbox, card=card, prompt=prompt).ended()
    assert record.status == "succeeded"
    assert card.is_ephemeral == is_private
    assert reply.messages == [card]


async def test_an_acknowledgement_that_never_arrived(sandbox: Sandbox, bot: BotProcess) -> None:
    """Where Discord shows no answer to the command, its person read that it failed: nothing is accepted or charged."""
    sandbox.discord.faults.reset(CALLBACK)
    prompt = new_prompt()
    reply = await sandbox.clients.ada.slash("edit", prompt=prompt, image1=CAT)
    await bot.wait_for_log(f"interaction={reply.interaction.id} is not submitted")
    assert prompt not in [record.prompt for record in records(sandbox.data_dir)]


async def test_an_interaction_that_is_dead(sandbox: Sandbox, bot: BotProcess) -> None:
    """An acknowledgement that Discord says came too late: nothing is accepted, nothing is charged."""
    fault = sandbox.discord.faults.fail(CALLBACK, status=404, code=10062)
    prompt = new_prompt()
    reply: Reply = await sandbox.clients.ada.slash("edit", prompt=prompt, image1=CAT)
    await until(lambda: fault.hits, what="the acknowledgement")
    await bot.wait_for_log(f"interaction={reply.interaction.id} cannot be answered")
    # The next command is done after it.
    assert prompt not in (await (await sandbox.clients.ada.slash("history")).message()).text
    assert prompt not in [record.prompt for record in records(sandbox.data_dir)]
    assert prompt not in [request.inputs["prompt"] for request in sandbox.model_api.submits]
