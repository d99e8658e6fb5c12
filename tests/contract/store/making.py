"""Jobs for tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.jobs.card import Card
from services.jobs.model import Job, JobStatus, NewJob
from services.jobs.ports import Lease
from services.jobs.quota import QuotaLimits
from services.store.cards import SqlCardStore
from services.store.database import Database
from services.store.jobs import SqlJobStore
from services.store.tables import cards as cards_table
from services.store.tables import jobs as jobs_table
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


def make_card(**also: object) -> Card:
    """Return where a card is that has just been deferred."""
    card = Card(
        application_id=1,
        token="interaction-token",
        token_until=at(900),
        upload_limit_bytes=10_485_760,
        original_message_id=555,
    )
    return replace(card, **also)  # type: ignore[arg-type]  # the fields' types are checked where they are named


# A card as any job's is at first.
CARD = make_card()


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
    )
    return replace(new, **also)  # type: ignore[arg-type]  # the fields' types are checked where they are named


async def accept(
    store: SqlJobStore,
    owner_id: int = ADA,
    *,
    card: Card | None = None,
    now: datetime = NOW,
    limits: QuotaLimits = PLENTY,
    **also: object,
) -> Job:
    """Accept a new job and return it."""
    new = make_new(owner_id, **also)
    return (await store.accept(new, card or CARD, limits=limits, now=now, deadline=now + timedelta(days=1))).job


async def move(store: SqlJobStore, job: Job, *statuses: JobStatus, now: datetime = NOW) -> Job:
    """Take the job through these states and return it."""
    for status in statuses:
        after = job.transition(status, at=now)
        assert await store.replace(after, before=job)
        job = after
    return job


async def start(store: SqlJobStore, *, limit: int = 100, lease: Lease = LEASE, now: datetime = NOW) -> list[Job]:
    """Start all that wait."""
    return list(await store.claim_waiting(lease, now=now, limit=limit))


async def reload(store: SqlJobStore, job: Job) -> Job:
    """Return the job as it is stored."""
    found = await store.get(job.job_id)
    assert found is not None
    return found


async def reload_card(cards: SqlCardStore, job: Job) -> Card:
    """Return the job's card as it is stored."""
    return (await cards.get([job.job_id]))[job.job_id]


async def stored_card(database: Database, job: Job, column: str) -> object:
    """Return one column of the card's row, for what no method of the store tells."""

    async def work(connection: AsyncConnection) -> object:
        query = select(cards_table.c[column]).where(cards_table.c.job_id == job.job_id)
        return (await connection.execute(query)).scalar_one()

    return await database.read(work)


async def stored(database: Database, job: Job, column: str) -> object:
    """Return one column of the job's row, for what no method of the store tells."""

    async def work(connection: AsyncConnection) -> object:
        query = select(jobs_table.c[column]).where(jobs_table.c.job_id == job.job_id)
        return (await connection.execute(query)).scalar_one()

    return await database.read(work)
