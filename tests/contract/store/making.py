"""Jobs for tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.jobs.model import Delivery, Job, JobStatus, NewJob
from services.jobs.ports import Lease
from services.jobs.quota import QuotaLimits
from services.store.database import Database
from services.store.jobs import SqlJobStore
from services.store.tables import jobs
from tests.unit.jobs.factories import pictures

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
DEADLINE = NOW + timedelta(days=1)
ADA, BEN = 9_007_199_254_740_993_001, 9_007_199_254_740_993_002
PLENTY = QuotaLimits(per_day=10_000, running=10_000, waiting=10_000)
LEASE = Lease(worker_id="this", ttl_seconds=60)
OTHER = Lease(worker_id="other", ttl_seconds=60)
# A lease that has run out as soon as it is taken.
EXPIRED = Lease(worker_id="dead", ttl_seconds=0)

_numbers = count(1)


def at(seconds: float) -> datetime:
    """Return the moment so long after NOW."""
    return NOW + timedelta(seconds=seconds)


def make_delivery(**also: object) -> Delivery:
    """Return where a card is that has just been deferred."""
    card = Delivery(
        application_id=1,
        token="interaction-token",
        token_until=at(900),
        upload_limit_bytes=10_485_760,
        original_message_id=555,
    )
    return replace(card, **also)  # type: ignore[arg-type]  # the fields' types are checked where they are named


def make_new(owner_id: int = ADA, **also: object) -> NewJob:
    """Return a job that nobody has asked for before."""
    number = next(_numbers)
    new = NewJob(
        job_id=f"job{number:07}",
        interaction_id=1_000_000 + number,
        owner_id=owner_id,
        guild_id=11,
        channel_id=22,
        command="edit",
        model_id="openai/gpt-image-1.5/edit",
        prompt="a fox in the snow",
        inputs={"prompt": "a fox in the snow", "images": ["https://example.com/a.png"], "n": 1, "x": None},
        media=pictures("fox.png"),
        is_private=False,
        delivery=make_delivery(),
    )
    return replace(new, **also)  # type: ignore[arg-type]  # the fields' types are checked where they are named


async def accept(
    store: SqlJobStore, owner_id: int = ADA, *, now: datetime = NOW, limits: QuotaLimits = PLENTY, **also: object
) -> Job:
    """Accept a new job and return it."""
    new = make_new(owner_id, **also)
    return (await store.accept(new, limits=limits, now=now, deadline=now + timedelta(days=1))).job


async def move(store: SqlJobStore, job: Job, *statuses: JobStatus, now: datetime = NOW) -> Job:
    """Take the job through these states and return it."""
    for status in statuses:
        after = job.transition(status, at=now)
        assert await store.replace(after, expected_version=job.version)
        job = after
    return job


async def start(store: SqlJobStore, *, most: int = 100, lease: Lease = LEASE, now: datetime = NOW) -> list[Job]:
    """Start all that wait."""
    return list(await store.claim_waiting(lease, now=now, most=most))


async def reload(store: SqlJobStore, job: Job) -> Job:
    """Return the job as it is stored."""
    found = await store.get(job.job_id)
    assert found is not None
    return found


async def stored(database: Database, job: Job, column: str) -> object:
    """Return one column of the job's row, for what no method of the store tells."""

    async def work(connection: AsyncConnection) -> object:
        query = select(jobs.c[column]).where(jobs.c.job_id == job.job_id)
        return (await connection.execute(query)).scalar_one()

    return await database.read(work)
