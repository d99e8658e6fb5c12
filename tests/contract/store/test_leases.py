from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest

from services.jobs.card import DueCard
from services.jobs.model import Job, JobStatus
from services.jobs.ports import Lease
from services.store.cards import SqlCardStore
from services.store.database import Database
from services.store.jobs import SqlJobStore
from tests.contract.store.making import EXPIRED, LEASE, NOW, OTHER, accept, at, move, start, stored


async def _in_flight(store: SqlJobStore, *statuses: JobStatus, lease: Lease = EXPIRED) -> list[Job]:
    """Make one job for each of these states, the first the oldest, with a poll lease."""
    made = []
    for n, status in enumerate(statuses):
        await accept(store, now=at(n))
        [job] = await start(store, lease=lease)
        way = [JobStatus.QUEUED, JobStatus.RUNNING]
        made.append(await move(store, job, *way[: way.index(status) + 1]))
    return made


def _ids(jobs: Sequence[Job | DueCard]) -> list[str]:
    return [job.job_id for job in jobs]


async def test_live_requests_are_taken_up_oldest_first(store: SqlJobStore) -> None:
    """Jobs at the API that nobody holds are taken up, oldest first, and no more than asked for."""
    made = await _in_flight(store, JobStatus.RUNNING, JobStatus.QUEUED, JobStatus.QUEUED)
    made[1] = await move(store, made[1], JobStatus.LATE)
    assert await store.claim_followed(LEASE, limit=2) == made[:2]
    assert await store.claim_followed(LEASE, limit=2) == made[2:]
    assert await store.claim_followed(LEASE, limit=2) == []


async def test_the_rest_is_not_polled(store: SqlJobStore) -> None:
    """Waiting, submitting and ended jobs are not taken up."""
    await accept(store)
    [job] = await start(store, lease=EXPIRED)
    await accept(store)
    assert await store.claim_followed(OTHER, limit=10) == []
    await move(store, job, JobStatus.FAILED)
    assert await store.claim_followed(OTHER, limit=10) == []


async def test_a_lease_keeps_others_out(store: SqlJobStore, other_store: SqlJobStore) -> None:
    """A job with a living lease is not given to another process, nor twice to the same."""
    await _in_flight(store, JobStatus.QUEUED)
    assert len(await store.claim_followed(LEASE, limit=10)) == 1
    assert await other_store.claim_followed(OTHER, limit=10) == []
    assert await store.claim_followed(LEASE, limit=10) == []


async def test_concurrent_processes_share_the_jobs(store: SqlJobStore, other_store: SqlJobStore) -> None:
    """Processes that take at once get each job once, and together all of them."""
    made = await _in_flight(store, *[JobStatus.QUEUED] * 12)
    batches = await asyncio.gather(
        *(
            one.claim_followed(Lease(worker_id=f"p{n}", ttl_seconds=60), limit=2)
            for n, one in enumerate([store, other_store] * 10)
        ),
    )
    taken = [job for batch in batches for job in batch]
    taken += await store.claim_followed(LEASE, limit=100)  # who met a locked row went without it
    assert sorted(_ids(taken)) == sorted(_ids(made))


async def test_a_dead_process_s_jobs_are_taken_over(store: SqlJobStore, other_store: SqlJobStore) -> None:
    """A lease that has run out no longer counts."""
    made = await _in_flight(store, JobStatus.QUEUED, JobStatus.RUNNING)
    await store.claim_followed(EXPIRED, limit=10)
    assert await other_store.claim_followed(OTHER, limit=10) == made


async def test_renewing_extends_all_of_ones_own(store: SqlJobStore, database: Database) -> None:
    """Renewing extends each lease of its owner, also one that had run out unnoticed, and nobody else's."""
    mine = await _in_flight(store, JobStatus.QUEUED, JobStatus.QUEUED, lease=Lease(worker_id="this", ttl_seconds=0))
    [theirs] = await _in_flight(store, JobStatus.QUEUED)
    await store.renew(LEASE)
    assert await store.claim_followed(OTHER, limit=10) == [theirs]
    assert await stored(database, mine[0], "poll_worker") == "this"


