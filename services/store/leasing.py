"""Who submits and who polls: claims and leases, so that several processes never work on one job at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, Update, bindparam, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.jobs.card import CardChange, card_change
from services.jobs.model import FOLLOWED, Job, JobStatus
from services.jobs.ports import Lease
from services.store.engine import db_now
from services.store.mapping import CHANGE_CARD, FREE_POLL, card_change_parameters, change_parameters, change_statement
from services.store.store_part import StorePart
from services.store.tables import IS_IN_FLIGHT, IS_LEASED, IS_LIVE, IS_WAITING, jobs, status_in, users
from services.store.transactions import writes

_MICROSECONDS = 1_000_000
_OLDEST = (jobs.c.created_at, jobs.c.number)
_IS_FREE = jobs.c.poll_until <= db_now()
_LEASE_END: ColumnElement[int] = db_now() + bindparam("ttl")


def lease_parameters(lease: Lease) -> dict[str, object]:
    """Return the parameters `taker` and `ttl` of a statement that takes leases."""
    return {"taker": lease.worker_id, "ttl": round(lease.ttl_seconds * _MICROSECONDS)}


def _candidates(*owners: ColumnElement[bool]) -> Select[tuple[str, int]]:
    """Return the waiting jobs that may start, by whose turn it is.

    A job's place is how many of its owner's jobs would be in flight with it: the first ones of everybody come before
    anybody's second, and none whose place is beyond its own limit comes at all.
    """
    in_flight = (
        select(jobs.c.owner_id, func.count().label("jobs"))
        .where(IS_LIVE, IS_IN_FLIGHT, *owners)
        .group_by(jobs.c.owner_id)
        .subquery("in_flight")
    )
    turn = func.row_number().over(partition_by=jobs.c.owner_id, order_by=_OLDEST)
    waiting = (
        select(
            jobs.c.job_id,
            jobs.c.owner_id,
            jobs.c.created_at,
            jobs.c.number,
            jobs.c.running_limit,
            (turn + func.coalesce(in_flight.c.jobs, 0)).label("place"),
        )
        .outerjoin(in_flight, in_flight.c.owner_id == jobs.c.owner_id)
        .where(
            IS_WAITING,
            jobs.c.running_limit > 0,
            jobs.c.deadline > bindparam("expired_by"),
            jobs.c.model_id.not_in(bindparam("held_back", expanding=True)),
            *owners,
        )
        .subquery("waiting")
    )
    return (
        select(waiting.c.job_id, waiting.c.owner_id)
        .where(waiting.c.place <= waiting.c.running_limit)
        .order_by(waiting.c.place, waiting.c.created_at, waiting.c.number)
        .limit(bindparam("limit"))
    )


_CANDIDATES = _candidates()
_CANDIDATES_OF = _candidates(jobs.c.owner_id.in_(bindparam("owners", expanding=True)))
# In a fixed order, so that two processes never wait for each other.
_LOCK_USERS = (
    select(users.c.user_id)
    .where(users.c.user_id.in_(bindparam("owners", expanding=True)))
    .order_by(users.c.user_id)
    .with_for_update()
)
_LOCK_WAITING = (
    select(jobs)
    .where(jobs.c.job_id.in_(bindparam("wanted", expanding=True)), IS_WAITING)
    .order_by(*_OLDEST)
    .with_for_update(skip_locked=True)
)
_CLAIM = change_statement(poll_worker=bindparam("taker"), poll_until=_LEASE_END)

_GIVE_UP = (
    update(jobs)
    .where(jobs.c.job_id.in_(bindparam("lost", expanding=True)), IS_WAITING)
    .values(
        status=JobStatus.FAILED,
        version=jobs.c.version + 1,
        finished_at=bindparam("now", type_=jobs.c.finished_at.type),
    )
)


def _take(*where: ColumnElement[bool]) -> Update:
    """Return the statement that takes the poll lease of the oldest such jobs that nobody holds."""
    picked = (
        select(jobs.c.job_id)
        .where(*where, _IS_FREE)
        .order_by(*_OLDEST)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    return (
        update(jobs)
        .where(jobs.c.job_id.in_(select(picked.c.job_id)))
        .values(poll_worker=bindparam("taker"), poll_until=_LEASE_END)
        .returning(*jobs.c)
    )


_IS_AT_THE_API = status_in(FOLLOWED)
_TAKE_UP = _take(IS_LEASED, _IS_AT_THE_API)
_TAKE_ORPHANS = _take(IS_LEASED, status_in({JobStatus.SUBMITTING}))
_RENEW = (
    update(jobs)
    .where(jobs.c.poll_worker == bindparam("taker"), _IS_AT_THE_API)
    .values(poll_until=case((jobs.c.poll_until > _LEASE_END, jobs.c.poll_until), else_=_LEASE_END))
    .returning(jobs.c.job_id, jobs.c.version)
)
_RELEASE_POLLS = update(jobs).where(jobs.c.poll_worker == bindparam("taker")).values(FREE_POLL)
_FORGET_POLLS = update(jobs).where(jobs.c.poll_worker.is_not(None)).values(FREE_POLL)


class Leasing(StorePart):
    """Claims of waiting jobs, and the poll leases of those in flight."""

    @writes
    async def claim_waiting(
        self,
        connection: AsyncConnection,
        lease: Lease,
        *,
        now: datetime,
        limit: int,
        expired_by: datetime | None = None,
        held_back: Collection[str] = (),
    ) -> Sequence[Job]:
        """Claim waiting jobs into SUBMITTING, in fairness among their owners. Raises: StoreUnavailable."""
        asked = {"expired_by": expired_by or now, "limit": limit, "held_back": sorted(held_back)}
        owners = {row.owner_id for row in await connection.execute(_CANDIDATES, asked)}
        if not owners:
            return ()
        await connection.execute(_LOCK_USERS, {"owners": sorted(owners)})
        # Counted again, now that none of these owners' numbers can rise.
        chosen = await connection.execute(_CANDIDATES_OF, {**asked, "owners": sorted(owners)})
        wanted = [row.job_id for row in chosen]
        if not wanted:
            return ()
        rows = (await connection.execute(_LOCK_WAITING, {"wanted": wanted})).all()
        found = self._rows.jobs(rows)
        # What is never to start must not keep the place of what can.
        if lost := sorted({row.job_id for row in rows} - {job.job_id for job in found}):
            await connection.execute(_GIVE_UP, {"lost": lost, "now": now})
            shown_now = CardChange(due_at=now, is_entered=True)
            await connection.execute(CHANGE_CARD, [card_change_parameters(job_id, shown_now) for job_id in lost])
        claimed = [job.transition(JobStatus.SUBMITTING, at=now) for job in found]
        if claimed:
            await connection.execute(
                _CLAIM,
                [
                    {**change_parameters(after, expected_version=before.version), **lease_parameters(lease)}
                    for before, after in zip(found, claimed, strict=True)
                ],
            )
            await connection.execute(
                CHANGE_CARD,
                [
                    card_change_parameters(after.job_id, card_change(after, before=before))
                    for before, after in zip(found, claimed, strict=True)
                ],
            )
        return claimed

    async def claim_followed(self, lease: Lease, *, limit: int) -> Sequence[Job]:
        """Take the poll lease of jobs at the API that nobody holds. Raises: StoreUnavailable."""
        return await self._claim_jobs(_TAKE_UP, {**lease_parameters(lease), "limit": limit})

    async def claim_orphaned_submits(self, lease: Lease, *, limit: int) -> Sequence[Job]:
        """Take submitting jobs whose lease ran out. Raises: StoreUnavailable."""
        return await self._claim_jobs(_TAKE_ORPHANS, {**lease_parameters(lease), "limit": limit})

    @writes
    async def renew(self, connection: AsyncConnection, lease: Lease) -> Mapping[str, int]:
        """Extend every poll lease of this owner on jobs at the API. Raises: StoreUnavailable."""
        return {row.job_id: row.version for row in await connection.execute(_RENEW, lease_parameters(lease))}

    @writes
    async def release(self, connection: AsyncConnection, worker_id: str) -> None:
        """Give back every poll lease of this worker. Raises: StoreUnavailable."""
        await connection.execute(_RELEASE_POLLS, {"taker": worker_id})

    @writes
    async def forget_leases(self, connection: AsyncConnection) -> None:
        """Void all poll leases of all workers. Raises: StoreUnavailable."""
        await connection.execute(_FORGET_POLLS)
