"""What `check` sees on this machine: models, database, folder of results, address of the health checks."""

from __future__ import annotations

import asyncio
import errno
import os
import shlex
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path

import aiohttp
import discord
import yarl

from bot import open_files
from bot.checks.findings import Finding
from bot.health import listening_problem
from bot.opening import database_file, missing_file, open_own_database
from bot.settings import Settings
from bot.wiring import load_catalog, result_folder
from cogs.options import plan_command
from cogs.slash_command import build_command
from services.errors import ComfycordError, StartupError, StoreUnavailable
from services.store import migrate

# How long a bot that runs may take to answer about its health.
NEIGHBOUR_SECONDS = 5.0
# Who listens at every address of the machine is asked at its own.
LOOPBACK_OF: Mapping[str, str] = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not listened at


async def check_models(settings: Settings) -> Finding:
    """Build every command as a start does, without telling Discord."""

    async def nothing(interaction: discord.Interaction[discord.Client], values: Mapping[str, object]) -> None:
        """Stand in for the command's work, which a check never starts."""

    try:
        plans = [plan_command(command) for command in load_catalog(settings).commands]
        for plan in plans:
            build_command(plan, nothing)
    except ComfycordError as error:
        return Finding(is_ok=False, report=f"{error}.", fix="Change or remove that entry of [[models]].")
    listed = ", ".join(f"/{plan.name} ({plan.spec.model_id}, {len(plan.options)} options)" for plan in plans)
    return Finding(is_ok=True, report=f"{listed}.")


async def check_database(settings: Settings) -> Finding:
    """Reach the database and compare its schema with ours; nothing is made or migrated."""
    fix = "Check [database] in the settings."
    missing = missing_file(settings)
    if missing is not None:
        return _unmade(missing, f"There is none yet: `run` makes {missing}.", fix=fix)
    try:
        async with open_own_database(settings, alone=False) as database:
            revision = await migrate.current(database)
        if revision is not None:
            migrate.require_known(revision)
    except StartupError as error:
        return Finding(is_ok=False, report=f"It cannot be used: {error}.", fix=fix)
    except StoreUnavailable as error:
        return Finding(
            is_ok=False,
            report=f"It cannot be reached: {error}.",
            fix="Check database.url, that the server runs, and that its user may log in.",
        )
    return Finding(is_ok=True, report=_state_of(revision))


def _state_of(revision: str | None) -> str:
    if revision == migrate.latest():
        return "It answers, and its schema is up to date."
    if revision is None:
        return "It answers and is empty; the first start makes its tables."
    return f"It answers; a start brings its schema from {revision} to {migrate.latest()}."


async def check_results(settings: Settings) -> Finding:
    """See whether a start can use the folder for result files, or make it."""
    folder, fix = settings.jobs.results_dir, "Change jobs.results_dir, or what is there."
    try:
        result_folder(settings)
        is_there = folder.exists()
    except StartupError as error:
        return Finding(is_ok=False, report=f"It cannot be used: {error}.", fix="Change that setting.")
    except (OSError, ValueError) as error:
        return Finding(is_ok=False, report=f"jobs.results_dir cannot be used: {error}.", fix=fix)
    if not is_there:
        return _unmade(folder, f"There is no {folder} yet: `run` makes it.", fix=fix)
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return Finding(is_ok=False, report=f"The folder {folder} cannot be written.", fix=fix)
    return Finding(is_ok=True, report=f"Result files can be written to {folder}.")


def check_privacy(config: Path) -> Callable[[Settings], Awaitable[Finding]]:
    """Return the look at who may read prompts, tokens and results; `config` is the settings file."""

    async def look(settings: Settings) -> Finding:
        open_to_others = [path for path in _private_files(settings, config) if path.stat().st_mode & 0o077]
        if not open_to_others:
            return Finding(is_ok=True, report="Settings, database and results are this user's alone.")
        listed = ", ".join(map(str, open_to_others))
        return Finding(
            is_ok=False,
            report=f"Others on this machine may get at {listed}: tokens, prompts or pictures.",
            fix=f"chmod go= {' '.join(shlex.quote(str(path)) for path in open_to_others)}",
        )

    return look


def _private_files(settings: Settings, config: Path) -> Iterator[Path]:
    """Yield what is there of the files with secrets; a settings file without a token has none."""
    if sys.platform == "win32":
        return
    secrets = [secret for secret in settings.secrets if secret]
    if config.is_file() and any(secret in config.read_text(errors="replace") for secret in secrets):
        yield config
    database = database_file(settings)
    if database is not None:
        kept = (database, *(database.with_name(f"{database.name}{end}") for end in ("-wal", "-shm")))
        yield from (path for path in kept if path.is_file())
    if settings.jobs.results_dir.is_dir():
        yield settings.jobs.results_dir


async def check_open_files(_: Settings) -> Finding:
    """See how many files a process may have open here."""
    most = open_files.raise_limit()
    if (few := open_files.problem(most)) is not None:
        return Finding(is_ok=False, report=few, fix=f"Allow more: `ulimit -n {open_files.ENOUGH}`, or LimitNOFILE.")
    return Finding(is_ok=True, report=f"{most or 'Any number of'} files may be open at once.")


def _unmade(path: Path, report: str, *, fix: str) -> Finding:
    """Say whether what is not there can be made in the nearest folder that is."""
    nearest = next(parent for parent in path.absolute().parents if parent.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return Finding(is_ok=True, report=report)
    return Finding(is_ok=False, report=f"{path} cannot be made: {nearest} cannot be written, or is no folder.", fix=fix)


async def check_health(settings: Settings) -> Finding:
    """Listen for a moment where the health checks will be; a bot that runs there already is as good."""
    address = settings.health.address
    if address is None:
        return Finding(is_ok=True, report="The health checks are off.")
    listen = settings.health.listen
    try:
        async with await asyncio.get_running_loop().create_server(asyncio.Protocol, *address):
            pass
    except OSError as error:
        if error.errno == errno.EADDRINUSE and await _is_health_served(*address):
            return Finding(is_ok=True, report=f"A bot that runs serves the health checks at {listen}.")
        return Finding(
            is_ok=False,
            report=f"{listen} cannot be listened at: {listening_problem(error)}.",
            fix='Choose another health.listen, or "" for no health checks.',
        )
    return Finding(is_ok=True, report=f"The health checks can be served at {listen}.")


async def _is_health_served(host: str, port: int) -> bool:
    """Whether what listens there answers as our own health checks do."""
    url = yarl.URL.build(scheme="http", host=LOOPBACK_OF.get(host, host), port=port, path="/healthz")
    try:
        async with (
            asyncio.timeout(NEIGHBOUR_SECONDS),
            aiohttp.ClientSession() as session,
            session.get(url, allow_redirects=False) as response,
        ):
            answer = await response.json()
    except (aiohttp.ClientError, OSError, ValueError):
        return False
    return isinstance(answer, dict) and {"status", "database"} <= answer.keys()
