"""What `check` finds at a Discord and a database that do not act as they should."""

from __future__ import annotations

from pathlib import Path

import pytest
from discord.http import Route
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.checks import network as check_network
from bot.checks.findings import Finding
from bot.checks.machine import check_database
from bot.checks.network import check_discord
from bot.settings import DatabaseSettings, DiscordSettings, Settings
from services.store import migrate
from services.store.engine import open_database
from tests.contract.bot.answering import answering, saying


async def found_at(address: str, monkeypatch: pytest.MonkeyPatch) -> Finding:
    """Have `check` look at a Discord there."""
    monkeypatch.setattr(Route, "BASE", address)
    settings = Settings(discord=DiscordSettings(token=SecretStr("x" * 60), api_url=address))
    return await check_discord(settings)


@pytest.mark.parametrize("status", [301, 403, 404, 429, 501])
async def test_a_page_in_discords_place_is_one_sentence(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a proxy or a firewall answers for Discord, one line says with what, and which setting to check."""
    async with answering(status) as address:
        finding = await found_at(address, monkeypatch)
    assert not finding.is_ok
    assert f"HTTP {status}" in finding.report
    assert f"{finding.report} {finding.fix}".count("discord.api_url") == 1
    assert "html" not in finding.report


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        ("<html>\nLog in to the network\n</html>", "text/html"),
        ("ok", "text/plain"),
        *((text, "application/json") for text in ("{}", "[]", "null", '"ok"', "{")),
    ],
)
async def test_what_answers_200_without_being_discord_is_one_sentence(
    text: str, content_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a wrong address or a network's log-in page answers well, one line names the setting and the address."""
    async with answering(200, text=text, content_type=content_type) as address:
        finding = await found_at(address, monkeypatch)
    assert not finding.is_ok
    said = f"{finding.report} {finding.fix}"
    assert said.count("discord.api_url") == 1
    assert address in said
    assert "html" not in said


async def test_another_version_of_the_api_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Discord itself refuses the address, its words are told, and which setting to check."""
    refusal = '{"message": "Invalid API version", "code": 50041}'
    async with answering(400, text=refusal, content_type="application/json") as address:
        finding = await found_at(address, monkeypatch)
    assert not finding.is_ok
    assert finding.report == "Discord cannot be reached: it answers HTTP 400, Invalid API version."
    assert "discord.api_url" in finding.fix


async def test_what_speaks_no_http_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where something else listens at that address, one line says that Discord cannot be reached."""
    async with saying(b"220 mail.example.com ESMTP\r\n") as address:
        finding = await found_at(address, monkeypatch)
    assert not finding.is_ok
    assert finding.report.startswith("Discord cannot be reached: ")
    assert "\n" not in finding.report
    assert f"{finding.report} {finding.fix}".count("discord.api_url") == 1


async def test_a_silent_discord_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Discord takes the connection and says nothing, the report names the address and how long it waited."""
    monkeypatch.setattr(check_network, "LOGIN_SECONDS", 0.2)
    async with saying(b"") as address:
        finding = await found_at(address, monkeypatch)
        assert not finding.is_ok
        assert finding.report.startswith(f"Discord at {address} does not answer within ")


async def test_a_newer_database_is_a_problem(tmp_path: Path) -> None:
    """A schema that a start would refuse is no "ok": the fix is to run the version that made it."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'jobs.db'}"

    async def age(connection: AsyncConnection) -> None:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    async with open_database(url, alone=False) as database:
        await migrate.upgrade(database)
        await database.write(age)
    finding = await check_database(Settings(database=DatabaseSettings(url=SecretStr(url))))
    assert not finding.is_ok
    assert "run that version" in finding.report
