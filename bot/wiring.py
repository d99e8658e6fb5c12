"""The composition root: opens everything in one `async with`, passes it down, closes it in reverse."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from bot.opening import open_own_database
from bot.settings import MIB, Settings
from bot.sweeping import sweep_results
from cogs.services import BotServices
from services.clock import Clock, SystemClock
from services.errors import StoreUnavailable
from services.jobs.job_core import CorePorts, JobCore
from services.jobs.pacing import JobTiming
from services.jobs.ports import CardStore, JobStore, KeyValueStore, Processes
from services.jobs.quota import QuotaLimits, QuotaPolicy, SameLimits
from services.jobs.unstored import UnstoredRequests
from services.models.catalog import Catalog, ModelEntry
from services.runcomfy.client import RunComfyClient
from services.runcomfy.limits import ApiTimeouts, DiskLimits, DownloadLimits
from services.runcomfy.result_folder import ResultFolder
from services.store import migrate
from services.store.cards import SqlCardStore
from services.store.database import Database
from services.store.jobs import SqlJobStore
from services.store.journal import JournalFile
from services.store.key_values import SqlKeyValueStore
from services.store.processes import SqlProcesses

log = logging.getLogger(__name__)

# A lease on a submit outlives the longest one, with what it takes to store its outcome.
SUBMIT_MARGIN_SECONDS = 20.0
# What a stop gives the database to take the leases back.
RELEASE_SECONDS = 1.5


@dataclass(frozen=True, kw_only=True, slots=True)
class App:
    """What a running bot is made of. `loops` are its background loops by name, none of which may end."""

    database: Database
    services: BotServices
    unstored: UnstoredRequests
    loops: Mapping[str, Callable[[], Awaitable[None]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outside:
    """What the core stands on, opened or about to be; the two clients work only inside their `async with`."""

    database: Database
    store: JobStore
    cards: CardStore
    key_values: KeyValueStore
    processes: Processes | None  # None: the database is this process's alone
    api: RunComfyClient
    results: ResultFolder
    journal: JournalFile
    clock: Clock

    @classmethod
    def of(cls, settings: Settings, database: Database, clock: Clock) -> Outside:
        """Make what the settings describe. Raises: SettingsError."""
        return cls(
            database=database,
            store=SqlJobStore(database),
            cards=SqlCardStore(database),
            key_values=SqlKeyValueStore(database),
            processes=None if database.is_alone else SqlProcesses(database),
            api=model_api(settings, clock),
            results=result_folder(settings),
            journal=JournalFile(settings.jobs.results_dir),
            clock=clock,
        )

    @property
    def ports(self) -> CorePorts:
        """What the core needs of it."""
        return CorePorts(
            store=self.store,
            cards=self.cards,
            key_values=self.key_values,
            processes=self.processes,
            api=self.api,
            journal=self.journal,
            clock=self.clock,
        )


def model_api(settings: Settings, clock: Clock) -> RunComfyClient:
    """Return the Model API's client, which works inside its `async with`. Raises: SettingsError."""
    runcomfy = settings.runcomfy
    return RunComfyClient(
        runcomfy.token.get_secret_value(),
        clock=clock,
        base_url=runcomfy.base_url,
        timeouts=ApiTimeouts(free_seconds=runcomfy.timeout_seconds, submit_seconds=runcomfy.submit_timeout_seconds),
    )


def result_folder(settings: Settings) -> ResultFolder:
    """Return the folder for result files, which works inside its `async with`. Raises: SettingsError."""
    return ResultFolder(
        settings.jobs.results_dir,
        result_hosts=settings.runcomfy.result_hosts,
        limits=DownloadLimits(largest_bytes=settings.runcomfy.max_result_mb * MIB),
        disk=DiskLimits(
            job_bytes=settings.jobs.results_max_mb_per_job * MIB, folder_bytes=settings.jobs.results_max_mb * MIB
        ),
    )


def load_catalog(settings: Settings) -> Catalog:
    """Read the offered models. Raises: SettingsError, UnknownModel, InvalidSchema."""
    return Catalog.load([ModelEntry(model_id=model.id, command=model.command) for model in settings.models])


def quota_policy(settings: Settings) -> QuotaPolicy:
    """Return what decides over each user's limits."""
    quota = settings.quota
    limits = QuotaLimits(per_day=quota.jobs_per_day, running=quota.running_per_user, waiting=quota.waiting_per_user)
    return SameLimits(limits=limits)


def job_timing(settings: Settings) -> JobTiming:
    """Return the waits of the job loops."""
    jobs = settings.jobs
    return JobTiming(
        deadline=timedelta(minutes=jobs.deadline_minutes),
        waiting_deadline=timedelta(minutes=jobs.waiting_deadline_minutes),
        poll_min_seconds=jobs.poll_min_seconds,
        poll_max_seconds=jobs.poll_max_seconds,
        scan_seconds=jobs.scan_seconds,
        lease_seconds=jobs.lease_seconds,
        submit_seconds=settings.runcomfy.submit_timeout_seconds + SUBMIT_MARGIN_SECONDS,
    )


@asynccontextmanager
async def open_app(settings: Settings) -> AsyncIterator[App]:
    """Open a bot that runs: alone on its database (SQLite), with the schema up to date.

    At the end the leases are given back, so that the next start takes every job up at once.
    Raises: StartupError, InvalidSchema, UnknownModel, StoreUnavailable.
    """
    catalog = load_catalog(settings)
    worker_id = secrets.token_hex(8)
    async with open_own_database(settings, alone=True) as database:
        if await migrate.upgrade(database):
            log.info("the database's schema was brought up to date")
        outside = Outside.of(settings, database, SystemClock())
        if database.is_alone:
            # Whoever held a lease is dead: nobody else can work on this file.
            await outside.store.forget_leases()
            await outside.cards.forget_leases()
        async with outside.api, outside.results:
            try:
                await _reserve_journal(outside.journal)
                app = assemble(settings, outside, catalog=catalog, worker_id=worker_id)
                # Before anybody calls those jobs unconfirmed.
                await app.unstored.store_all()
                yield app
            finally:
                await _say_goodbye(outside, worker_id)


async def _reserve_journal(journal: JournalFile) -> None:
    try:
        await journal.reserve()
    except OSError as error:
        log.error("the journal of request ids cannot be made beside the results: %s", error.strerror or error)


async def _say_goodbye(outside: Outside, worker_id: str) -> None:
    """Give the leases back and leave the others; a stop does not wait for a database that does not answer."""
    try:
        async with asyncio.timeout(RELEASE_SECONDS):
            await outside.store.release(worker_id)
            await outside.cards.release(worker_id)
            if outside.processes is not None:
                await outside.processes.leave(worker_id)
    except (TimeoutError, StoreUnavailable) as error:
        log.warning(
            "the leases could not be given back, so they run out by themselves: %s", str(error) or "no answer in time"
        )


def assemble(settings: Settings, outside: Outside, *, catalog: Catalog, worker_id: str) -> App:
    """Make the core, and what Discord's side needs of it. Nothing runs yet."""
    core = JobCore.of(outside.ports, policy=quota_policy(settings), timing=job_timing(settings), worker_id=worker_id)
    services = BotServices(
        jobs=core.service,
        outbox=core.outbox,
        catalog=catalog,
        results=outside.results,
        clock=outside.clock,
        guilds=settings.discord.guilds,
        key_values=outside.key_values,
        copies=core.copies,
        failover=core.failover,
    )
    return App(
        database=outside.database,
        services=services,
        unstored=core.unstored,
        loops={**core.loops, "sweeper": lambda: sweep_results(outside.results, outside.clock)},
    )
