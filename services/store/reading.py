"""Reads jobs for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.jobs.model import CANCELLABLE, Job, JobStatus
from services.jobs.ports import JobPage
from services.jobs.quota import Usage
from services.store.column_types import storable
from services.store.quota_counting import count_usage
from services.store.store_part import StorePart
from services.store.tables import IS_RESUBMISSION, IS_WAITING, jobs, status_in
from services.store.transactions import reads

_GET = select(jobs).where(jobs.c.job_id == bindparam("wanted"))
_RESUBMISSION = select(jobs).where(IS_RESUBMISSION, jobs.c.parent_id == bindparam("wanted"))
_ACCEPTED = select(jobs.c.interaction_id).where(jobs.c.interaction_id.in_(bindparam("wanted", expanding=True)))
_OWNED = select(jobs).where(jobs.c.owner_id == bindparam("user_id"))
_NEWEST = (jobs.c.created_at.desc(), jobs.c.number.desc())
_COUNT = select(func.count()).select_from(jobs).where(jobs.c.owner_id == bindparam("user_id"))
_PAGE = _OWNED.order_by(*_NEWEST).limit(bindparam("limit")).offset(bindparam("skipped"))
# What is searched by suggestions: a person's newest jobs, for somebody types and waits.
_SEARCHED = 500
_RECENT = (
    select(jobs.c.number, jobs.c.search_text)
    .where(jobs.c.owner_id == bindparam("user_id"))
    .order_by(*_NEWEST)
    .limit(_SEARCHED)
)
_CHOSEN = select(jobs).where(jobs.c.number.in_(bindparam("numbers", expanding=True))).order_by(*_NEWEST)
# As `Job.is_cancellable` has it: what is late counts as queued until it was seen running.
_IS_CANCELLABLE = status_in(CANCELLABLE) | (status_in({JobStatus.LATE}) & jobs.c.started_at.is_(None))
_RECENT_CANCELLABLE = _RECENT.where(_IS_CANCELLABLE)
_OVERDUE_WAITING = (
    select(jobs)
    .where(IS_WAITING, jobs.c.deadline <= bindparam("now"))
    .order_by(jobs.c.created_at, jobs.c.number)
    .limit(bindparam("limit"))
)


class Reading(StorePart):
    """Jobs as they are, without taking anything."""

    @reads
    async def get(self, connection: AsyncConnection, job_id: str) -> Job | None:
        """Return the job. Raises: StoreUnavailable."""
        row = (await connection.execute(_GET, {"wanted": storable(job_id)})).one_or_none()
        return None if row is None else self._rows.job(row)

    async def get_resubmission(self, job_id: str) -> Job | None:
        """Return the job that was submitted in place of this one. Raises: StoreUnavailable."""
        found = await self._read_jobs(_RESUBMISSION, {"wanted": storable(job_id)})
        return found[0] if found else None

    @reads
    async def accepted_interactions(
        self, connection: AsyncConnection, interaction_ids: Sequence[int]
    ) -> frozenset[int]:
        """Return those of the interactions that have become jobs. Raises: StoreUnavailable."""
        return frozenset((await connection.execute(_ACCEPTED, {"wanted": list(interaction_ids)})).scalars())

    @reads
    async def usage(self, connection: AsyncConnection, owner_id: int, *, now: datetime) -> Usage:
        """Count what the user has used. Raises: StoreUnavailable."""
        return await count_usage(connection, owner_id, now=now)

    @reads
    async def history(self, connection: AsyncConnection, owner_id: int, *, page: int, per_page: int) -> JobPage:
        """Return one page of the user's jobs; who has none has one page, an empty one. Raises: StoreUnavailable."""
        total = (await connection.execute(_COUNT, {"user_id": owner_id})).scalar_one()
        pages = max(1, -(-total // per_page))
        shown = max(0, min(page, pages - 1))
        parameters = {"user_id": owner_id, "limit": per_page, "skipped": shown * per_page}
        found = self._rows.jobs(await connection.execute(_PAGE, parameters))
        return JobPage(jobs=found, page=shown, pages=pages, total=total)

    @reads
    async def suggest(
        self, connection: AsyncConnection, owner_id: int, *, text: str, only_cancellable: bool, limit: int
    ) -> Sequence[Job]:
        """Return the user's newest jobs whose id or prompt contains the text. Raises: StoreUnavailable."""
        # Compared here: the databases' own LIKE takes the product of both lengths, and holds a connection for it.
        statement, wanted = _RECENT_CANCELLABLE if only_cancellable else _RECENT, text.casefold()
        recent = await connection.execute(statement, {"user_id": owner_id})
        fitting = (row.number for row in recent if isinstance(row.search_text, str) and wanted in row.search_text)
        numbers = list(islice(fitting, limit))
        return self._rows.jobs(await connection.execute(_CHOSEN, {"numbers": numbers})) if numbers else []

    async def list_overdue_waiting(self, *, now: datetime, limit: int) -> Sequence[Job]:
        """Return waiting jobs whose deadline has passed, oldest first. Raises: StoreUnavailable."""
        return await self._read_jobs(_OVERDUE_WAITING, {"now": now, "limit": limit})