async def test_renewing_never_shortens(store: SqlJobStore, database: Database) -> None:
    """A renewal for less than is left changes nothing."""
    [job] = await _in_flight(store, JobStatus.QUEUED, lease=LEASE)
    until = await stored(database, job, "poll_until")
    await store.renew(Lease(worker_id=LEASE.worker_id, ttl_seconds=1))
    assert await stored(database, job, "poll_until") == until
    await store.renew(Lease(worker_id=LEASE.worker_id, ttl_seconds=1000))
    later = await stored(database, job, "poll_until")
    assert isinstance(until, int)
    assert isinstance(later, int)
    assert 930_000_000 < later - until < 950_000_000


async def test_leases_are_measured_with_a_clock_of_this_century(store: SqlJobStore, database: Database) -> None:
    """The database's clock tells microseconds since 1970, alike on both databases."""
    [job] = await _in_flight(store, JobStatus.QUEUED, lease=Lease(worker_id="this", ttl_seconds=0))
    until = await stored(database, job, "poll_until")
    assert isinstance(until, int)
    assert abs(until / 1e6 - time.time()) < 30


async def test_released_leases_are_free_at_once(
    store: SqlJobStore, other_store: SqlJobStore, cards: SqlCardStore, other_cards: SqlCardStore
) -> None:
    """A clean stop gives back poll and announce leases, submits included, and nobody else's."""
    polled = await _in_flight(store, JobStatus.QUEUED, lease=LEASE)
    await accept(store)
    [submitting] = await start(store)
    shown = await cards.claim_due(LEASE, now=at(100), limit=1)
    await cards.claim_due(OTHER, now=at(100), limit=10)
    await store.release(LEASE.worker_id)
    await cards.release(LEASE.worker_id)
    assert await other_store.claim_followed(OTHER, limit=10) == polled
    assert await other_store.claim_orphaned_submits(OTHER, limit=10) == [submitting]
    assert _ids(await other_cards.claim_due(EXPIRED, now=at(100), limit=10)) == _ids(shown)


async def test_who_is_alone_forgets_all_leases(store: SqlJobStore, cards: SqlCardStore) -> None:
    """After all leases were voided, every live job and every unshown card can be taken at once."""
    polled = await _in_flight(store, JobStatus.QUEUED, JobStatus.RUNNING, lease=OTHER)
    await cards.claim_due(OTHER, now=at(100), limit=10)
    await store.forget_leases()
    await cards.forget_leases()
    assert await store.claim_followed(LEASE, limit=10) == polled
    assert _ids(await cards.claim_due(LEASE, now=at(100), limit=10)) == _ids(polled)


@pytest.mark.parametrize("status", [JobStatus.SUCCEEDED, JobStatus.CANCELLED, JobStatus.EXPIRED])
async def test_the_end_of_a_polled_job_frees_it(store: SqlJobStore, database: Database, status: JobStatus) -> None:
    """Whatever way a job at the API ends, nobody holds it afterwards; one that is late is held still."""
    [job] = await _in_flight(store, JobStatus.QUEUED, lease=LEASE)
    late = await move(store, job, JobStatus.LATE, now=NOW)
    assert await stored(database, late, "poll_worker") == LEASE.worker_id
    ended = await move(store, late, status, now=NOW)
    assert await stored(database, ended, "poll_worker") is None


async def test_a_change_keeps_the_lease(store: SqlJobStore, other_store: SqlJobStore) -> None:
    """A job that goes on from queued to running stays with who polls it."""
    [job] = await _in_flight(store, JobStatus.QUEUED, lease=LEASE)
    await move(store, job, JobStatus.RUNNING)
    assert await other_store.claim_followed(OTHER, limit=10) == []
