"""`/edit` from the command to the accepted job: what reaches the service, who sees it, and when it is acknowledged."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from sandbox.pictures import paint
from tests.acceptance.promise import assert_promise_kept, records, settled
from tests.rig import until

if TYPE_CHECKING:
    from sandbox.bot_process import BotProcess
    from sandbox.sandbox import Sandbox
    from tests.rig import StartBot

CAT, BOAT = paint("cat.png"), paint("boat.jpg")
CALLBACK = "POST /interactions/{interaction_id}/{token}/callback"
DEFAULTS = {
    "image_size": "auto",
    "background": "auto",
    "quality": "high",
    "input_fidelity": "high",
    "output_format": "png",
}


async def test_what_is_offered(sandbox: Sandbox, bot: BotProcess) -> None:
    """A newcomer finds five commands, in servers and in the bot's direct messages."""
    assert bot.is_running
    ada = sandbox.people.ada
    for place in (sandbox.channels.general, sandbox.channels.direct(ada)):
        for command in ("history", "quota"):
            answer = await (await ada.slash(command, channel=place)).message()
            assert answer.text
        assert await ada.autocomplete("job", "job", "", channel=place) == []
        assert await ada.autocomplete("cancel", "job", "", channel=place) == []


async def test_attachments_and_addresses_reach_the_service(sandbox: Sandbox, bot: BotProcess) -> None:
    """Pictures in their order, addresses behind them, each parameter explicit; the service really fetched them all."""
    assert bot.is_running
    reply = await sandbox.people.ada.slash(
        "edit",
        prompt="Both, on a beach",
        image2=BOAT,
        image1=CAT,
        image_urls="https://pictures.example.com/house.webp, https://pictures.example.com/cat.gif",
        quality="low",
        image_size="1536x1024",
    )
    card = await reply.message()
    await card.until_text("Done")
    (request,) = sandbox.model_api.submits
    urls = request.inputs["image_urls"]
    assert isinstance(urls, list)
    assert [str(url).partition("?")[0].rpartition("/")[2] for url in urls] == [
        "cat.png",
        "boat.jpg",
        "house.webp",
        "cat.gif",
    ]
    assert {name: value for name, value in request.inputs.items() if name != "image_urls"} == DEFAULTS | {
        "prompt": "Both, on a beach",
        "quality": "low",
        "image_size": "1536x1024",
    }
    assert_promise_kept(sandbox, await settled(sandbox))


async def test_a_private_command(sandbox: Sandbox, bot: BotProcess) -> None:
    """A private card is seen by its owner only, from its first moment to its end."""
    assert bot.is_running
    reply = await sandbox.people.ada.slash("edit", prompt="a fox", image1=CAT, private=True)
    card = await reply.message()
    await card.until_text("Done")
    assert card.is_ephemeral
    assert card.attachments
    assert sandbox.channels.general.seen_by(sandbox.people.ben) == []
    assert reply.messages == [card]


async def test_in_direct_messages(sandbox: Sandbox, bot: BotProcess) -> None:
    """The bot's direct messages take commands too."""
    assert bot.is_running
    ada = sandbox.people.ada
    place = sandbox.channels.direct(ada)
    card = await (await ada.slash("edit", prompt="a fox", image1=CAT, channel=place)).message()
    await card.until_text("Done")
    assert place.seen_by(ada) == [card]


