"""Counts what a user has used, from the jobs themselves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, case, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from services.jobs.quota import WINDOW, Usage
from services.store.tables import IS_COUNTED, IS_IN_FLIGHT, IS_LIVE, IS_WAITING, jobs

_OWNER = jobs.c.owner_id == bindparam("user_id")
_DAY = (
    select(func.count().label("today"), func.min(jobs.c.created_at).label("oldest_at"))
    .where(_OWNER, IS_COUNTED, jobs.c.created_at > bindparam("since"))
    .subquery("day")
)
# Two conditions of live jobs in one pass; a job that has been live for more than a day counts here all the same.
_NOW = (
    select(
        func.coalesce(func.sum(case((IS_IN_FLIGHT, 1), else_=0)), 0).label("in_flight"),
        func.coalesce(func.sum(case((IS_WAITING, 1), else_=0)), 0).label("waiting"),
    )
    .where(_OWNER, IS_LIVE)
    .subquery("now")
)
_USAGE = select(_DAY.c.today, _DAY.c.oldest_at, _NOW.c.in_flight, _NOW.c.waiting).join_from(_DAY, _NOW, true())


async def count_usage(connection: AsyncConnection, owner_id: int, *, now: datetime) -> Usage:
    """Return what the user has used in the 24 hours before `now`."""
    row = (await connection.execute(_USAGE, {"user_id": owner_id, "since": now - WINDOW})).one()
    return Usage(today=row.today, in_flight=row.in_flight, waiting=row.waiting, oldest_at=row.oldest_at)
