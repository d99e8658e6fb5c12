from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import asyncpg  # type: ignore[import-untyped]  # it has no type hints
import pytest

from services.jobs.quota import QuotaLimits
from services.store.cards import SqlCardStore
from services.store.engine import open_database
from services.store.jobs import SqlJobStore
from tests.contract.store.databases import PostgresServer
from tests.contract.store.making import ADA, BEN, CARD, DEADLINE, LEASE, NOW, PLENTY, accept, make_new

ONE_AT_ONCE = QuotaLimits(per_day=100, running=1, waiting=100)
LOCK_ADA = f"SELECT * FROM users WHERE user_id = {ADA} FOR UPDATE"  # noqa: S608 - our own figure
WAITERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


class Holder:
    """A transaction of somebody else's, open, on the same PostgreSQL database."""

    def __init__(self, connection: asyncpg.Connection, watcher: asyncpg.Connection) -> None:
        self._connection = connection
        self._watcher = watcher

    async def execute(self, statement: str) -> None:
        """Do a statement in the transaction."""
        await self._connection.execute(statement)

    async def until_waited_for(self, *, by: int) -> None:
        """Return when so many calls wait for a lock."""
        async with asyncio.timeout(20):
            while await self._watcher.fetchval(WAITERS) < by:  # noqa: ASYNC110 - the event is in the server
                await asyncio.sleep(0.01)


@pytest.fixture
async def url(postgres: PostgresServer) -> str:
    """A database with row locks: SQLite's writers come one by one anyhow."""
    return await postgres.new()


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlJobStore]:
    """The store on it."""
    async with open_database(url, alone=False) as database:
        yield SqlJobStore(database)


@asynccontextmanager
async def _holding(url: str, statement: str) -> AsyncIterator[Holder]:
    """Do a statement in a transaction of its own, which is committed at the end."""
    # What a transaction sees of other sessions stands still: another connection watches them.
    connection, watcher = [await asyncpg.connect(url.replace("+asyncpg", "")) for _ in range(2)]
    try:
        async with connection.transaction():
            holder = Holder(connection, watcher)
            await holder.execute(statement)
            yield holder
    finally:
        await connection.close()
        await watcher.close()


async def test_a_start_counts_under_its_owner_s_lock(store: SqlJobStore, url: str) -> None:
    """A start waits for whoever has the owner's row, counts what came of that, and takes no other owner's jobs then."""
    await accept(store, ADA, limits=ONE_AT_ONCE)
    second = await accept(store, ADA, limits=ONE_AT_ONCE)
    async with _holding(url, LOCK_ADA) as holder:
        starting = asyncio.create_task(store.claim_waiting(LEASE, now=NOW, limit=5))
        await holder.until_waited_for(by=1)
        await accept(store, BEN)
        await holder.execute(f"UPDATE jobs SET status = 'submitting', version = 2 WHERE job_id = '{second.job_id}'")  # noqa: S608 - our own id
    assert list(await starting) == []
    [late] = await store.claim_waiting(LEASE, now=NOW, limit=5)
    assert late.owner_id == BEN


async def test_an_accept_counts_under_its_owner_s_lock(store: SqlJobStore, url: str) -> None:
    """Accepts of one owner wait for each other, and for nobody else's."""
    await accept(store, ADA)
    async with _holding(url, LOCK_ADA) as holder:
        accepting = asyncio.create_task(accept(store, ADA))
        await holder.until_waited_for(by=1)
        await accept(store, BEN)
        assert not accepting.done()
    await accepting


async def test_the_unique_interaction_decides_between_owners(store: SqlJobStore, url: str) -> None:
    """Where two accepts of one interaction both found it new, the later one gets the job of the earlier."""
    new = make_new(ADA)
    # Rows can be looked for, but none can be inserted.
    async with _holding(url, "LOCK TABLE jobs IN SHARE MODE") as holder:
        calls = [
            asyncio.create_task(store.accept(one, CARD, limits=PLENTY, now=NOW, deadline=DEADLINE))
            for one in (new, replace(new, job_id="another", owner_id=BEN))
        ]
        await holder.until_waited_for(by=2)
    answers = await asyncio.gather(*calls)
    assert sorted(answer.is_new for answer in answers) == [False, True]
    assert answers[0].job == answers[1].job


async def test_a_locked_job_is_passed_by(store: SqlJobStore, cards: SqlCardStore, url: str) -> None:
    """Who takes jobs does not wait for one that somebody else is busy with: it takes the others."""
    busy, free = await accept(store), await accept(store)
    async with _holding(url, f"SELECT * FROM jobs JOIN cards USING (job_id) WHERE job_id = '{busy.job_id}' FOR UPDATE"):  # noqa: S608 - our own id
        async with asyncio.timeout(5):
            taken = await cards.claim_due(LEASE, now=DEADLINE, limit=5)
            started = await store.claim_waiting(LEASE, now=NOW, limit=5)
    assert [job.job_id for job in taken] == [job.job_id for job in started] == [free.job_id]
