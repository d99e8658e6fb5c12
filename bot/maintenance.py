"""What an operator does beside the running bot: `sync`, `migrate`, `adopt`. Each returns what it has to say."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import discord
from discord import app_commands

from bot.client import ComfyBot
from bot.command_sync import sync_commands
from bot.login import login_errors
from bot.opening import open_own_database
from bot.settings import Settings
from bot.wiring import App, Outside, assemble, load_catalog
from cogs import EXTENSIONS
from cogs.discord_py.endpoints import use_endpoints
from services.clock import SystemClock
from services.errors import (
    ApiError,
    ApiRefused,
    ComfycordError,
    FailureKind,
    InvalidTransition,
    JobNotFound,
    RequestNotFound,
    StartupError,
)
from services.runcomfy.client import RunComfyClient
from services.store import migrate
from services.store.database import Database

# All but the one that begins to work as soon as it is loaded.
COMMAND_EXTENSIONS = tuple(name for name in EXTENSIONS if name != "cogs.announcer")


class CannotDo(ComfycordError):
    """A command line that was understood and cannot be carried out; the message says why."""


class SyncingBot(ComfyBot):
    """A bot that logs in for its commands only, and never connects to the gateway."""

    synced = 0

    async def setup_hook(self) -> None:
        """Write the commands to Discord, whether they changed or not."""
        await self.load_commands()
        try:
            self.synced = await sync_commands(self.tree, self.services.key_values)
        except (app_commands.CommandSyncFailure, discord.HTTPException) as error:
            msg = f"Discord does not take the commands: {error}"
            raise CannotDo(msg) from error


@asynccontextmanager
async def open_beside(settings: Settings) -> AsyncIterator[Database]:
    """Open the database beside a bot that may run; an empty one gets its schema.

    Raises: StartupError where the schema is another version's.
    """
    async with open_own_database(settings, alone=False) as database:
        revision = await migrate.current(database)
        if revision is None:
            await migrate.upgrade(database)
        elif revision != migrate.latest():
            migrate.require_known(revision)
            msg = "the database's schema is not this version's: run `python -m bot migrate` while no bot runs"
            raise StartupError(msg)
        yield database


def assemble_beside(settings: Settings, database: Database) -> tuple[App, Outside]:
    """Make the core's parts for use beside a running bot: no loop of theirs is started."""
    outside = Outside.of(settings, database, SystemClock())
    return assemble(settings, outside, catalog=load_catalog(settings), worker_id=secrets.token_hex(8)), outside


async def sync(settings: Settings) -> str:
    """Write the commands to Discord. Raises: StartupError, CannotDo."""
    use_endpoints(**settings.discord.endpoints)
    async with open_beside(settings) as database:
        app, _ = assemble_beside(settings, database)
        bot = SyncingBot(app.services, extensions=COMMAND_EXTENSIONS)
        async with bot:
            with login_errors(bot):
                await bot.login(settings.discord.token.get_secret_value())
    return f"{bot.synced} commands are synced"


async def migrate_database(settings: Settings) -> str:
    """Bring the schema up to date, while no bot runs on it (SQLite). Raises: StartupError."""
    async with open_own_database(settings, alone=True) as database:
        changed = await migrate.upgrade(database)
    state = "was brought up to date" if changed else "is up to date"
    return f"the database's schema {state} ({migrate.latest()})"


async def adopt(settings: Settings, job_id: str, request_id: str) -> str:
    """Have a job followed by the request id that the log holds, once the API says that there is such a request.

    For one that is unconfirmed, late or was given up.
    A running bot takes the job up with its next scan.
    Raises: StartupError, CannotDo.
    """
    async with open_beside(settings) as database:
        app, outside = assemble_beside(settings, database)
        waiting = await outside.store.get(job_id)
        if waiting is None:
            msg = f"there is no job {job_id}"
            raise CannotDo(msg)
        if not waiting.is_reopenable and waiting.request_id != request_id:
            msg = f"nothing was changed: {job_id} is {waiting.status}, not unconfirmed, late or given up"
            raise CannotDo(msg)
        await _require_request(outside.api, request_id)
        try:
            job = await app.services.jobs.adopt(job_id, request_id)
        except (JobNotFound, InvalidTransition) as error:
            msg = f"nothing was changed: {error}"
            raise CannotDo(msg) from error
    return f"job {job.job_id} is {job.status} as request {request_id}; the running bot takes it up within seconds"


async def _require_request(api: RunComfyClient, request_id: str) -> None:
    """Ask the API whether there is such a request. Raises: CannotDo."""
    try:
        async with api:
            await api.get_status(request_id)
    except RequestNotFound as error:
        msg = f"RunComfy knows no request {request_id}: nothing was changed"
        raise CannotDo(msg) from error
    except ApiError as error:
        msg = f"RunComfy cannot be asked about request {request_id} ({error}): nothing was changed"
        if isinstance(error, ApiRefused) and error.kind is FailureKind.BAD_TOKEN:
            msg = (
                f"RunComfy refuses runcomfy.token ({error.answer}): nothing was changed; set an API key of the "
                "account that the request belongs to"
            )
        raise CannotDo(msg) from error
