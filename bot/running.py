"""`run`: everything at once until a signal; a loop that dies takes the process with it rather than limp on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from bot import open_files
from bot.client import ComfyBot
from bot.connections import discord_connector, way_to
from bot.health import HealthChecks, serve_health
from bot.login import CannotConnect, login_errors
from bot.patience import is_overload, keep_trying
from bot.settings import Settings
from bot.stopping import stop_on_signals
from bot.wiring import open_app
from cogs import EXTENSIONS
from cogs.buttons import DYNAMIC_ITEMS
from cogs.discord_py.closing import close_client
from cogs.discord_py.endpoints import use_endpoints
from cogs.discord_py.json_text import read_any_text
from cogs.services import BotServices
from services.errors import ComfycordError, StartupError
from services.version import VERSION

log = logging.getLogger(__name__)

# Written for no other reason than to see whether it can be.
WRITE_CHECK_KEY = "write-check"

Loop = Callable[[], Awaitable[None]]


class LoopDied(ComfycordError):
    """A background loop ended, which none may; the log tells why."""


async def run(settings: Settings) -> None:
    """Run the bot until SIGTERM or SIGINT, then stop cleanly.

    Raises: StartupError, LoopDied; ComfycordError for what else keeps it from starting.
    """
    stop = stop_on_signals()
    use_endpoints(**settings.discord.endpoints)
    read_any_text()
    log.info("comfycord %s starts", VERSION)
    if (few := open_files.problem(open_files.raise_limit())) is not None:
        log.warning("%s", few)
    open_files.tell_seldom(asyncio.get_running_loop())
    if way := way_to(settings.discord.api_url):
        log.info("Discord is reached%s", way)
    async with open_app(settings) as app:
        bot = ComfyBot(app.services, extensions=EXTENSIONS, dynamic_items=DYNAMIC_ITEMS)
        checks = HealthChecks(
            require_database=partial(app.database.require_writable, partial(_write_something, app.services)),
            is_connected=lambda: bot.is_connected,
            results_problem=lambda: app.services.results.problem,
        )
        async with serve_health(settings.health.address, checks):
            token = settings.discord.token.get_secret_value()
            await run_until(stop, {**app.loops, "discord": partial(stay_connected, bot, token)})
    log.info("stopped")


async def _write_something(services: BotServices) -> None:
    """Write to the database for the sake of writing: another value each time, or nothing would be written."""
    await services.key_values.put_value(WRITE_CHECK_KEY, services.clock.now().isoformat())


async def run_until(stop: asyncio.Event, loops: Mapping[str, Loop]) -> None:
    """Run every loop until `stop` is set, then cancel them all at once and wait for their ends.

    Raises: where one ended by itself (the others are cancelled then): its error if that is one of ours, else LoopDied.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_endless(name, loop), name=name) for name, loop in loops.items()]
            await stop.wait()
            log.info("stopping")
            for task in tasks:
                task.cancel()
    except BaseExceptionGroup as deaths:
        first = _first(deaths)
        if isinstance(first, ComfycordError):
            raise first from None
        raise LoopDied(f"{type(first).__name__}: {first}") from deaths


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


async def _endless(name: str, loop: Loop) -> None:
    """Run a loop; its end, with or without an error, is an error."""
    try:
        await loop()
    except (StartupError, CannotConnect):
        raise  # told by who started the process
    except Exception:
        log.critical("the %s loop died; the process ends, so that a new one can take over", name, exc_info=True)
        raise
    log.critical("the %s loop ended; the process ends, so that a new one can take over", name)
    raise LoopDied(f"the {name} loop ended")


async def stay_connected(bot: ComfyBot, token: str) -> None:
    """Log in and serve until cancelled; discord.py reconnects by itself, so an error that comes out is final.

    A Discord that answers, but is overloaded, is waited for; where nothing answers, the process is to end.
    Raises: as `login_errors`.
    """
    serving = asyncio.create_task(_serve(bot, token), name="discord.py")
    try:
        with login_errors(bot):
            await asyncio.shield(serving)
    finally:
        await close_client(bot, serving)


async def _serve(bot: ComfyBot, token: str) -> None:
    async def log_in() -> None:
        bot.http.connector = discord_connector()
        try:
            await bot.login(token)
        except BaseException:
            # The next try gets connections of its own.
            await bot.http.close()
            raise

    await keep_trying("log in", log_in, is_worth_waiting=is_overload)
    await bot.connect()
