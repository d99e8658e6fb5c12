from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from services.errors import InvalidTransition, QuotaExceeded, QuotaKind
from services.jobs.card import CardFile
from services.jobs.model import JobStatus
from services.jobs.ports import Accepted
from services.jobs.quota import QuotaLimits
from services.store.cards import SqlCardStore
from services.store.database import Database
from services.store.jobs import SqlJobStore
from tests.contract.store.making import (
    ADA,
    BEN,
    CARD,
    DEADLINE,
    LEASE,
    NOW,
    PLENTY,
    accept,
    at,
    make_card,
    make_new,
    move,
    reload,
    reload_card,
    stored,
)
from tests.unit.jobs.factories import resubmitting

THREE_A_DAY = QuotaLimits(per_day=3, running=100, waiting=100)
THREE_AT_ONCE = QuotaLimits(per_day=1000, running=1, waiting=2)


async def test_an_accepted_job_waits_and_is_there_whole(store: SqlJobStore, cards: SqlCardStore) -> None:
    """An accepted job is WAITING at version 1, and reads back exactly as it was returned, and so does its card."""
    new = make_new(prompt="Ünïcode ✨ 'quotes' \\ 100%_", inputs={"a": [1, 2.5, True, None, {"b": "c"}]}, guild_id=None)
    card = make_card(files=(CardFile(attachment_id=1, filename="ü.png"),), nonce="n", nonce_at=at(1))
    accepted = await store.accept(new, card, limits=PLENTY, now=NOW, deadline=DEADLINE)
    assert accepted.is_new
    job = accepted.job
    assert (job.status, job.version, job.created_at, job.deadline) == (JobStatus.WAITING, 1, NOW, DEADLINE)
    assert (job.prompt, job.inputs, job.media) == (new.prompt, new.inputs, new.media)
    assert await store.get(new.job_id) == job
    assert await reload_card(cards, job) == card


async def test_an_interaction_delivered_twice_is_one_job(store: SqlJobStore) -> None:
    """The same interaction gives the job that it made before, whatever the quota says by now."""
    new = make_new()
    first = await store.accept(
        new, CARD, limits=QuotaLimits(per_day=1, running=1, waiting=0), now=NOW, deadline=DEADLINE
    )
    again = await store.accept(
        replace(new, job_id="another001"),
        CARD,
        limits=QuotaLimits(per_day=0, running=0, waiting=0),
        now=at(1),
        deadline=DEADLINE,
    )
    assert again == Accepted(job=first.job, is_new=False)
    assert await store.get("another001") is None


async def test_an_unconfirmed_job_is_resubmitted_once(store: SqlJobStore) -> None:
    """Two presses of "submit anew" make one job."""
    lost = await move(store, await accept(store), JobStatus.SUBMITTING, JobStatus.UNCONFIRMED)
    first = await store.accept(
        make_new(parent=resubmitting(lost.job_id)), CARD, limits=PLENTY, now=NOW, deadline=DEADLINE
    )
    again = await store.accept(
        make_new(parent=resubmitting(lost.job_id)), CARD, limits=PLENTY, now=NOW, deadline=DEADLINE
    )
    assert first.is_new
    assert again == Accepted(job=first.job, is_new=False)


async def test_a_reopened_job_is_not_resubmitted(store: SqlJobStore) -> None:
    """Its request id turned up while its owner read the warning: a second job would be paid for as well."""
    lost = await move(store, await accept(store), JobStatus.SUBMITTING, JobStatus.UNCONFIRMED)
    found = lost.confirmed("req-1", at=NOW, within=timedelta(hours=1))
    assert await store.replace(found, before=lost)
    with pytest.raises(InvalidTransition):
        await store.accept(make_new(parent=resubmitting(lost.job_id)), CARD, limits=PLENTY, now=NOW, deadline=DEADLINE)
    assert (await store.usage(ADA, now=NOW)).today == 1


async def test_the_same_interaction_at_the_same_moment_is_one_job(store: SqlJobStore, other_store: SqlJobStore) -> None:
    """Twenty deliveries of one interaction to two processes at once make one job, which all of them get."""
    new = make_new()
    answers = await asyncio.gather(
        *(
            one.accept(replace(new, job_id=f"copy{n:06}"), CARD, limits=PLENTY, now=NOW, deadline=DEADLINE)
            for n, one in enumerate([store, other_store] * 10)
        ),
    )
    assert sum(answer.is_new for answer in answers) == 1
    assert len({answer.job.job_id for answer in answers}) == 1


async def test_the_same_interaction_under_two_owners_is_one_job(store: SqlJobStore, other_store: SqlJobStore) -> None:
    """Where no common row is locked, the unique constraint decides, and both calls get the job that won."""
    new = make_new()
    answers = await asyncio.gather(
        *(
            one.accept(
                replace(new, job_id=f"owner{n:05}", owner_id=n + 1),
                make_card(),
                limits=PLENTY,
                now=NOW,
                deadline=DEADLINE,
            )
            for n, one in enumerate([store, other_store] * 5)
        ),
    )
    assert sum(answer.is_new for answer in answers) == 1
    assert len({answer.job.job_id for answer in answers}) == 1


@pytest.mark.parametrize("limits", [THREE_A_DAY, THREE_AT_ONCE], ids=["per_day", "at_once"])
async def test_a_hundred_at_once_pass_a_quota_of_three_three_times(
    store: SqlJobStore, other_store: SqlJobStore, limits: QuotaLimits
) -> None:
    """One hundred simultaneous accepts by two processes against a quota of three accept exactly three."""
    answers = await asyncio.gather(
        *(one.accept(make_new(), CARD, limits=limits, now=NOW, deadline=DEADLINE) for one in [store, other_store] * 50),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, Accepted) for answer in answers) == 3
    assert sum(isinstance(answer, QuotaExceeded) for answer in answers) == 97
    assert (await store.usage(ADA, now=NOW)).today == 3


