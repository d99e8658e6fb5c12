"""What `check` sees in the network: Discord, its gateway, the Model API."""

from __future__ import annotations

import asyncio

import aiohttp
import discord
import yarl
from sqlalchemy.exc import SQLAlchemyError

from bot.checks.findings import Finding
from bot.clock_check import ClockWatch
from bot.connections import discord_connector, way_to
from bot.login import CannotConnect, NotDiscord, login_errors, words_of
from bot.opening import missing_file, open_own_database
from bot.settings import Settings
from bot.tracing import request_trace
from bot.wiring import model_api
from services.clock import SystemClock
from services.errors import ComfycordError, StartupError, UnusableProxy
from services.jobs.copies import get_sightings
from services.store.key_values import SqlKeyValueStore

# For what waits on somebody else: their own time-outs are meant for a bot that has time.
LOGIN_SECONDS = 20.0
GATEWAY_SECONDS = 20.0
API_SECONDS = 20.0
# The version that the library speaks, and what the gateway says first.
GATEWAY_VERSION = 10
HELLO = 10
SUPPLY_A_TOKEN = "Set it in the settings file or the variable; the README says where it comes from."  # noqa: S105 - no token
FIX_VARIABLE = "Correct or unset that variable."
DISCORD_AWAY = "Check discord.api_url, the network and its firewall, or try again later."


async def check_discord(settings: Settings) -> Finding:
    """Log in, without the gateway, and see whether the bot is in the servers that the settings name."""
    token = settings.discord.token.get_secret_value()
    if not token:
        return Finding(is_ok=False, report="discord.token (DISCORD_TOKEN) is missing.", fix=SUPPLY_A_TOKEN)
    try:
        way = way_to(settings.discord.api_url)
    except StartupError as error:
        return _no_way(error)
    clock = ClockWatch(SystemClock())
    client = discord.Client(
        intents=discord.Intents(guilds=True), connector=discord_connector(), http_trace=request_trace(clock)
    )
    try:
        async with asyncio.timeout(LOGIN_SECONDS), client:
            with login_errors(client):
                await client.login(token)
                present = {guild.id async for guild in client.fetch_guilds()} if settings.discord.guilds else set()
    except (ComfycordError, TimeoutError) as error:
        return _login_problem(error, settings.discord.api_url)
    if clock.problem is not None:
        return Finding(is_ok=False, report=clock.problem, fix="Deadlines and links that run out depend on it.")
    absent = sorted(settings.discord.guilds - present)
    if absent:
        return Finding(
            is_ok=False,
            report=f"The bot is not in the server(s) {', '.join(map(str, absent))} of discord.guilds.",
            fix="Invite it there (the README has the link), or take the id out of discord.guilds.",
        )
    told = f"The token is good: {client.user}, application {client.application_id}"
    return Finding(is_ok=True, report=f"{told}; Discord is reached{way}." if way else f"{told}.")


def _no_way(error: StartupError) -> Finding:
    return Finding(is_ok=False, report=f"Discord cannot be reached: {error}.", fix=FIX_VARIABLE)


def _login_problem(error: ComfycordError | TimeoutError, address: str) -> Finding:
    if isinstance(error, TimeoutError):
        report = f"Discord at {address} does not answer within {LOGIN_SECONDS:.0f} s."
        return Finding(is_ok=False, report=report, fix=DISCORD_AWAY)
    if isinstance(error, StartupError) and not isinstance(error, NotDiscord):
        return Finding(is_ok=False, report="Discord refuses the token.", fix=f"{error}.")
    report = error.report if isinstance(error, (NotDiscord, CannotConnect)) else str(error)
    return Finding(is_ok=False, report=f"{report}.", fix=DISCORD_AWAY)


async def check_copies(settings: Settings) -> Finding:
    """See whether a start here has noticed that somebody else answers for its token."""
    try:
        async with open_own_database(settings, alone=False) as database:
            sightings = await get_sightings(SqlKeyValueStore(database)) if missing_file(settings) is None else None
    except (ComfycordError, SQLAlchemyError):
        return Finding(is_ok=True, report="Whether another copy of this bot runs is not known: no database tells.")
    if sightings is None or not sightings.is_recent(SystemClock().now()):
        return Finding(is_ok=True, report="No other copy of this bot was noticed within a day.")
    return Finding(
        is_ok=False,
        report=f"Another copy of this bot, with a database of its own, answered {sightings.count} command(s) between "
        f"{sightings.first_at:%Y-%m-%d %H:%M} and {sightings.last_at:%Y-%m-%d %H:%M} (UTC).",
        fix="Stop it, or make a new token in the developer portal and use it here alone.",
    )


async def check_gateway(settings: Settings) -> Finding:
    """Open a connection to the gateway and wait for its first word; the bot does not log in there."""
    address = settings.discord.gateway_url
    question = yarl.URL(address).with_query(v=GATEWAY_VERSION, encoding="json")
    try:
        way = way_to(address)
    except StartupError as error:
        return _no_way(error)
    try:
        async with (
            asyncio.timeout(GATEWAY_SECONDS),
            aiohttp.ClientSession(connector=discord_connector()) as session,
            session.ws_connect(question) as socket,
        ):
            hello = await socket.receive_json()
    except TimeoutError:
        problem = f"does not answer within {GATEWAY_SECONDS:.0f} s"
    except (aiohttp.ClientError, OSError) as error:
        problem = f"cannot be reached{way} ({words_of(error)})"
    except (TypeError, ValueError):
        # It closed the connection, or said something else than JSON.
        problem = "is no gateway: it ends the connection, or says something else than Discord's hello"
    else:
        if isinstance(hello, dict) and hello.get("op") == HELLO:
            return Finding(is_ok=True, report=f"Discord's gateway at {address} answers{way}.")
        problem = "is no gateway: it says something else than Discord's hello"
    return Finding(
        is_ok=False,
        report=f"Discord's gateway at {address} {problem}.",
        fix="Check discord.gateway_url, the network and its firewall, or try again later.",
    )


async def check_api(settings: Settings) -> Finding:
    """Ask the Model API for one entry of its catalogue: free, and only with a good token."""
    if not settings.runcomfy.token.get_secret_value():
        return Finding(is_ok=False, report="runcomfy.token (RUNCOMFY_API_TOKEN) is missing.", fix=SUPPLY_A_TOKEN)
    try:
        way = way_to(settings.runcomfy.base_url)
        async with asyncio.timeout(API_SECONDS), model_api(settings, SystemClock()) as api:
            probe = await api.probe()
    except UnusableProxy as error:
        return Finding(is_ok=False, report=f"The Model API cannot be reached: {error}.", fix=FIX_VARIABLE)
    except StartupError as error:
        return Finding(is_ok=False, report=f"{error}.", fix="Check [runcomfy] in the settings.")
    except TimeoutError:
        return Finding(
            is_ok=False,
            report=f"The Model API at {settings.runcomfy.base_url} does not answer within {API_SECONDS:.0f} s.",
            fix="Check runcomfy.base_url, the network and its firewall, or try again later.",
        )
    report = f"{probe.report} It is asked{way}." if way else probe.report
    return Finding(is_ok=probe.is_ok, report=report, fix=probe.fix)
