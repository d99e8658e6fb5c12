"""`check`: looks at everything that the bot needs, and says of each problem how it is mended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import discord

from bot.endpoints import use_endpoints
from bot.running import login_errors
from bot.settings import Settings
from bot.wiring import load_catalog, model_api
from cogs.options import plan_command
from cogs.slash_command import build_command
from services.clock import SystemClock
from services.errors import ComfycordError, StartupError, StoreUnavailable
from services.store import migrate
from services.store.engine import open_database

# For what waits on somebody else: their own time-outs are meant for a bot that has time.
LOGIN_SECONDS = 20.0
API_SECONDS = 20.0
SUPPLY_A_TOKEN = "Set it in the settings file or the variable; the README says where it comes from."  # noqa: S105 - no token
DISCORD_AWAY = "Check discord.api_url, the network and its firewall, or try again later."


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What one look found, in a sentence; `mend` says what to do where it `is_ok` not."""

    is_ok: bool
    report: str
    mend: str = ""


async def check(settings: Settings, *, say: Callable[[str], None]) -> bool:
    """Look at everything, one line each, and return whether all is well. Problems do not hide each other."""
    use_endpoints(settings.discord)
    looks: Mapping[str, Callable[[Settings], Awaitable[Finding]]] = {
        "models": check_models,
        "database": check_database,
        "Discord": check_discord,
        "Model API": check_api,
    }
    say("ok       settings   The settings can be read.")
    problems = 0
    for name, look in looks.items():
        finding = await look(settings)
        say(f"{'ok' if finding.is_ok else 'PROBLEM':<8} {name:<10} {finding.report}")
        if not finding.is_ok:
            problems += 1
            say(f"{'':<8} {'':<10} -> {finding.mend}")
    say(f"{problems} of {len(looks) + 1} need mending." if problems else "All is well: `python -m bot run` can start.")
    return not problems


async def check_models(settings: Settings) -> Finding:
    """Build every command as a start does, without telling Discord."""

    async def nothing(interaction: discord.Interaction[discord.Client], values: Mapping[str, object]) -> None:
        """Stand in for the command's work, which a check never starts."""

    try:
        plans = [plan_command(command) for command in load_catalog(settings).commands]
        for plan in plans:
            build_command(plan, nothing)
    except ComfycordError as error:
        return Finding(is_ok=False, report=f"{error}.", mend="Change or remove that entry of [[models]].")
    listed = ", ".join(f"/{plan.name} ({plan.spec.model_id}, {len(plan.options)} options)" for plan in plans)
    return Finding(is_ok=True, report=f"{listed}.")


async def check_database(settings: Settings) -> Finding:
    """Reach the database and compare its schema with ours; nothing is migrated."""
    try:
        async with open_database(settings.database.url.get_secret_value(), alone=False) as database:
            revision = await migrate.current(database)
        if revision is not None:
            migrate.require_known(revision)
    except StartupError as error:
        return Finding(is_ok=False, report=f"It cannot be used: {error}.", mend="Check [database] in the settings.")
    except StoreUnavailable as error:
        return Finding(
            is_ok=False,
            report=f"It does not answer: {error}.",
            mend="Check database.url, that the server runs, and that its user may log in.",
        )
    if revision == migrate.latest():
        return Finding(is_ok=True, report="It answers, and its schema is up to date.")
    if revision is None:
        return Finding(is_ok=True, report="It answers and is empty; the first start makes its tables.")
    return Finding(is_ok=True, report=f"It answers; a start brings its schema from {revision} to {migrate.latest()}.")


async def check_discord(settings: Settings) -> Finding:
    """Log in, without the gateway, and see whether the bot is in the servers that the settings name."""
    token = settings.discord.token.get_secret_value()
    if not token:
        return Finding(is_ok=False, report="discord.token (DISCORD_TOKEN) is missing.", mend=SUPPLY_A_TOKEN)
    client = discord.Client(intents=discord.Intents(guilds=True))
    try:
        async with asyncio.timeout(LOGIN_SECONDS), client:
            with login_errors():
                await client.login(token)
                present = {guild.id async for guild in client.fetch_guilds()} if settings.discord.guilds else set()
    except StartupError as error:
        return Finding(is_ok=False, report="Discord refuses the token.", mend=f"{error}.")
    except TimeoutError:
        return Finding(
            is_ok=False,
            report=f"Discord at {settings.discord.api_url} does not answer within {LOGIN_SECONDS:.0f} s.",
            mend=DISCORD_AWAY,
        )
    except ComfycordError as error:
        return Finding(is_ok=False, report=f"{error}.", mend=DISCORD_AWAY)
    absent = sorted(settings.discord.guilds - present)
    if absent:
        return Finding(
            is_ok=False,
            report=f"The bot is not in the server(s) {', '.join(map(str, absent))} of discord.guilds.",
            mend="Invite it there (the README has the link), or take the id out of discord.guilds.",
        )
    return Finding(is_ok=True, report=f"The token is good: {client.user}, application {client.application_id}.")


async def check_api(settings: Settings) -> Finding:
    """Ask the Model API for one entry of its catalogue: free, and only with a good token."""
    if not settings.runcomfy.token.get_secret_value():
        return Finding(is_ok=False, report="runcomfy.token (RUNCOMFY_API_TOKEN) is missing.", mend=SUPPLY_A_TOKEN)
    try:
        async with asyncio.timeout(API_SECONDS), model_api(settings, SystemClock()) as api:
            probe = await api.probe()
    except StartupError as error:
        return Finding(is_ok=False, report=f"{error}.", mend="Check [runcomfy] in the settings.")
    except TimeoutError:
        return Finding(
            is_ok=False,
            report=f"The Model API at {settings.runcomfy.base_url} does not answer within {API_SECONDS:.0f} s.",
            mend="Check runcomfy.base_url, the network and its firewall, or try again later.",
        )
    return Finding(is_ok=probe.is_ok, report=probe.report, mend=probe.mend)
