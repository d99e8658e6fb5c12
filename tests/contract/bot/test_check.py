"""What `check` finds at a Discord and a database that do not act as they should."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from discord.http import Route
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import check
from bot.check import Finding, check_database, check_discord
from bot.settings import DatabaseSettings, DiscordSettings, Settings
from services.store import migrate
from services.store.engine import open_database

PAGE = "<html>\n<body>\nSorry, you have been blocked\n</body>\n</html>"


@asynccontextmanager
async def answering(status: int) -> AsyncIterator[str]:
    """Serve the same page at every address, as a proxy or a firewall does."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=PAGE, content_type="text/html")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def saying(words: bytes) -> AsyncIterator[str]:
    """Listen with something that is no HTTP server; without words it says nothing and keeps the line."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if words:
            writer.write(words)
            await writer.drain()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


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
    assert "discord.api_url" in finding.report
    assert "html" not in finding.report


async def test_what_speaks_no_http_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where something else listens at that address, one line says that Discord cannot be reached."""
    async with saying(b"220 mail.example.com ESMTP\r\n") as address:
        finding = await found_at(address, monkeypatch)
    assert not finding.is_ok
    assert finding.report.startswith("Discord cannot be reached: ")
    assert "\n" not in finding.report


async def test_a_silent_discord_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Discord takes the connection and says nothing, the report names the address and how long it waited."""
    monkeypatch.setattr(check, "LOGIN_SECONDS", 0.2)
    async with saying(b"") as address:
        finding = await found_at(address, monkeypatch)
        assert not finding.is_ok
        assert finding.report.startswith(f"Discord at {address} does not answer within ")


async def test_a_newer_database_is_a_problem(tmp_path: Path) -> None:
    """A schema that a start would refuse is no "ok": the mend is to run the version that made it."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'jobs.db'}"

    async def age(connection: AsyncConnection) -> None:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    async with open_database(url, alone=False) as database:
        await migrate.upgrade(database)
        await database.write(age)
    finding = await check_database(Settings(database=DatabaseSettings(url=SecretStr(url))))
    assert not finding.is_ok
    assert "run that version" in finding.report
