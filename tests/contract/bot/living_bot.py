"""The whole bot in the test's own process: logged in to a local Discord, with its loops, until the block ends."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from discord.webhook.async_ import AsyncWebhookAdapter, async_context
from pydantic import SecretStr

from bot.client import ComfyBot
from bot.running import stay_connected
from bot.settings import DatabaseSettings, DiscordSettings, JobsSettings, RunComfySettings, Settings
from bot.wiring import App, open_app
from cogs import EXTENSIONS
from cogs.buttons import DYNAMIC_ITEMS
from cogs.discord_py.endpoints import use_endpoints
from sandbox.sandbox import Sandbox
from tests.rig import until


def settings_for(sandbox: Sandbox, folder: Path, *, database_url: str | None = None) -> Settings:
    """Return settings for a bot whose data lie in that folder."""
    return Settings(
        discord=DiscordSettings(
            token=SecretStr(sandbox.state.bot_token),
            api_url=sandbox.discord.api_url,
            gateway_url=sandbox.discord.gateway_url,
            cdn_url=sandbox.discord.cdn_url,
        ),
        runcomfy=RunComfySettings(
            token=SecretStr(sandbox.model_api.token),
            base_url=sandbox.model_api.url,
            result_hosts=("127.0.0.1",),
        ),
        database=DatabaseSettings(url=SecretStr(database_url or f"sqlite+aiosqlite:///{folder / 'jobs.db'}")),
        jobs=JobsSettings(results_dir=folder / "results", poll_min_seconds=0.1, poll_max_seconds=0.5),
    )


@asynccontextmanager
async def living_bot(sandbox: Sandbox, settings: Settings, *, wait: bool = True) -> AsyncIterator[tuple[App, ComfyBot]]:
    """Run a bot as `run` does, but for its signals and its health checks."""
    use_endpoints(**settings.discord.endpoints)
    async with open_app(settings) as app:
        bot = ComfyBot(app.services, extensions=EXTENSIONS, dynamic_items=DYNAMIC_ITEMS)
        # The library waits two seconds for a further server; the local Discord names all of them at once.
        bot._connection.guild_ready_timeout = 0.2  # noqa: SLF001 - an option of the client, which ours need not set
        loops = [asyncio.ensure_future(loop()) for loop in app.loops.values()]
        # As in a process of its own: the library's locks on tokens are one process's.
        context = contextvars.copy_context()
        context.run(async_context.set, AsyncWebhookAdapter())  # type: ignore[no-untyped-call]  # the library names no type
        serving = asyncio.create_task(stay_connected(bot, sandbox.state.bot_token), name="discord", context=context)
        try:
            if wait:
                await until(lambda: serving.done() or bot.is_connected, what="the connection")
                assert not serving.done(), serving.exception()
            yield app, bot
        finally:
            for task in (serving, *loops):
                task.cancel()
            await asyncio.gather(serving, *loops, return_exceptions=True)
