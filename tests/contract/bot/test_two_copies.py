"""One token, two bots: each command is paid for once, and a copy that nobody meant to run is told loudly."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import discord
import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.checks.network import check_copies
from cogs import ownership
from sandbox.client_driver.reply import Reply
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from services.jobs.copies import get_sightings
from services.jobs.model import JobStatus
from services.jobs.pacing import hold_seconds
from services.store.key_values import SqlKeyValueStore
from tests.contract.bot.living_bot import living_bot, settings_for
from tests.contract.store.databases import PostgresServer, postgres_server
from tests.rig import SHRINK, until

CALLBACK = "POST /interactions/{interaction_id}/{token}/callback"
ORIGINAL = "GET /webhooks/{application_id}/{token}/messages/@original"
CAT = paint("cat.png", width=64, height=64)


@pytest.fixture(autouse=True)
def _restored_endpoints() -> Iterator[None]:
    before = (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, discord.Asset.BASE)
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, discord.Asset.BASE = before


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """A fresh local Discord and Model API."""
    async with Sandbox.open(data_dir=tmp_path) as opened:
        opened.model_api.pace.shrink = SHRINK
        opened.model_api.pace.hold_in_queue()
        yield opened


async def ask(sandbox: Sandbox, number: int) -> Reply:
    """Let a member of their own use the command."""
    return await sandbox.clients.join(f"member-{number}").slash("edit", prompt=f"fox {number}", image1=CAT)


async def answered(sandbox: Sandbox, replies: list[Reply], *, answers: int = 2) -> None:
    """Wait until every delivery of each command was answered by its bot."""

    def all_came() -> bool:
        calls = [call.parameters["interaction_id"] for call in sandbox.discord.traffic.to(CALLBACK) if call.status]
        return all(calls.count(str(reply.interaction.id)) >= answers for reply in replies)

    await until(all_came, what="every answer")


async def test_a_forgotten_copy_does_not_pay_for_the_same_command(
    sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Two bots with a database each get every event: each command is one submit, also where Discord answers both with
    a server's error, and who loses says so in the log and to `check`.
    """  # noqa: D205 - one sentence
    here, there = (settings_for(sandbox, tmp_path / name) for name in ("here", "there"))
    async with living_bot(sandbox, here) as (app, _), living_bot(sandbox, there) as (other, _):
        replies = [await ask(sandbox, number) for number in range(5)]
        await answered(sandbox, replies)
        await until(lambda: len(sandbox.model_api.submits) == 5, what="five submits")
        notes = [SqlKeyValueStore(one.database) for one in (app, other)]
        while await sightings_in(notes) < 5:  # noqa: ASYNC110 - what the bots' own loops write
            await asyncio.sleep(0.05)
        for number, is_applied in ((5, True), (6, False)):
            sandbox.discord.faults.fail(CALLBACK, status=503, times=2, applied=is_applied)
            await answered(sandbox, [await ask(sandbox, number)], answers=4)
        await until(lambda: caplog.text.count("its acknowledgement is uncertain") >= 2, what="the doubts' ends")
        problems = [finding for finding in (await check_copies(here), await check_copies(there)) if not finding.is_ok]
        await until(lambda: len(sandbox.model_api.submits) >= 6, what="the submits")
    prompts = [request.inputs["prompt"] for request in sandbox.model_api.submits]
    assert len(prompts) == len(set(prompts)), "nothing is paid for twice"
    assert {f"fox {number}" for number in range(5)} <= set(prompts)
    assert problems
    assert all("another copy of this bot" in finding.report.lower() for finding in problems)
    told = [record for record in caplog.records if "another copy of this bot answers" in record.getMessage()]
    assert {record.levelno for record in told} == {logging.ERROR}
    assert len(told) <= 2, "once a bot, not each time"


async def sightings_in(notes: list[SqlKeyValueStore]) -> int:
    """Return how often a copy is noted."""
    sightings = [await get_sightings(one) for one in notes]
    return sum(found.count for found in sightings if found)


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server."""
    with postgres_server() as server:
        yield server


async def test_two_processes_on_one_database_are_no_copies(
    sandbox: Sandbox, tmp_path: Path, postgres: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    """They share the commands, each paid once, and nobody takes the other for a copy."""
    url = await postgres.new()
    settings = [settings_for(sandbox, tmp_path / name, database_url=url) for name in ("one", "two")]
    async with contextlib.AsyncExitStack() as bots:
        for one in settings:
            await bots.enter_async_context(living_bot(sandbox, one))
        replies = [await ask(sandbox, number) for number in range(4)]
        await answered(sandbox, replies)
        await until(lambda: len(sandbox.model_api.submits) == 4, what="four submits")
        await asyncio.sleep(1.5)
        assert (await check_copies(settings[0])).is_ok
    assert len(sandbox.model_api.submits) == 4
    assert "another copy of this bot" not in caplog.text


async def test_what_cannot_be_seen_is_not_paid_for(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the acknowledgement is uncertain and Discord shows nothing, another copy may have won it."""
    for name, seconds in (("DRAWN_SECONDS", 0.2), ("_LOOK_SECONDS", 0.3), ("_BETWEEN_LOOKS_SECONDS", 0.05)):
        monkeypatch.setattr(f"cogs.ownership.{name}", seconds)
    async with living_bot(sandbox, settings_for(sandbox, tmp_path / "here")):
        sandbox.discord.faults.fail(CALLBACK, status=503, times=1, applied=True)
        fault = sandbox.discord.faults.fail(ORIGINAL, status=500, times=None)
        await ask(sandbox, 1)
        await until(lambda: "its acknowledgement is uncertain" in caplog.text, what="the doubt's end")
        sandbox.discord.faults.remove(fault)
        await ask(sandbox, 2)
        await until(lambda: len(sandbox.model_api.submits) == 1, what="the next command's submit")
    assert [request.inputs["prompt"] for request in sandbox.model_api.submits] == ["fox 2"]


def test_a_copy_is_looked_for_when_its_card_can_stand() -> None:
    """Whoever won draws the first card after its hold, with an edit."""
    assert hold_seconds(JobStatus.WAITING) + 2.0 <= ownership.DRAWN_SECONDS


async def test_a_copy_that_nobody_has_seen_yet_is_waited_for(
    sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One of two has its acknowledgement lost, and the other's first card stands only after its hold: one pays."""
    go_on = asyncio.Event()

    async def wait(_: object) -> None:
        await go_on.wait()

    here, there = (settings_for(sandbox, tmp_path / name) for name in ("here", "there"))
    async with living_bot(sandbox, here), living_bot(sandbox, there):
        sandbox.model_api.hooks.after("submit", wait)
        sandbox.discord.faults.fail(CALLBACK, status=503, times=1, applied=False)
        await ask(sandbox, 1)
        doubt = "its acknowledgement is uncertain"
        await until(lambda: doubt in caplog.text, what="the doubt's end", timeout_seconds=15)
        go_on.set()
    assert len(sandbox.model_api.submits) == 1
