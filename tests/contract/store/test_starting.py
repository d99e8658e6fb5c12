from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from services.jobs.model import JobStatus
from services.jobs.ports import Lease
from services.jobs.quota import QuotaLimits
from services.store.jobs import SqlJobStore
from tests.contract.store.making import (
    ADA,
    BEN,
    EXPIRED,
    LEASE,
    NOW,
    OTHER,
    PLENTY,
    accept,
    at,
    move,
    reload,
    start,
)

ONE_AT_ONCE = QuotaLimits(per_day=1000, running=1, waiting=1000)
TWO_AT_ONCE = QuotaLimits(per_day=1000, running=2, waiting=1000)


async def test_a_claim_is_committed_as_submitting(store: SqlJobStore) -> None:
    """A started job is stored as SUBMITTING with the time and a higher version, exactly as it was returned."""
    job = await accept(store)
    [claimed] = await start(store, now=at(5))
    assert claimed == job.transition(JobStatus.SUBMITTING, at=at(5))
    assert await reload(store, job) == claimed


async def test_the_oldest_start_first(store: SqlJobStore) -> None:
    """Jobs start in the order in which they were accepted, and no more than asked for."""
    made = [await accept(store, owner, now=at(-n)) for n, owner in enumerate([ADA, BEN, 3, 4])]
    claimed = await start(store, limit=3)
    assert [job.job_id for job in claimed] == [job.job_id for job in reversed(made)][:3]


async def test_jobs_of_one_moment_start_in_their_order(store: SqlJobStore) -> None:
    """Jobs that were accepted within one microsecond start in the order of their acceptance."""
    made = [await accept(store, job_id=name) for name in ("zzz", "mmm", "aaa")]
    assert [job.job_id for job in await start(store)] == [job.job_id for job in made]


async def test_nobody_waits_behind_anothers_heap(store: SqlJobStore) -> None:
    """A member's first job starts before another member's second, however many of those came before it."""
    heap = [await accept(store, ADA, now=at(n)) for n in range(5)]
    late = await accept(store, BEN, now=at(60))
    claimed = await start(store, limit=2)
    assert [job.job_id for job in claimed] == [heap[0].job_id, late.job_id]


async def test_who_has_jobs_in_flight_comes_after_who_has_none(store: SqlJobStore) -> None:
    """A place goes to the member with the fewest jobs in flight."""
    await accept(store, ADA)
    await start(store)
    await accept(store, ADA, now=at(1))
    late = await accept(store, BEN, now=at(2))
    assert [job.job_id for job in await start(store, limit=1)] == [late.job_id]


async def test_no_more_than_the_limit_are_in_flight(store: SqlJobStore) -> None:
    """An owner's jobs beyond "at once" wait until one ends, then start by themselves."""
    for n in range(4):
        await accept(store, now=at(n), limits=TWO_AT_ONCE)
    claimed = await store.claim_waiting(LEASE, now=NOW, limit=10)
    assert len(claimed) == 2
    assert await store.claim_waiting(LEASE, now=NOW, limit=10) == ()
    await move(store, claimed[0], JobStatus.QUEUED, JobStatus.RUNNING)
    assert await store.claim_waiting(LEASE, now=NOW, limit=10) == ()
    await move(store, claimed[1], JobStatus.FAILED)
    assert len(await store.claim_waiting(LEASE, now=NOW, limit=10)) == 1


async def test_each_job_starts_by_the_limit_that_it_was_accepted_with(store: SqlJobStore) -> None:
    """Whose roles gave more, or whose limits have changed since: what held at the acceptance holds."""
    first = await accept(store, now=at(0), limits=ONE_AT_ONCE)
    await accept(store, now=at(1), limits=ONE_AT_ONCE)
    more = await accept(store, now=at(2), limits=replace(PLENTY, running=3))
    assert [job.job_id for job in await start(store)] == [first.job_id, more.job_id]


async def test_a_limit_of_none_starts_none(store: SqlJobStore) -> None:
    """With no place at once, nothing starts."""
    await accept(store, limits=QuotaLimits(per_day=10, running=0, waiting=10))
    assert list(await store.claim_waiting(LEASE, now=NOW, limit=10)) == []


async def test_concurrent_starts_share_the_jobs(store: SqlJobStore, other_store: SqlJobStore) -> None:
    """Two processes that start at once claim each job once, and never pass the limit together."""
    for n in range(30):
        await accept(store, n % 10, limits=TWO_AT_ONCE)
    batches = await asyncio.gather(
        *(one.claim_waiting(lease, now=NOW, limit=3) for one, lease in [(store, LEASE), (other_store, OTHER)] * 10),
    )
    claimed = [job.job_id for batch in batches for job in batch]
    assert len(claimed) == len(set(claimed))
    rest = await store.claim_waiting(LEASE, now=NOW, limit=100)
    assert len(claimed) + len(rest) == 20
    usages = [await store.usage(owner, now=NOW) for owner in range(10)]
    assert [(usage.in_flight, usage.waiting) for usage in usages] == [(2, 1)] * 10


