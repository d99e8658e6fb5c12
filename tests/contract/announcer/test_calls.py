"""Calls that are cut short, with the real discord.py: whatever it holds while it waits, it gives back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from discord.http import Route

from cogs.delivery.calls import Calls
from cogs.delivery.card_client import CardClient
from sandbox.discord.rest.faults import Fault
from sandbox.discord.rest.responses import Answer
from sandbox.discord.traffic import Call
from tests.contract.announcer.scene import Scene, SceneBot
from tests.rig import until

GET_CHANNEL = "GET /channels/{channel_id}"


@pytest.fixture
async def bot(scene: Scene) -> AsyncIterator[SceneBot]:
    """A bot that is logged in and shows nothing."""
    async with scene.announcing() as bot:
        yield bot


def limit_once(scene: Scene, *, everywhere: bool) -> Fault:
    """Let Discord answer the next question after a channel with a long rate limit."""

    async def refuse(_: Call) -> Answer:
        return Answer(status=429, body={"message": "Slow down.", "retry_after": 300.0, "global": everywhere})

    fault = Fault(route=GET_CHANNEL, times=1, before=refuse)
    scene.server.faults.script.append(fault)
    return fault


@pytest.mark.parametrize("everywhere", [False, True])
async def test_a_call_that_is_cancelled_again_and_again_holds_no_limit(
    scene: Scene, bot: SceneBot, *, everywhere: bool
) -> None:
    """The announcer's own bound and the call's may strike together: the next call to the same place goes through."""
    calls = Calls(longest_seconds=2.0, after_cut=CardClient(bot).free_others)
    route = Route("GET", "/channels/{channel_id}", channel_id=scene.general.id)
    fault = limit_once(scene, everywhere=everywhere)
    held = asyncio.create_task(calls.make(bot.http.request(route)))
    await until(lambda: fault.hits == 1, what="the rate limit")
    await asyncio.sleep(0.1)  # discord.py reads the answer and begins to wait
    while not held.done():
        held.cancel()
        await asyncio.sleep(0)
    assert held.cancelled()
    assert (await calls.make(bot.http.request(route)))["id"] == str(scene.general.id)


async def test_a_call_that_takes_too_long_is_cut_short(scene: Scene, bot: SceneBot) -> None:
    """The bound is the longest edit's where that is shorter; the next call goes through."""
    calls = Calls(longest_seconds=0.2, after_cut=CardClient(bot).free_others)
    route = Route("GET", "/channels/{channel_id}", channel_id=scene.general.id)
    limit_once(scene, everywhere=True)
    with pytest.raises(TimeoutError):
        await calls.make(bot.http.request(route))
    assert bot.http._global_over.is_set()  # noqa: SLF001 - discord.py shows it nowhere else
    assert (await Calls(longest_seconds=5.0, after_cut=lambda: None).make(bot.http.request(route)))["name"] == "general"


async def test_a_call_that_cannot_stop_is_left_behind() -> None:
    """What waits on after its cancellation holds up nobody, and a failure of its own is no report."""
    went_on = asyncio.Event()

    async def stubborn() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await went_on.wait()
            raise ValueError

    reports: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reports.append(context))
    freed: list[bool] = []
    calls = Calls(longest_seconds=0.05, after_cut=lambda: freed.append(True))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(5.0):
            await calls.make(stubborn())
    assert freed == [True]
    went_on.set()
    await asyncio.sleep(0.05)
    assert reports == []


async def test_an_answer_that_comes_at_the_cut_is_not_lost() -> None:
    """A call that ends well although it was cancelled was made: its result counts."""

    async def just_made() -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return "posted"
        return "never"

    assert await Calls(longest_seconds=0.05, after_cut=lambda: None).make(just_made()) == "posted"
