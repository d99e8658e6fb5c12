"""The core on a real store and a scripted API, with its loops run by hand or in the background."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

from services.clock import Clock, SystemClock
from services.jobs.card import CardOrigin
from services.jobs.job_core import CorePorts, JobCore
from services.jobs.model import Actor, GenerationRequest, Job, JobStatus, NewJob
from services.jobs.pacing import JobTiming, RequestBudget
from services.jobs.ports import JournalEntry, Processes, RequestJournal
from services.jobs.quota import QuotaLimits, SameLimits
from services.store.cards import SqlCardStore
from services.store.jobs import SqlJobStore
from services.store.key_values import SqlKeyValueStore
from tests.contract.jobs.scripted_api import ScriptedApi
from tests.contract.store.making import ADA, make_card

LIMITS = QuotaLimits(per_day=10, running=2, waiting=3)
BRISK = JobTiming(
    poll_min_seconds=0.02,
    poll_max_seconds=0.05,
    empty_result_seconds=(0.01,),
    scan_seconds=0.1,
    lease_seconds=2.0,
    edit_seconds=5.0,
    stop_seconds=0.3,
)
OWNER = Actor(user_id=ADA, channel_id=22, guild_id=11)


class MemoryJournal:
    """A journal of a process that is not killed."""

    def __init__(self) -> None:
        self.kept: list[JournalEntry] = []

    async def add(self, entry: JournalEntry) -> None:
        """Keep the entry."""
        self.kept.append(entry)

    async def entries(self) -> tuple[JournalEntry, ...]:
        """Return what is kept."""
        return tuple(self.kept)

    async def remove(self, entry: JournalEntry) -> None:
        """Keep it no longer."""
        self.kept = [kept for kept in self.kept if kept != entry]


class Core:
    """Everything that `services.jobs` has, as one process would hold it."""

    def __init__(
        self,
        store: SqlJobStore,
        api: ScriptedApi,
        *,
        timing: JobTiming = BRISK,
        limits: QuotaLimits = LIMITS,
        clock: Clock | None = None,
        budget: RequestBudget | None = None,
        journal: RequestJournal | None = None,
        processes: Processes | None = None,
        cards: SqlCardStore | None = None,
        worker_id: str | None = None,
    ) -> None:
        self.clock, self.worker_id = clock or SystemClock(), worker_id or secrets.token_hex(4)
        self.store, self.cards, self.api = store, cards or SqlCardStore(store.database), api
        core = JobCore.of(
            CorePorts(
                store=store,
                cards=self.cards,
                key_values=SqlKeyValueStore(store.database),
                processes=processes,
                api=api,
                journal=journal or MemoryJournal(),
                clock=self.clock,
            ),
            policy=SameLimits(limits=limits),
            timing=timing,
            worker_id=self.worker_id,
            random=lambda: 0.5,
            budget=budget or RequestBudget(self.clock, per_second=1000),
        )
        self.signals, self.gate, self.updater = core.signals, core.gate, core.updater
        self.poller, self.submitter, self.housekeeper = core.poller, core.submitter, core.housekeeper
        self.unstored, self.jobs, self.outbox = core.unstored, core.service, core.outbox
        self.copies, self.failover = core.copies, core.failover

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Core]:
        """Run all loops while the block runs, then stop them as a clean stop does."""
        loops = [asyncio.create_task(loop.run()) for loop in (self.submitter, self.poller, self.housekeeper)]
        try:
            yield self
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            await self.store.release(self.worker_id)
            await self.cards.release(self.worker_id)

    async def until(self, job_id: str, *statuses: JobStatus, seconds: float = 10.0) -> Job:
        """Wait until the job is in one of these states, and return it."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    job = await self.store.get(job_id)
                    if job is not None and job.status in statuses:
                        return job
                    await asyncio.sleep(0.005)
        except TimeoutError as error:
            raise TimeoutError(f"still {await self.store.get(job_id)!r}") from error


def overdue(timing: JobTiming = BRISK) -> JobTiming:
    """Return a timing whose deadlines have passed as soon as they begin."""
    return replace(timing, deadline=timedelta(0))


async def submit(core: Core, new: NewJob) -> Job:
    """Accept the job."""
    return (await core.jobs.submit(*asked_for(new))).job


def asked_for(new: NewJob) -> tuple[GenerationRequest, Actor, CardOrigin]:
    """Return what the entrance takes to make such a job."""
    request = GenerationRequest(
        command=new.command,
        model_id=new.model_id,
        prompt=new.prompt,
        inputs=new.inputs,
        media=new.media,
        is_private=new.is_private,
        parent=new.parent,
    )
    card = make_card()
    origin = CardOrigin(
        interaction_id=new.interaction_id,
        application_id=card.application_id,
        channel_id=new.channel_id,
        token=card.token,
        token_until=card.token_until,
        upload_limit_bytes=card.upload_limit_bytes,
        message_id=card.original_message_id,
    )
    return request, Actor(user_id=new.owner_id, channel_id=new.channel_id, guild_id=new.guild_id), origin
