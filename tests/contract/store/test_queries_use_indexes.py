from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial

from sqlalchemy import event, insert, text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.jobs.card import card_change
from services.jobs.model import Job, JobStatus
from services.jobs.ports import Lease
from services.store.cards import SqlCardStore
from services.store.database import Database
from services.store.jobs import SqlJobStore
from services.store.mapping import accepted_job, new_card_row, new_row
from services.store.tables import cards, jobs, users
from tests.contract.store.making import CARD, LEASE, NOW, PLENTY, at, make_card, make_new
from tests.unit.jobs.factories import resubmitting

OWNERS = 50
MANY = 3000
# Live jobs are few among the ended ones, as after some months of use.
LIVE_STATUSES = [JobStatus.WAITING, JobStatus.SUBMITTING, JobStatus.QUEUED, JobStatus.RUNNING]
LIVE_JOBS = {"ix_jobs_live", "ix_jobs_leases"}
Parameters = dict[str, object] | tuple[object, ...]
Statement = tuple[str, Parameters | list[Parameters]]


def _job(number: int) -> Job:
    created = NOW - timedelta(minutes=10 * (MANY - number))
    return accepted_job(make_new(number % OWNERS), PLENTY, at=created, deadline=created + timedelta(days=1))


def _row(number: int) -> dict[str, object]:
    is_live = number >= MANY - 60
    status = LIVE_STATUSES[number % 4] if is_live else JobStatus.SUCCEEDED
    leased = {"poll_worker": "dead", "poll_until": 1} if status in LIVE_STATUSES[1:] and number % 3 else {}
    return {**new_row(_job(number)), "job_id": f"job{number:07}", "status": status, **leased}


def _card_row(number: int) -> dict[str, object]:
    job = _job(number)
    shown = {"shown_version": 0 if number >= MANY - 30 else 1}
    return {**new_card_row(f"job{number:07}", make_card(), card_change(job)), **shown}


async def _fill(database: Database) -> None:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(insert(users), [{"user_id": owner} for owner in range(OWNERS)])
        await connection.execute(insert(jobs), [_row(number) for number in range(MANY)])
        await connection.execute(insert(cards), [_card_row(number) for number in range(MANY)])

    await database.write(work)

    async def analyze(connection: AsyncConnection) -> None:
        await connection.execute(text("ANALYZE"))

    await database.write(analyze)


class Recorder:
    """Records the statements that the store sends to the database."""

    def __init__(self, database: Database) -> None:
        self._engines: set[AsyncEngine] = {database._readers, database._writers}  # noqa: SLF001 - below the store
        self.statements: list[Statement] = []

    def _record(
        self,
        _: Connection,
        __: object,
        statement: str,
        parameters: Parameters | list[Parameters],
        ___: object,
        ____: object,
    ) -> None:
        self.statements.append((statement, parameters))

    async def during(self, work: Callable[[], Awaitable[object]]) -> Sequence[Statement]:
        """Return what was sent during `work`."""
        self.statements = []
        for engine in self._engines:
            event.listen(engine.sync_engine, "before_cursor_execute", self._record)
        await work()
        for engine in self._engines:
            event.remove(engine.sync_engine, "before_cursor_execute", self._record)
        return [one for one in self.statements if "jobs" in one[0] or "cards" in one[0]]


async def _plan(database: Database, statement: Statement) -> str:
    """Return the plan of a statement as text."""
    sql, parameters = statement
    if isinstance(parameters, list):
        parameters = parameters[0]

    async def work(connection: AsyncConnection) -> str:
        if connection.dialect.name == "sqlite":
            rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)
            return "\n".join(row.detail for row in rows)
        rows = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
        return json.dumps(rows.scalar_one())

    return await database.read(work)


def _is_scan(plan: str) -> bool:
    """Whether the whole table is read: in SQLite's plan, or in PostgreSQL's."""
    return (
        re.search(
            r"^SCAN (jobs|cards)(?!.* USING )|\"Seq Scan\"[^{}]*\"Relation Name\": \"(jobs|cards)\"", plan, re.MULTILINE
        )
        is not None
    )


def _indexes(plans: Sequence[str]) -> set[str]:
    """Return the indexes that the plans use, by their names; SQLite names a column's own constraint by a number."""
    used = set(re.findall(r"(?:ix|uq|pk)_(?:jobs|cards)\w*", "\n".join(plans)))
    if any("sqlite_autoindex_jobs_1" in plan for plan in plans):
        used.add("uq_jobs_job_id")
    if any("sqlite_autoindex_jobs_2" in plan for plan in plans):
        used.add("uq_jobs_interaction_id")
    if any("sqlite_autoindex_cards_1" in plan for plan in plans):
        used.add("pk_cards")
    return used


