"""A burst of commands is accepted in few transactions, and each command is decided by itself all the same."""

from __future__ import annotations

import asyncio
from typing import TypeVar, cast

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from services.errors import QuotaExceeded, StoreUnavailable
from services.jobs.ports import Accepted
from services.jobs.quota import QuotaLimits
from services.store.accept_queue import AcceptQueue, Asked
from services.store.database import Database, Work
from services.store.jobs import SqlJobStore
from services.store.mapping import accepted_job
from services.store.reading_rows import Rows
from tests.contract.store.making import BEN, CARD, DEADLINE, NOW, PLENTY, accept, make_new

T = TypeVar("T")
ONE_A_DAY = QuotaLimits(per_day=1, running=10, waiting=10)


async def test_a_burst_is_a_few_commits(store: SqlJobStore, database: Database) -> None:
    """The jobs of two hundred people at once take a handful of transactions, not one each."""
    await accept(store)
    commits = 0

    def count(_: object) -> None:
        nonlocal commits
        commits += 1

    event.listen(Engine, "commit", count)
    try:
        answers = await asyncio.gather(
            *(store.accept(make_new(owner), CARD, limits=PLENTY, now=NOW, deadline=DEADLINE) for owner in range(1, 201))
        )
    finally:
        event.remove(Engine, "commit", count)
    assert all(answer.is_new for answer in answers)
    assert await store.accepted_interactions([answer.job.interaction_id for answer in answers]) == {
        answer.job.interaction_id for answer in answers
    }
    assert 1 <= commits <= 3 * database.writes_at_once


async def test_one_that_breaks_takes_no_other_with_it(store: SqlJobStore) -> None:
    """What the database refuses of one job is that one's error; the others of its transaction are accepted."""
    there = await accept(store)
    news = [make_new(owner) for owner in range(1, 11)]
    news.insert(5, make_new(BEN, job_id=there.job_id))
    answers = await asyncio.gather(
        *(store.accept(new, CARD, limits=PLENTY, now=NOW, deadline=DEADLINE) for new in news),
        return_exceptions=True,
    )
    assert isinstance(answers.pop(5), IntegrityError)
    assert all(isinstance(answer, Accepted) and answer.is_new for answer in answers)


async def test_each_owner_s_limit_is_their_own_in_one_transaction(store: SqlJobStore) -> None:
    """Of three commands each of ten people with one job a day, ten are accepted: each person's first."""
    news = [make_new(owner) for _ in range(3) for owner in range(1, 11)]
    answers = await asyncio.gather(
        *(store.accept(new, CARD, limits=ONE_A_DAY, now=NOW, deadline=DEADLINE) for new in news),
        return_exceptions=True,
    )
    assert all(isinstance(answer, Accepted) for answer in answers[:10])
    assert all(isinstance(answer, QuotaExceeded) and answer.used == 1 for answer in answers[10:])


async def test_who_gives_up_stops_nobody(store: SqlJobStore) -> None:
    """A command that is cancelled while it is accepted leaves the others of its transaction as they are."""
    tasks = [
        asyncio.create_task(store.accept(make_new(owner), CARD, limits=PLENTY, now=NOW, deadline=DEADLINE))
        for owner in range(1, 6)
    ]
    await asyncio.sleep(0)
    tasks[2].cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(answers.pop(2), asyncio.CancelledError)
    assert all(isinstance(answer, Accepted) for answer in answers)


class OneAnswer:
    """A database whose transaction ends when the test says so."""

    writes_at_once = 1

    def __init__(self) -> None:
        self.ends: list[asyncio.Future[list[Accepted]]] = []

    async def write(self, _: object) -> list[Accepted]:
        """Do nothing until told what came of it."""
        self.ends.append(asyncio.get_running_loop().create_future())
        return await self.ends[-1]


async def test_who_comes_as_the_last_transaction_ends_is_accepted() -> None:
    """A command that comes in at the very moment in which nobody else waits any more does not wait for the next one."""
    database = OneAnswer()
    queue = AcceptQueue(cast("Database", database), cast("Rows", None))
    first, second = (
        Asked(new=make_new(owner), card=CARD, limits=PLENTY, now=NOW, deadline=DEADLINE) for owner in (1, 2)
    )
    accepting = asyncio.create_task(queue.accept(first))
    while not database.ends:  # noqa: ASYNC110 - nobody can set an event
        await asyncio.sleep(0)
    database.ends[0].set_result([Accepted(job=accepted_job(first.new, PLENTY, at=NOW, deadline=DEADLINE), is_new=True)])
    coming = asyncio.create_task(queue.accept(second))  # its turn is right after that of who works the queue off
    await accepting
    await asyncio.sleep(0)
    assert len(database.ends) == 2
    coming.cancel()


async def test_a_burst_whose_commit_is_not_answered_is_accepted_once(
    store: SqlJobStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks again with the same interactions gets the jobs that were stored, and no second ones."""
    write, lost = database.write, 1

    async def write_unanswered(work: Work[T]) -> T:
        nonlocal lost
        result = await write(work)
        if lost:
            lost -= 1
            raise StoreUnavailable("the answer is gone")
        return result

    monkeypatch.setattr(database, "write", write_unanswered)
    news = [make_new(owner) for owner in (1, 2, 2, 3)]

    async def ask() -> list[Accepted | BaseException]:
        return await asyncio.gather(
            *(store.accept(new, CARD, limits=PLENTY, now=NOW, deadline=DEADLINE) for new in news),
            return_exceptions=True,
        )

    first = await ask()
    assert any(isinstance(answer, StoreUnavailable) for answer in first)
    again = await ask()
    assert [isinstance(answer, Accepted) and answer.is_new for answer in again] == [False] * 4
    assert [answer.job.job_id for answer in again if isinstance(answer, Accepted)] == [new.job_id for new in news]
