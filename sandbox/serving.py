"""Runs both local services, the bot and the page until somebody stops them."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import errno
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.bot_config import Overrides, free_address
from sandbox.bot_process import BotProcess
from sandbox.data_folder import FolderUnusable, data_folder
from sandbox.live_backends import DISCORD_FILE_HOSTS, Backend, CannotGoLive, LiveBackend, read_live_backend
from sandbox.pictures import paint
from sandbox.readiness import Readiness
from sandbox.sandbox import Sandbox
from sandbox.stopping import stop_signals
from sandbox.web.opening import open_page
from sandbox.web.view import Run

PICTURE_HOST = "pictures.example.com"
_SAMPLES = ("cat.png", "boat.jpg", "house.webp")
_LOG_SECONDS = 0.3
_QUEUE_SECONDS, _RUN_SECONDS, _POSITIONS = 4.0, 4.0, 3
_REAL_API_NOTICES = (
    "The Model API is the real RunComfy: each job is paid for with your token.",
    "It cannot fetch a file from this computer, so attach none here: give https links of hosted pictures (image_urls).",
)
_REAL_DISCORD_NOTICES = (
    "The bot is at the real Discord: talk to it there. This page shows what goes on behind.",
    "The Model API is local: it costs nothing, and fetches attached files from Discord over the network.",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ServeOptions:
    """What the command line asked for. `page_port` None: the usual one where it is free; `live`: which backend is."""

    data_dir: Path
    ports: tuple[int, int] = (0, 0)
    page_port: int | None = None
    live: Backend | None = None
    operator_config: Path | None = None


def serve(options: ServeOptions) -> int:
    """Serve until Ctrl-C and return the exit code: 0, or 2 after one sentence when something given cannot be used."""
    try:
        return asyncio.run(_serve(options))
    except (CannotGoLive, FolderUnusable) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        sys.stderr.write(f"a port that was asked for is taken: {error.strerror}\n")
        return 2


async def _serve(options: ServeOptions) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, *stop_signals()):
        loop.add_signal_handler(number, stop.set)
    live = _live_backend(options)
    with data_folder(options.data_dir.resolve(), live) as data_dir:
        await _serve_in(data_dir, options, live=live, stop=stop)
    return 0


async def _serve_in(data_dir: Path, options: ServeOptions, *, live: LiveBackend | None, stop: asyncio.Event) -> None:
    samples = data_dir / "pictures"
    async with (
        Sandbox.open(
            data_dir=data_dir,
            host_map={PICTURE_HOST: samples},
            ports=options.ports,
            real_hosts=DISCORD_FILE_HOSTS if live and live.backend is Backend.DISCORD else (),
        ) as sandbox,
        _bot(sandbox, live) as (bot, readiness),
        open_page(
            sandbox,
            bot,
            port=options.page_port,
            hosts={PICTURE_HOST: samples},
            run=_run(live),
            is_online=readiness.is_online if readiness else None,
        ) as page,
    ):
        _set_pace(sandbox)
        _say(f"Open       {page.url}" + ("" if live and live.backend is Backend.DISCORD else "  and type /edit"))
        await asyncio.to_thread(_paint_samples, samples)
        _tell_addresses(sandbox, bot, data_dir, live)
        await _follow(bot, stop)
        if bot.is_running:
            await bot.terminate()


@contextlib.asynccontextmanager
async def _bot(sandbox: Sandbox, live: LiveBackend | None) -> AsyncIterator[tuple[BotProcess, Readiness | None]]:
    """Run the bot; one at the real Discord is asked for its health, since the local one does not see it."""
    if live is None or live.backend is Backend.MODEL_API:
        config = sandbox.write_config(overrides=live.settings if live else None)
        async with sandbox.bot(config=config, env=live.variables if live else None) as bot:
            yield bot, None
        return
    address = free_address()
    overrides: Overrides = {**live.settings, "health": {"listen": address}}
    config = sandbox.write_config(overrides=overrides)
    async with sandbox.bot(config=config, env=live.variables) as bot, Readiness.watching(address) as readiness:
        yield bot, readiness


def _live_backend(options: ServeOptions) -> LiveBackend | None:
    if options.live is None or options.operator_config is None:
        return None
    return read_live_backend(options.live, config=options.operator_config, environment=os.environ)


def _run(live: LiveBackend | None) -> Run:
    if live is None:
        return Run()
    if live.backend is Backend.DISCORD:
        return Run(discord="real", notices=_REAL_DISCORD_NOTICES)
    return Run(model_api="real", notices=_REAL_API_NOTICES)


def _set_pace(sandbox: Sandbox) -> None:
    """Have jobs take long enough to be watched."""
    pace = sandbox.model_api.pace
    pace.queue_seconds, pace.run_seconds, pace.positions = _QUEUE_SECONDS, _RUN_SECONDS, _POSITIONS


def _tell_addresses(sandbox: Sandbox, bot: BotProcess, data_dir: Path, live: LiveBackend | None) -> None:
    for notice in _run(live).notices:
        _say(notice)
    if live is None or live.backend is Backend.MODEL_API:
        _say(f"Discord    {sandbox.discord.api_url}  (gateway {sandbox.discord.gateway_url})")
    if live is None or live.backend is Backend.DISCORD:
        _say(f"Model API  {sandbox.model_api.url}")
    if live is None:
        _say(f"Pictures   {', '.join(f'https://{PICTURE_HOST}/{name}' for name in _SAMPLES)}")
        _say(f"           and, to attach, in {data_dir / 'pictures'}")
    _say(f"Bot        process {bot.pid}, data in {data_dir}. Ctrl-C stops everything.")


async def _follow(bot: BotProcess, stop: asyncio.Event) -> None:
    """Print the bot's log as it grows, until somebody stops us; a bot that has ended may be started on the page."""
    printed = 0
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    told_end = False
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _LOG_SECONDS)
        written = bot.log_after(printed)
        printed += len(written)
        sys.stdout.write(decoder.decode(written))
        sys.stdout.flush()
        if not bot.is_running and not told_end:
            _say(f"The bot has ended with exit code {bot.exit_code}; the page can start it again.")
        told_end = not bot.is_running


def _paint_samples(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in _SAMPLES:
        if not (folder / name).exists():
            (folder / name).write_bytes(paint(name).data)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
