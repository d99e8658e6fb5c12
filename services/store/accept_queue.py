"""Accepts the jobs that come in during one transaction together in the next: a burst of commands is a few commits.

An acknowledged command is lost with its process until its job is committed, so nothing is waited for on the way.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import cast

from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.errors import QuotaExceeded, StoreUnavailable
from services.jobs.card import Card, card_change
from services.jobs.model import Job, NewJob
from services.jobs.ports import Accepted
from services.jobs.quota import QuotaLimits, Usage, require_room
from services.jobs.shielding import run_to_end
from services.store.database import GRACE_SECONDS, Database
from services.store.mapping import accepted_job, new_card_row, new_row
from services.store.quota_counting import count_usages
from services.store.reading_rows import Rows
from services.store.tables import cards, jobs, users

# In one transaction: nobody waits for the commit of more.
MOST = 100

# The rows to be locked must exist: on PostgreSQL there is nothing to lock otherwise.
_ENSURE_USERS = text("INSERT INTO users (user_id) VALUES (:user_id) ON CONFLICT DO NOTHING")
# In a fixed order, so that two processes never wait for each other.
_LOCK_USERS = (
    select(users.c.user_id)
    .where(users.c.user_id.in_(bindparam("owners", expanding=True)))
    .order_by(users.c.user_id)
    .with_for_update()
)
_ACCEPTED = select(jobs).where(jobs.c.interaction_id.in_(bindparam("interactions", expanding=True)))
_INSERT = insert(jobs)
_INSERT_CARD = insert(cards)

Answer = Accepted | QuotaExceeded


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A job that is to be accepted, and what that is decided by."""

    new: NewJob
    card: Card
    limits: QuotaLimits
    now: datetime
    deadline: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class _Waiting:
    asked: Asked
    answer: asyncio.Future[Answer]

    def give(self, answer: Answer) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)

    def refuse(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class AcceptQueue:
    """Jobs that wait for the next transaction. Each is decided by itself, in the order of its coming.

    One owner's jobs are in one transaction at a time, so that a lock on that owner's row holds up nobody else's.
    """

    def __init__(self, database: Database, rows: Rows) -> None:
        self._database = database
        self._rows = rows
        self._waiting: list[_Waiting] = []
        self._workers: set[asyncio.Task[None]] = set()
        self._batches = 0
        self._busy_owners: set[int] = set()
        self._has_rivals = database.writes_at_once > 1

    async def accept(self, asked: Asked) -> Accepted:
        """Return once the job is committed.

        Raises: QuotaExceeded, StoreUnavailable.
        """
        one = _Waiting(asked=asked, answer=asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        if len(self._workers) < self._database.writes_at_once:
            worker = asyncio.create_task(self._work_off(), name="accept jobs")
            self._workers.add(worker)
        answer = await run_to_end(one.answer, grace_seconds=GRACE_SECONDS)
        if isinstance(answer, QuotaExceeded):
            raise answer
        return answer

    async def _work_off(self) -> None:
        try:
            await self._decide_all()
        finally:
            # Here and not once the task is done: who came in between would find a worker that takes nothing any more.
            self._workers.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _decide_all(self) -> None:
        while batch := self._take():
            owners = {one.asked.new.owner_id for one in batch}
            self._busy_owners |= owners
            self._batches += 1
            try:
                await self._decide(batch)
            finally:
                self._batches -= 1
                self._busy_owners -= owners
                for one in batch:
                    one.answer.cancel()  # where it has none: this task was cancelled

    def _take(self) -> Sequence[_Waiting]:
        """Take an idle worker's share of what waits, but nothing of an owner who is in a transaction."""
        idle = max(1, self._database.writes_at_once - self._batches)
        most = min(MOST, math.ceil(len(self._waiting) / idle))
        free = [one for one in self._waiting if one.asked.new.owner_id not in self._busy_owners]
        batch = free[:most]
        taken = {id(one) for one in batch}
        self._waiting = [one for one in self._waiting if id(one) not in taken]
        return batch

    async def _decide(self, batch: Sequence[_Waiting]) -> None:
        """Accept a batch in one transaction, or one by one where one of it breaks that of all."""
        asked = [one.asked for one in batch]
        try:
            answers = await self._database.write(
                partial(_accept_all, batch=asked, rows=self._rows, locks=self._has_rivals)
            )
        except StoreUnavailable as error:
            for one in batch:
                one.refuse(StoreUnavailable(str(error)))
        except Exception as error:  # noqa: BLE001 - it goes to whoever asked
            if len(batch) == 1:
                batch[0].refuse(error)
                return
            for one in batch:
                await self._decide([one])
        else:
            for one, answer in zip(batch, answers, strict=True):
                one.give(answer)


async def _accept_all(
    connection: AsyncConnection, *, batch: Sequence[Asked], rows: Rows, locks: bool
) -> Sequence[Answer]:
    """Decide each in its turn, at one moment for all, and insert what is accepted.

    `locks`: others may write at the same time, and are to wait for these owners.
    """
    owners = sorted({asked.new.owner_id for asked in batch})
    await connection.execute(_ENSURE_USERS, [{"user_id": owner_id} for owner_id in owners])
    if locks:
        await connection.execute(_LOCK_USERS, {"owners": owners})
    interactions = [asked.new.interaction_id for asked in batch]
    found = rows.jobs(await connection.execute(_ACCEPTED, {"interactions": interactions}))
    known = {job.interaction_id: job for job in found}
    usages = await count_usages(connection, owners, now=max(asked.now for asked in batch))
    answers = _decided(batch, known, dict(usages))
    new = [
        (answer.job, asked.card)
        for asked, answer in zip(batch, answers, strict=True)
        if isinstance(answer, Accepted) and answer.is_new
    ]
    if new:
        await connection.execute(_INSERT, [new_row(job) for job, _ in new])
        await connection.execute(_INSERT_CARD, [new_card_row(job.job_id, card, card_change(job)) for job, card in new])
    return answers


def _decided(batch: Sequence[Asked], known: Mapping[int, Job], usages: dict[int, Usage]) -> Sequence[Answer]:
    answers: list[Answer] = []
    known = dict(known)
    for asked in batch:
        new = asked.new
        if (there := known.get(new.interaction_id)) is not None:
            answers.append(Accepted(job=there, is_new=False))
            continue
        usage = usages[new.owner_id]
        try:
            require_room(usage, asked.limits)
        except QuotaExceeded as refusal:
            answers.append(refusal)
            continue
        job = accepted_job(new, asked.limits, at=asked.now, deadline=asked.deadline)
        known[new.interaction_id] = job
        usages[new.owner_id] = replace(
            usage, today=usage.today + 1, waiting=usage.waiting + 1, oldest_at=usage.oldest_at or asked.now
        )
        answers.append(Accepted(job=job, is_new=True))
    return answers