async def test_quotas_are_each_owners_own(store: SqlJobStore) -> None:
    """What one member has used takes nothing from another."""
    limits = QuotaLimits(per_day=1, running=1, waiting=0)
    await accept(store, ADA, limits=limits)
    await accept(store, BEN, limits=limits)
    with pytest.raises(QuotaExceeded) as refused:
        await accept(store, ADA, limits=limits)
    assert refused.value.kind is QuotaKind.PER_DAY
    assert refused.value.resets_at == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("way", "is_counted"),
    [
        ((), True),
        ((JobStatus.SUBMITTING,), True),
        ((JobStatus.SUBMITTING, JobStatus.QUEUED, JobStatus.SUCCEEDED), True),
        ((JobStatus.CANCELLED,), False),
        ((JobStatus.EXPIRED,), False),
        ((JobStatus.SUBMITTING, JobStatus.FAILED), False),
        ((JobStatus.SUBMITTING, JobStatus.UNCONFIRMED), False),
        ((JobStatus.SUBMITTING, JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.FAILED), False),
    ],
)
async def test_what_ends_without_a_result_is_given_back(
    store: SqlJobStore,
    way: tuple[JobStatus, ...],
    is_counted: bool,  # noqa: FBT001 - a parameter of the table above
) -> None:
    """Cancelled, failed, expired and unconfirmed jobs give their place of the day back; all others count."""
    await move(store, await accept(store), *way)
    usage = await store.usage(ADA, now=NOW)
    assert usage.today == is_counted
    assert usage.oldest_at == (NOW if is_counted else None)


async def test_usage_is_counted_by_state(store: SqlJobStore) -> None:
    """Waiting jobs and jobs in flight are counted apart."""
    await accept(store)
    for status in (JobStatus.SUBMITTING, JobStatus.QUEUED, JobStatus.RUNNING):
        way = [JobStatus.SUBMITTING, JobStatus.QUEUED, JobStatus.RUNNING]
        await move(store, await accept(store, now=at(1)), *way[: way.index(status) + 1])
    await accept(store, BEN)
    usage = await store.usage(ADA, now=at(2))
    assert (usage.today, usage.in_flight, usage.waiting, usage.oldest_at) == (4, 3, 1, NOW)


async def test_the_day_rolls(store: SqlJobStore) -> None:
    """A finished job leaves the day after exactly 24 hours; a live one goes on taking its place."""
    done = (JobStatus.SUBMITTING, JobStatus.QUEUED, JobStatus.SUCCEEDED)
    await move(store, await accept(store), *done)
    await move(store, await accept(store, now=at(60)), JobStatus.SUBMITTING)
    day = timedelta(days=1)
    assert (await store.usage(ADA, now=NOW + day - timedelta(microseconds=1))).today == 2
    usage = await store.usage(ADA, now=NOW + day)
    assert (usage.today, usage.oldest_at) == (1, at(60))
    usage = await store.usage(ADA, now=at(61) + day)
    assert (usage.today, usage.in_flight, usage.oldest_at) == (0, 1, None)


async def test_a_change_is_written_over_the_version_it_was_made_of(store: SqlJobStore) -> None:
    """Of two changes of the same version one is written; who loses is told, and nothing of it is stored."""
    job = await accept(store)
    submitting, cancelled = (
        job.transition(JobStatus.SUBMITTING, at=at(1)),
        job.transition(JobStatus.CANCELLED, at=at(1)),
    )
    assert await store.replace(submitting, before=job)
    assert not await store.replace(cancelled, before=job)
    assert await reload(store, job) == submitting


async def test_of_concurrent_changes_one_wins(store: SqlJobStore, other_store: SqlJobStore) -> None:
    """Twenty processes that change one version at once: exactly one does."""
    job = await accept(store)
    after = job.transition(JobStatus.CANCELLED, at=at(1))
    written = await asyncio.gather(
        *(one.replace(after, before=job) for one in [store, other_store] * 10),
    )
    assert written.count(True) == 1


async def test_a_version_must_rise(store: SqlJobStore) -> None:
    """A change that keeps its version is a mistake and is not written."""
    job = await accept(store)
    with pytest.raises(ValueError, match="does not follow"):
        await store.replace(job, before=job)


async def test_a_change_does_not_move_the_card(store: SqlJobStore, cards: SqlCardStore) -> None:
    """A change of a job leaves the card's address to who holds the card, who has one more change to show."""
    job = await accept(store)
    await move(store, job, JobStatus.CANCELLED)
    assert await reload_card(cards, job) == make_card(version=2)
    assert not await store.replace(job.transition(JobStatus.CANCELLED, at=NOW), before=job)
    assert await reload_card(cards, job) == make_card(version=2)


@pytest.mark.parametrize("status", [JobStatus.CANCELLED, JobStatus.WAITING])
async def test_an_end_frees_the_poll_lease(store: SqlJobStore, database: Database, status: JobStatus) -> None:
    """A job that has ended, or waits again, has nobody who asks about it."""
    await accept(store)
    [job] = await store.claim_waiting(LEASE, now=NOW, limit=1)
    if status is JobStatus.CANCELLED:
        job = await move(store, job, JobStatus.QUEUED)
    await move(store, job, status)
    assert await stored(database, job, "poll_worker") is None
    assert await stored(database, job, "poll_until") == 0


async def test_the_unknown_is_none(store: SqlJobStore) -> None:
    """A job id that does not exist gives None, whatever characters it is made of."""
    for job_id in ("nothing", "", "nul\0nul", "\ud800", "' OR 1=1 --"):
        assert await store.get(job_id) is None
