"""A request of the API belongs to one job: decided in the database, whoever asks."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from services.errors import RequestTaken
from services.jobs.model import Job, JobStatus
from services.store.jobs import SqlJobStore
from tests.contract.store.making import ADA, BEN, NOW, accept, move, reload

HOUR = timedelta(hours=1)


def _queued(job: Job, request_id: str) -> Job:
    return job.confirmed(request_id, at=NOW, within=HOUR)


async def _submitting(store: SqlJobStore, owner_id: int = ADA) -> Job:
    return await move(store, await accept(store, owner_id), JobStatus.SUBMITTING)


async def test_a_request_id_is_taken_once(store: SqlJobStore) -> None:
    """The second job that wants a request is refused, told whose it is, and stays as it was; an end keeps the id."""
    first, second = await _submitting(store), await _submitting(store, BEN)
    assert await store.replace(_queued(first, "req"), before=first)
    await move(store, await reload(store, first), JobStatus.FAILED)
    with pytest.raises(RequestTaken, match=f"the request id req already belongs to job {first.job_id}") as caught:
        await store.replace(_queued(second, "req"), before=second)
    assert (caught.value.request_id, caught.value.holder) == ("req", first.job_id)
    assert await reload(store, second) == second
    assert await store.replace(_queued(second, "another"), before=second)


async def test_a_job_keeps_its_own_request(store: SqlJobStore) -> None:
    """Every later change of a job writes its request id again; many jobs have none."""
    job = await _submitting(store)
    await _submitting(store)
    queued = _queued(job, "req")
    assert await store.replace(queued, before=job)
    assert await store.replace(queued.bump_version(at=NOW), before=queued)


async def test_an_older_version_is_no_quarrel_about_a_request(store: SqlJobStore) -> None:
    """Who lost the race for the row is told that, and reloads; the request id does not matter then."""
    first, second = await _submitting(store), await _submitting(store)
    assert await store.replace(_queued(first, "req"), before=first)
    late = replace(_queued(second, "req"), version=9)
    assert not await store.replace(late, before=replace(second, version=second.version + 1))


async def test_of_two_at_once_one_gets_the_request(store: SqlJobStore, other_store: SqlJobStore) -> None:
    """Two processes that write one request id at the same moment: one of them is refused."""
    for number in range(10):
        jobs = [await _submitting(store), await _submitting(store)]
        answers = await asyncio.gather(
            *(
                each.replace(_queued(job, f"req-{number}"), before=job)
                for each, job in zip((store, other_store), jobs, strict=True)
            ),
            return_exceptions=True,
        )
        assert sorted(type(answer).__name__ for answer in answers) == ["RequestTaken", "bool"]
        statuses = sorted([(await reload(store, job)).status for job in jobs])
        assert statuses == [JobStatus.QUEUED, JobStatus.SUBMITTING]
