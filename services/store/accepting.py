"""Accepts jobs and writes their changes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, bindparam, insert, or_, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.errors import InvalidTransition, RequestTaken
from services.jobs.card import Card, CardChange, card_change
from services.jobs.model import Job, JobStatus, NewJob
from services.jobs.ports import Accepted
from services.jobs.quota import QuotaLimits, require_room
from services.store.accept_queue import AcceptQueue, Asked
from services.store.database import Database
from services.store.mapping import (
    CHANGE_CARD,
    FREE_POLL,
    accepted_job,
    card_change_parameters,
    change_parameters,
    change_statement,
    new_card_row,
    new_row,
)
from services.store.quota_counting import count_usage
from services.store.store_part import StorePart
from services.store.tables import IS_RESUBMISSION, cards, jobs, users
from services.store.transactions import reads

# The row to be locked must exist: on PostgreSQL there is nothing to lock otherwise. (SQLite's writers come one by one.)
_ENSURE_USER = text("INSERT INTO users (user_id) VALUES (:user_id) ON CONFLICT DO NOTHING")
_LOCK_USER = select(users.c.user_id).where(users.c.user_id == bindparam("user_id")).with_for_update()
_OF_INTERACTION = jobs.c.interaction_id == bindparam("interaction")
_ALREADY_THERE = select(jobs).where(
    or_(_OF_INTERACTION, and_(IS_RESUBMISSION, jobs.c.parent_id == bindparam("unconfirmed")))
)
# Locked, so that a request id that turns up now waits for the decision.
_STATUS = select(jobs.c.status).where(jobs.c.job_id == bindparam("wanted")).with_for_update()
_HOLDER = select(jobs.c.job_id).where(
    jobs.c.request_id == bindparam("request", type_=jobs.c.request_id.type), jobs.c.job_id != bindparam("asking")
)
_INSERT = insert(jobs)
_INSERT_CARD = insert(cards)
_CHANGE = change_statement()
_CHANGE_AND_FREE = change_statement(**FREE_POLL)


class Accepting(StorePart):
    """The ways in which a job comes into the store and changes there."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._queue = AcceptQueue(database, self._rows)

    async def accept(
        self, new: NewJob, card: Card, *, limits: QuotaLimits, now: datetime, deadline: datetime
    ) -> Accepted:
        """Insert the job and its card if its owner has room, in one transaction that a burst shares.

        The owner's row is locked meanwhile.
        Raises: QuotaExceeded, InvalidTransition, StoreUnavailable.
        """
        if new.resubmits is None:
            asked = Asked(new=new, card=card, limits=limits, now=now, deadline=deadline)
            try:
                return await self._queue.accept(asked)
            except IntegrityError:
                # Its interaction came in under another owner's lock at the same moment: now it can be seen.
                return await self._queue.accept(asked)
        return await self._accept_resubmission(new, card, limits=limits, now=now, deadline=deadline)

    async def _accept_resubmission(
        self, new: NewJob, card: Card, *, limits: QuotaLimits, now: datetime, deadline: datetime
    ) -> Accepted:
        """Accept a job in place of an unconfirmed one, whose row is locked too."""

        async def work(connection: AsyncConnection) -> Accepted:
            await connection.execute(_ENSURE_USER, {"user_id": new.owner_id})
            await connection.execute(_LOCK_USER, {"user_id": new.owner_id})
            if (there := await self._find_accepted(connection, new)) is not None:
                return Accepted(job=there, is_new=False)
            await _require_unconfirmed(connection, new.resubmits)
            require_room(await count_usage(connection, new.owner_id, now=now), limits)
            job = accepted_job(new, limits, at=now, deadline=deadline)
            await connection.execute(_INSERT, new_row(job))
            await connection.execute(_INSERT_CARD, new_card_row(job.job_id, card, card_change(job)))
            if new.resubmits is not None:
                shown_now = CardChange(due_at=now, is_entered=True)
                await connection.execute(CHANGE_CARD, card_change_parameters(new.resubmits, shown_now))
            return Accepted(job=job, is_new=True)

        try:
            return await self._database.write(work)
        except IntegrityError:
            # Another press came in at the same moment: now it can be seen.
            return await self._database.write(work)

    async def _find_accepted(self, connection: AsyncConnection, new: NewJob) -> Job | None:
        wanted = {"interaction": new.interaction_id, "unconfirmed": new.resubmits}
        found = self._rows.jobs(await connection.execute(_ALREADY_THERE, wanted))
        return next((job for job in found if job.interaction_id == new.interaction_id), found[0] if found else None)

    async def replace(self, job: Job, *, before: Job) -> bool:
        """Write the job's changed facts over `before` if that is still what is stored, and make its card due.

        A job that has ended or waits again is nobody's to ask about: its poll lease is freed.
        Raises: RequestTaken, StoreUnavailable; ValueError where the new version is not higher.
        """
        if job.version <= before.version:
            msg = f"{job.job_id}: version {job.version} does not follow {before.version}"
            raise ValueError(msg)
        frees = job.status.is_terminal or job.status is JobStatus.WAITING
        statement = _CHANGE_AND_FREE if frees else _CHANGE
        change = card_change(job, before=before)

        async def work(connection: AsyncConnection) -> bool:
            result = await connection.execute(statement, change_parameters(job, expected_version=before.version))
            if result.rowcount != 1:
                return False
            await connection.execute(CHANGE_CARD, card_change_parameters(job.job_id, change))
            return True

        try:
            return await self._database.write(work)
        except IntegrityError as error:
            if job.request_id is None or (holder := await self._holder_of(job.request_id, job.job_id)) is None:
                raise
            raise RequestTaken(job.request_id, holder=holder) from error

    @reads
    async def _holder_of(self, connection: AsyncConnection, request_id: str, job_id: str) -> str | None:
        """Return the other job that has the request."""
        return (await connection.execute(_HOLDER, {"request": request_id, "asking": job_id})).scalar_one_or_none()


async def _require_unconfirmed(connection: AsyncConnection, job_id: str | None) -> None:
    """Refuse to submit anew what was reopened while its owner read the warning: both would run, and be paid for."""
    if job_id is None:
        return
    status = (await connection.execute(_STATUS, {"wanted": job_id})).scalar_one_or_none()
    if status is not None and status is not JobStatus.UNCONFIRMED:
        raise InvalidTransition(f"{job_id} is {status} again")
