"""Runs both local services and the bot until somebody stops them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from typing import TYPE_CHECKING

from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from sandbox.web.opening import open_page

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.bot_process import BotProcess

PICTURE_HOST = "pictures.example.com"
_SAMPLES = ("cat.png", "boat.jpg", "house.webp")
_LOG_SECONDS = 0.3


def serve(data_dir: Path, *, ports: tuple[int, int]) -> int:
    """Serve until Ctrl-C and return the exit code: 0, or 1 when the bot ended by itself."""
    return asyncio.run(_serve(data_dir.resolve(), ports))


async def _serve(data_dir: Path, ports: tuple[int, int]) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    pictures = await asyncio.to_thread(_paint_samples, data_dir / "pictures")
    async with (
        Sandbox.open(data_dir=data_dir, host_map={PICTURE_HOST: pictures}, ports=ports) as sandbox,
        sandbox.bot() as bot,
        open_page(sandbox, bot, port=None, hosts={PICTURE_HOST: pictures}) as page,
    ):
        _say(f"Open       {page.url}")
        _say(f"Discord    {sandbox.discord.api_url}  (gateway {sandbox.discord.gateway_url})")
        _say(f"Model API  {sandbox.model_api.url}")
        _say(f"Pictures   {', '.join(f'https://{PICTURE_HOST}/{name}' for name in _SAMPLES)}")
        _say(f"Bot        process {bot.pid}, data in {data_dir}. Ctrl-C stops everything.")
        await _follow(bot, stop)
        if not bot.is_running:
            return 1
        await bot.terminate()
    return 0


async def _follow(bot: BotProcess, stop: asyncio.Event) -> None:
    """Print the bot's log as it grows, until it ends or somebody stops us."""
    printed = 0
    while bot.is_running and not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _LOG_SECONDS)
        text = bot.log
        sys.stdout.write(text[printed:])
        sys.stdout.flush()
        printed = len(text)


def _paint_samples(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in _SAMPLES:
        (folder / name).write_bytes(paint(name).data)
    return folder


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
