from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg  # type: ignore[import-untyped]  # it has no type hints
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.errors import QuotaExceeded
from services.jobs.model import JobStatus
from services.jobs.quota import QuotaLimits
from services.store import migrate
from services.store.cards import SqlCardStore
from services.store.database import Database
from services.store.engine import open_database
from services.store.jobs import SqlJobStore
from tests.contract.store.databases import PostgresServer
from tests.contract.store.making import BEN, LEASE, PLENTY, accept, at, move, reload, start
from tests.contract.store.pooler import pooled

AT_ONCE = 40
THREE = QuotaLimits(per_day=3, running=10, waiting=10)


@pytest.fixture
async def direct_url(postgres: PostgresServer) -> AsyncIterator[str]:
    """The address of a fresh, migrated database, without a pooler."""
    made = await postgres.new()
    yield made
    await postgres.give_back(made)


async def _ask(database: Database, question: str) -> object:
    async def work(connection: AsyncConnection) -> object:
        return (await connection.execute(text(question))).scalar_one()

    return await database.read(work)


async def test_a_pooler_s_sessions_change_between_transactions(direct_url: str) -> None:
    """PgBouncer in transaction mode, with fewer sessions than are wanted: everything goes as without one."""
    async with pooled(direct_url) as url, open_database(url, alone=False) as database:
        store = SqlJobStore(database)
        made = await asyncio.gather(*(accept(store) for _ in range(AT_ONCE)))
        started = [job for jobs in await asyncio.gather(*(start(store) for _ in range(AT_ONCE))) for job in jobs]
        assert {job.job_id for job in started} == {job.job_id for job in made}
        await asyncio.gather(*(move(store, job, JobStatus.QUEUED) for job in started))
        assert len(await SqlCardStore(database).claim_due(LEASE, now=at(60), limit=100)) == AT_ONCE
        assert {(await reload(store, job)).status for job in made} == {JobStatus.QUEUED}


async def test_a_pooler_keeps_quotas(direct_url: str) -> None:
    """Rows that are locked to count them stay locked to the end of the transaction, whichever session has it."""
    async with pooled(direct_url) as url, open_database(url, alone=False) as database:
        store = SqlJobStore(database)
        tries = (accept(store, BEN, limits=THREE) for _ in range(AT_ONCE))
        ended = await asyncio.gather(*tries, return_exceptions=True)
        assert sum(isinstance(one, QuotaExceeded) for one in ended) == AT_ONCE - 3


async def test_a_schema_is_made_through_a_pooler(postgres: PostgresServer) -> None:
    """An empty database behind a pooler is migrated, by one of those that try at once."""
    empty = await postgres.new(is_empty=True)
    async with pooled(empty) as url, open_database(url, alone=False) as one, open_database(url, alone=False) as other:
        assert sorted(await asyncio.gather(migrate.upgrade(one), migrate.upgrade(other))) == [False, True]
        assert await accept(SqlJobStore(one), limits=PLENTY)


async def test_no_session_keeps_what_is_ours(direct_url: str) -> None:
    """Behind a pooler a session is the next client's: our time-outs hold in our transactions, and nothing stays."""
    async with pooled(direct_url) as url, open_database(url, alone=False) as database:
        for _ in range(3):
            assert await _ask(database, "SELECT current_setting('lock_timeout')") == "10s"
        other = await asyncpg.connect(url.replace("+asyncpg", ""), statement_cache_size=0)
        assert await other.fetchval("SELECT current_setting('lock_timeout')") == "0"
        await other.close()
        assert await _ask(database, "SELECT count(*) FROM pg_prepared_statements WHERE name <> ''") == 0


async def test_a_session_of_our_own_keeps_its_statements(direct_url: str) -> None:
    """Without a pooler, time-outs are a session's and a statement is prepared once."""
    async with open_database(direct_url, alone=False) as database:
        for _ in range(2):
            assert await _ask(database, "SELECT current_setting('lock_timeout')") == "10s"
        assert await _ask(database, "SELECT count(*) FROM pg_prepared_statements") != 0
