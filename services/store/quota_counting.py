"""Counts what a user has used, from the jobs themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.jobs.quota import WINDOW, Usage
from services.store.tables import IS_COUNTED, IS_IN_FLIGHT, IS_LIVE, IS_WAITING, jobs, users

# Grouped by owner: a burst's owners are counted at once.
_OWNERS = jobs.c.owner_id.in_(bindparam("owners", expanding=True))
_DAY = (
    select(jobs.c.owner_id, func.count().label("today"), func.min(jobs.c.created_at).label("oldest_at"))
    .where(_OWNERS, IS_COUNTED, jobs.c.created_at > bindparam("since"))
    .group_by(jobs.c.owner_id)
    .subquery("day")
)
# Two conditions of live jobs in one pass; a job that has been live for more than a day counts here all the same.
_NOW = (
    select(
        jobs.c.owner_id,
        func.sum(case((IS_IN_FLIGHT, 1), else_=0)).label("in_flight"),
        func.sum(case((IS_WAITING, 1), else_=0)).label("waiting"),
    )
    .where(_OWNERS, IS_LIVE)
    .group_by(jobs.c.owner_id)
    .subquery("now")
)
_USAGES = (
    select(users.c.user_id, _DAY.c.today, _DAY.c.oldest_at, _NOW.c.in_flight, _NOW.c.waiting)
    .outerjoin(_DAY, _DAY.c.owner_id == users.c.user_id)
    .outerjoin(_NOW, _NOW.c.owner_id == users.c.user_id)
    .where(users.c.user_id.in_(bindparam("owners", expanding=True)))
)


async def count_usages(connection: AsyncConnection, owner_ids: Sequence[int], *, now: datetime) -> Mapping[int, Usage]:
    """Return what each of the users has used in the 24 hours before `now`; who never had a job is not among them."""
    rows = await connection.execute(_USAGES, {"owners": list(owner_ids), "since": now - WINDOW})
    return {
        row.user_id: Usage(
            today=row.today or 0, in_flight=row.in_flight or 0, waiting=row.waiting or 0, oldest_at=row.oldest_at
        )
        for row in rows
    }


async def count_usage(connection: AsyncConnection, owner_id: int, *, now: datetime) -> Usage:
    """Return what the user has used in the 24 hours before `now`."""
    nothing = Usage(today=0, in_flight=0, waiting=0, oldest_at=None)
    return (await count_usages(connection, [owner_id], now=now)).get(owner_id, nothing)