async def test_acknowledged_before_the_database_is_asked(sandbox: Sandbox, bot: BotProcess) -> None:
    """While the database is locked by somebody, commands are acknowledged in time and done once it is free."""
    assert bot.is_running
    ada = sandbox.people.ada
    with closing(sqlite3.connect(sandbox.data_dir / "jobs.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        reply = await ada.slash("edit", prompt="a fox", image1=CAT)
        await reply.acknowledged()
        assert reply.failed is None
        assert records(sandbox.data_dir) == []
        other.execute("ROLLBACK")
    card = await reply.message()
    await card.until_text("Done")
    assert_promise_kept(sandbox, await settled(sandbox))


@pytest.mark.parametrize(
    ("trouble", "private"),
    [
        ("500 after applying", False),
        ("503 after applying", True),
        ("reset after applying", False),
        ("hangs after applying", True),
    ],
)
async def test_an_acknowledgement_whose_answer_is_lost(
    sandbox: Sandbox,
    bot: BotProcess,
    trouble: str,
    private: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    """A callback that failed is no proof of loss: the job is accepted, once, and its card appears in its place."""
    assert bot.is_running
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
    reply = await sandbox.people.ada.slash("edit", prompt="a fox", image1=CAT, private=private)
    card = await reply.message(timeout_seconds=30)
    await card.until_text("Done")
    assert card.is_ephemeral == private
    assert reply.messages == [card]
    assert_promise_kept(sandbox, await settled(sandbox))


@pytest.mark.settings(quota={"jobs_per_day": 0, "running_per_user": 1, "waiting_per_user": 1})
async def test_a_refusal_after_a_lost_acknowledgement(sandbox: Sandbox, bot: BotProcess) -> None:
    """Even then a refusal is private, and leaves no message that thinks for ever."""
    assert bot.is_running
    sandbox.discord.faults.fail(CALLBACK, status=500, applied=True)
    reply = await sandbox.people.ada.slash("edit", prompt="a fox", image1=CAT)
    answer = await reply.message()
    assert answer.is_ephemeral
    assert sandbox.channels.general.seen_by(sandbox.people.ben) == []


async def test_what_was_said_in_time_to_a_dead_interaction(sandbox: Sandbox, bot: BotProcess) -> None:
    """A callback that never reached Discord within its three seconds: nothing is accepted, nothing is charged."""
    assert bot.is_running
    sandbox.discord.faults.fail(CALLBACK, status=404, code=10062)
    await sandbox.people.ada.slash("edit", prompt="a fox", image1=CAT)
    await bot.wait_for_log("10062")
    answer = await (await sandbox.people.ada.slash("history")).message()
    assert "none yet" in answer.text
    assert records(sandbox.data_dir) == []
    assert sandbox.model_api.submits == ()


@pytest.mark.settings(
    models=[
        {"id": "openai/gpt-image-1-5/image-to-image", "command": "edit"},
        {"id": "openai/gpt-image-1-5/image-to-image", "command": "re-paint"},
    ],
)
async def test_a_command_for_each_model(sandbox: Sandbox, bot: BotProcess) -> None:
    """Each entry of the settings is a command, under the name that the operator chose."""
    assert bot.is_running
    card = await (await sandbox.people.ada.slash("re-paint", prompt="a fox", image1=CAT)).message()
    await card.until_text("Done")
    listed = await (await sandbox.people.ada.slash("history")).message()
    assert "/re-paint" in listed.text
    await listed.until_text("Done")
    assert "[card](https://discord.com/channels/" in listed.text


async def test_a_burst(sandbox: Sandbox, start_bot: StartBot) -> None:
    """A dozen people at once are all acknowledged in time, and each gets a card of their own."""
    await start_bot(overrides={"quota": {"jobs_per_day": 9, "running_per_user": 1, "waiting_per_user": 1}})
    crowd = [sandbox.people.join(f"member{number}") for number in range(12)]
    replies = await asyncio.gather(
        *(who.slash("edit", prompt=f"fox of {who.name}", image1=CAT, private=True) for who in crowd)
    )
    await asyncio.gather(*(reply.acknowledged() for reply in replies))
    await until(lambda: len(records(sandbox.data_dir)) == len(crowd), what="a job each")
    cards = await asyncio.gather(*(reply.message(timeout_seconds=30) for reply in replies))
    await asyncio.gather(*(card.until_text("Done", timeout_seconds=40) for card in cards))
    for who, card in zip(crowd, cards, strict=True):
        assert f"fox of {who.name}" in card.text
    assert_promise_kept(sandbox, await settled(sandbox, count=len(crowd)))


async def test_no_prompt_and_no_token_in_the_log(sandbox: Sandbox, bot: BotProcess) -> None:
    """The log tells an operator which job went how, and nothing of what people wrote or attached."""
    prompt = "a prompt that nobody else may read"
    reply = await sandbox.people.ada.slash("edit", prompt=prompt, image1=paint("holiday-cat.png"))
    await (await reply.message()).until_text("Done")
    await (await sandbox.people.ada.slash("edit", prompt=prompt)).message()
    (done, *_) = await settled(sandbox)
    assert done.job_id in bot.log
    for secret in (prompt, "holiday-cat", reply.interaction.token, sandbox.world.bot_token, sandbox.model_api.token):
        assert secret not in bot.log