async def test_accepting_and_starting_at_once_keeps_the_limits(store: SqlJobStore, other_store: SqlJobStore) -> None:
    """While commands come in and jobs start at once, nobody passes "at once", and nothing waits for ever."""
    for _ in range(5):
        await asyncio.gather(
            *(accept(store, n % 3, limits=ONE_AT_ONCE) for n in range(12)),
            *(one.claim_waiting(LEASE, now=NOW, limit=5) for one in [store, other_store] * 3),
        )
    await store.claim_waiting(LEASE, now=NOW, limit=5)
    usages = [await store.usage(owner, now=NOW) for owner in range(3)]
    assert [usage.in_flight for usage in usages] == [1, 1, 1]
    assert [usage.waiting for usage in usages] == [19, 19, 19]


async def test_who_waited_too_long_does_not_start(store: SqlJobStore) -> None:
    """A waiting job whose deadline has passed is not claimed but told as overdue, the oldest first."""
    late = [await accept(store, now=at(n)) for n in range(3)]
    fresh = await accept(store, now=at(3600))
    now = at(3) + timedelta(days=1)
    overdue = await store.list_overdue_waiting(now=now, limit=2)
    assert [job.job_id for job in overdue] == [job.job_id for job in late[:2]]
    assert [job.job_id for job in await start(store, now=now)] == [fresh.job_id]
    assert len(await store.list_overdue_waiting(now=now, limit=10)) == 3


async def test_a_deadline_is_over_at_its_moment(store: SqlJobStore) -> None:
    """At exactly its deadline a job is overdue and not started; just before, the other way round."""
    job = await accept(store)
    just_before = job.deadline - timedelta(microseconds=1)
    assert await store.list_overdue_waiting(now=just_before, limit=1) == []
    assert await start(store, now=job.deadline) == []
    assert await store.list_overdue_waiting(now=job.deadline, limit=1) == [job]
    assert len(await start(store, now=just_before)) == 1


async def test_cancelled_or_submitted_but_never_both(store: SqlJobStore, other_store: SqlJobStore) -> None:
    """A cancel that races with the start wins or loses cleanly: a cancelled job is never submitted."""
    for _ in range(15):
        job = await accept(store)
        cancelled = job.transition(JobStatus.CANCELLED, at=at(1))
        is_cancelled, claimed = await asyncio.gather(other_store.replace(cancelled, before=job), start(store))
        assert is_cancelled != bool(claimed)
        assert (await reload(store, job)).status is (JobStatus.CANCELLED if is_cancelled else JobStatus.SUBMITTING)


async def test_a_job_not_sent_waits_and_starts_again(store: SqlJobStore) -> None:
    """A job that the API certainly did not get waits again and can be claimed by anybody."""
    await accept(store)
    [job] = await start(store)
    await move(store, job, JobStatus.WAITING)
    [again] = await start(store, lease=OTHER)
    assert (again.job_id, again.status, again.version) == (job.job_id, JobStatus.SUBMITTING, 4)


async def test_a_submit_is_not_taken_while_its_process_lives(store: SqlJobStore) -> None:
    """A SUBMITTING job under a lease is nobody else's, and it is not polled either."""
    await accept(store)
    await start(store)
    assert await store.claim_orphaned_submits(OTHER, limit=10) == []
    assert await store.claim_followed(OTHER, limit=10) == []


async def test_a_dead_process_s_submit_is_taken_once(store: SqlJobStore, other_store: SqlJobStore) -> None:
    """When the lease of a submit runs out, exactly one process takes it, unchanged."""
    job = await accept(store)
    [claimed] = await start(store, lease=EXPIRED)
    taken = await asyncio.gather(
        *(
            one.claim_orphaned_submits(Lease(worker_id=f"p{n}", ttl_seconds=60), limit=10)
            for n, one in enumerate([store, other_store] * 5)
        ),
    )
    assert [job for batch in taken for job in batch] == [claimed]
    assert claimed.job_id == job.job_id


async def test_an_orphan_can_end_unconfirmed_and_be_reopened(store: SqlJobStore) -> None:
    """An unconfirmed job that gets its request id is polled at once, by whoever comes first."""
    await accept(store)
    await start(store, lease=EXPIRED)
    [orphan] = await store.claim_orphaned_submits(LEASE, limit=1)
    unconfirmed = await move(store, orphan, JobStatus.UNCONFIRMED)
    queued = unconfirmed.confirmed("req-1", at=at(100), within=timedelta(hours=1))
    assert await store.replace(queued, before=unconfirmed)
    assert await store.claim_followed(OTHER, limit=1) == [queued]


async def test_a_start_wins_over_a_stale_copy(store: SqlJobStore) -> None:
    """Who read a job before it was claimed cannot write over the claim."""
    job = await accept(store)
    [claimed] = await start(store)
    assert not await store.replace(replace(job.bump_version(at=at(1)), version=9), before=job)
    assert await reload(store, job) == claimed


async def test_starting_looks_beyond_owners_without_room(store: SqlJobStore) -> None:
    """Members who are at their limit do not keep others from starting, however many jobs they have waiting."""
    for n in range(5):
        await accept(store, ADA, now=at(n), limits=ONE_AT_ONCE)
    await store.claim_waiting(LEASE, now=NOW, limit=1)
    late = await accept(store, BEN, now=at(100), limits=PLENTY)
    claimed = await store.claim_waiting(LEASE, now=NOW, limit=1)
    assert [job.job_id for job in claimed] == [late.job_id]