CALLS: dict[str, tuple[Callable[[SqlJobStore], Awaitable[object]], set[str]]] = {
    "accept": (
        lambda store: store.accept(make_new(7), CARD, limits=PLENTY, now=NOW, deadline=at(60)),
        {"uq_jobs_interaction_id", "ix_jobs_counted", "ix_jobs_live"},
    ),
    "accept_resubmission": (
        lambda store: store.accept(
            make_new(7, parent=resubmitting("lost")), CARD, limits=PLENTY, now=NOW, deadline=at(60)
        ),
        {"uq_jobs_interaction_id", "uq_jobs_resubmission"},
    ),
    "usage": (lambda store: store.usage(7, now=NOW), {"ix_jobs_counted", "ix_jobs_live"}),
    "get": (lambda store: store.get("job0000001"), {"uq_jobs_job_id"}),
    "replace": (
        lambda store: store.replace(_job(1).bump_version(at=NOW), before=_job(1)),
        {"uq_jobs_job_id"},
    ),
    "claim_waiting": (
        lambda store: store.claim_waiting(LEASE, now=NOW, limit=5),
        {"ix_jobs_waiting", "ix_jobs_live"},
    ),
    "claim_followed": (lambda store: store.claim_followed(LEASE, limit=5), {"ix_jobs_leases"}),
    "claim_orphaned_submits": (lambda store: store.claim_orphaned_submits(LEASE, limit=5), {"ix_jobs_leases"}),
    "list_overdue_waiting": (lambda store: store.list_overdue_waiting(now=NOW, limit=5), {"ix_jobs_waiting"}),
    "renew": (lambda store: store.renew(Lease(worker_id="dead", ttl_seconds=1)), {"ix_jobs_poll_worker"}),
    "release": (lambda store: store.release("dead"), {"ix_jobs_poll_worker"}),
    "history": (lambda store: store.history(7, page=0, per_page=5), {"ix_jobs_history"}),
    "suggest": (
        lambda store: store.suggest(7, text="fox", only_cancellable=False, limit=25),
        {"ix_jobs_history"},
    ),
    "suggest_cancellable": (
        lambda store: store.suggest(7, text="", only_cancellable=True, limit=25),
        set(),  # each database by its own: the live and leased ones together, or the history
    ),
}

# The same of the cards.
CARD_CALLS: dict[str, tuple[Callable[[SqlCardStore], Awaitable[object]], set[str]]] = {
    "get": (lambda store: store.get(["job0000001", "job0000002"]), {"pk_cards"}),
    "claim_due": (lambda store: store.claim_due(LEASE, now=NOW, limit=5), {"ix_cards_behind", "uq_jobs_job_id"}),
    "next_due": (lambda store: store.next_due(), {"ix_cards_behind"}),
    "renew": (
        lambda store: store.renew(LEASE, ["job0000001"]),
        set(),
    ),  # each database by its own: the key or the worker
    "forget_tokens": (lambda store: store.forget_tokens(until=at(0), limit=5), {"ix_cards_tokens"}),
    "acknowledge": (lambda store: store.acknowledge("job0000001", make_card(), worker_id="x"), {"pk_cards"}),
    "release": (lambda store: store.release("dead"), {"ix_cards_worker"}),
}


async def test_no_call_reads_a_whole_table(store: SqlJobStore, database: Database) -> None:
    """Each method finds its rows by the indexes that were made for it, among thousands of jobs, in few statements."""
    await _fill(database)
    recorder, card_store = Recorder(database), SqlCardStore(database)
    calls: dict[str, tuple[Callable[[], Awaitable[object]], set[str]]] = {
        **{name: (partial(do, store), indexes) for name, (do, indexes) in CALLS.items()},
        **{f"cards.{name}": (partial(do, card_store), indexes) for name, (do, indexes) in CARD_CALLS.items()},
    }
    for call, (do, indexes) in calls.items():
        statements = await recorder.during(do)
        assert 1 <= len(statements) <= 6, call
        plans = [await _plan(database, statement) for statement in statements]
        for (sql, _), plan in zip(statements, plans, strict=True):
            assert not _is_scan(plan), f"{call}: {sql}\n{plan}"
        used = _indexes(plans)
        if "Node Type" in plans[0] and used & LIVE_JOBS:
            # Both hold the few live jobs: PostgreSQL takes either.
            used |= LIVE_JOBS
        assert indexes <= used, call
