"""The store of cards, for SQLite and PostgreSQL: which are behind, who draws them, and where they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.jobs.card import Card, DueCard
from services.jobs.pacing import LONGEST_PUT_OFF
from services.jobs.ports import Lease
from services.store.column_types import EPOCH, storable
from services.store.engine import db_now
from services.store.leasing import lease_parameters
from services.store.mapping import FREE_CARD, card_columns
from services.store.store_part import StorePart
from services.store.tables import HAS_TOKEN, IS_BEHIND, cards, jobs
from services.store.transactions import reads, writes

_IS_FREE = cards.c.leased_until <= db_now()
_LEASE_END = db_now() + bindparam("ttl")
# Due, and not before Discord may be tried again: a change never shortens a Retry-After, not even a job's end.
_SHOWN_AT = case((cards.c.not_before > cards.c.due_at, cards.c.not_before), else_=cards.c.due_at)
# No change is held back for so long: one that is due later was written before the clock was set back.
_LONGEST_HOLD = timedelta(minutes=1)
_IS_DUE = (cards.c.due_at <= bindparam("now")) | (cards.c.due_at > bindparam("longest_held"))
_MAY_BE_TRIED = (cards.c.not_before <= bindparam("now")) | (cards.c.not_before > bindparam("longest_put_off"))
_BEHIND = (
    select(cards.c.job_id)
    .where(IS_BEHIND, _IS_DUE, _MAY_BE_TRIED, _IS_FREE)
    .order_by(cards.c.due_at)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
    .cte("behind")
)
_CLAIM = (
    update(cards)
    .where(cards.c.job_id.in_(select(_BEHIND.c.job_id)))
    # Whoever takes a card draws all that is known: from here on `latest_due_at` is that of changes during the edit.
    .values(worker=bindparam("taker"), leased_until=_LEASE_END, latest_due_at=EPOCH)
    .returning(*cards.c)
)
_THEIR_JOBS = select(jobs).where(jobs.c.job_id.in_(bindparam("wanted", expanding=True)))
_RENEW = (
    update(cards)
    .where(
        cards.c.job_id.in_(bindparam("held", expanding=True)),
        cards.c.worker == bindparam("taker"),
        cards.c.leased_until < _LEASE_END,
    )
    .values(leased_until=_LEASE_END)
)
_NEXT_DUE = select(func.min(_SHOWN_AT)).where(IS_BEHIND, _IS_FREE)
_CARDS = select(cards).where(cards.c.job_id.in_(bindparam("wanted", expanding=True)))
_LOCKED = (
    select(cards, ((cards.c.worker == bindparam("holder")) & (cards.c.leased_until > db_now())).label("is_held"))
    .where(cards.c.job_id == bindparam("wanted"))
    .with_for_update()
)
_POSTPONE = (
    update(cards)
    .where(cards.c.job_id == bindparam("wanted"), cards.c.worker == bindparam("holder"))
    .values(**FREE_CARD, not_before=bindparam("until", type_=cards.c.not_before.type))
)
_CARD = update(cards).where(cards.c.job_id == bindparam("wanted"))
_SPENT = (
    select(cards.c.job_id)
    .where(HAS_TOKEN, cards.c.token_until <= bindparam("ended_by", type_=cards.c.token_until.type))
    .order_by(cards.c.token_until)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
    .cte("spent")
)
_FORGET_TOKENS = (
    update(cards).where(cards.c.job_id.in_(select(_SPENT.c.job_id))).values(token="").returning(cards.c.job_id)
)
# A change that came during the edit waits for more to melt with, from its own time on.
_ACKNOWLEDGED = {**FREE_CARD, "due_at": cards.c.latest_due_at, "not_before": EPOCH}
# What hangs at the private card before this one hangs there still; all else that it shows is not known any more.
_DRAW_AGAIN = _CARD.values(
    version=cards.c.version + 1,
    shown_digest=case((cards.c.shown_digest.is_not(None), "")),
    shown_status=None,
    shown_result=None,
    shown_gone=None,
    shown_lost=None,
)
_RELEASE = update(cards).where(cards.c.worker == bindparam("taker")).values(FREE_CARD)
_FORGET_LEASES = update(cards).where(cards.c.worker.is_not(None)).values(FREE_CARD)


class SqlCardStore(StorePart):
    """Implements `services.jobs.ports.CardStore`, where its contract is written. Each method is one transaction.

    A lease is held while it has not run out by the database's clock.
    """

    @reads
    async def get(self, connection: AsyncConnection, job_ids: Sequence[str]) -> Mapping[str, Card]:
        """Return the cards of these jobs, by the jobs' ids. Raises: StoreUnavailable."""
        wanted = [storable(job_id) for job_id in job_ids]
        found = {row.job_id: self._rows.card(row) for row in await connection.execute(_CARDS, {"wanted": wanted})}
        return {job_id: card for job_id, card in found.items() if card is not None}

    @writes
    async def claim_due(
        self, connection: AsyncConnection, lease: Lease, *, now: datetime, limit: int
    ) -> Sequence[DueCard]:
        """Take the lease of cards that are behind and due. Raises: StoreUnavailable."""
        times = {"now": now, "longest_held": now + _LONGEST_HOLD, "longest_put_off": now + LONGEST_PUT_OFF}
        rows = (await connection.execute(_CLAIM, {**lease_parameters(lease), **times, "limit": limit})).all()
        if not rows:
            return []
        # After the cards, never before: a job is at least as new as what its card has to show.
        found = await connection.execute(_THEIR_JOBS, {"wanted": [row.job_id for row in rows]})
        by_id = {job.job_id: job for job in self._rows.jobs(found)}
        return [
            DueCard(job=job, card=card)
            for row in sorted(rows, key=lambda row: row.due_at if isinstance(row.due_at, datetime) else EPOCH)
            if (job := by_id.get(row.job_id)) is not None and (card := self._rows.card(row)) is not None
        ]

    @writes
    async def renew(self, connection: AsyncConnection, lease: Lease, job_ids: Sequence[str]) -> None:
        """Extend the leases of these cards that nobody else has taken. Raises: StoreUnavailable."""
        await connection.execute(_RENEW, {**lease_parameters(lease), "held": list(job_ids)})

    @reads
    async def next_due(self, connection: AsyncConnection) -> datetime | None:
        """Return when the next free card is due. Raises: StoreUnavailable."""
        due_at = (await connection.execute(_NEXT_DUE)).scalar_one()
        return due_at if isinstance(due_at, datetime) else None

    @writes
    async def save(self, connection: AsyncConnection, job_id: str, card: Card, *, worker_id: str) -> bool:
        """Write where the card is, while the worker holds its lease. Raises: StoreUnavailable."""
        stored = await self._held(connection, job_id, worker_id)
        if stored is None:
            return False
        await connection.execute(_CARD.values(card_columns(card.over(stored))), {"wanted": job_id})
        return True

    @writes
    async def acknowledge(self, connection: AsyncConnection, job_id: str, card: Card, *, worker_id: str) -> bool:
        """Record what the card shows; with the lease lost, have it drawn again. Raises: StoreUnavailable."""
        stored = await self._held(connection, job_id, worker_id)
        if stored is None:
            await connection.execute(_DRAW_AGAIN, {"wanted": job_id})
            return False
        columns = card_columns(card.over(stored))
        statement = _CARD.values(**columns, **_ACKNOWLEDGED, shown_version=card.version)
        await connection.execute(statement, {"wanted": job_id})
        return True

    @writes
    async def postpone(self, connection: AsyncConnection, job_id: str, *, worker_id: str, until: datetime) -> None:
        """Free the lease and put the card off; with it lost, have the card drawn again. Raises: StoreUnavailable."""
        held = await connection.execute(_POSTPONE, {"wanted": job_id, "holder": worker_id, "until": until})
        if held.rowcount == 0:
            # An edit whose answer never came may have arrived after the next holder's: that one draws once more.
            await connection.execute(_DRAW_AGAIN, {"wanted": job_id})

    @writes
    async def renew_token(
        self, connection: AsyncConnection, job_id: str, *, token: str, until: datetime, message_id: int
    ) -> None:
        """Use a fresh interaction token if it is of the card's message. Raises: StoreUnavailable."""
        row = (await connection.execute(_LOCKED, {"wanted": job_id, "holder": None})).one_or_none()
        stored = None if row is None else self._rows.card(row)
        if stored is None:
            return
        card = stored.reached_by(token, until=until, message_id=message_id)
        if card != stored:
            await connection.execute(_CARD.values(card_columns(card)), {"wanted": job_id})

    @writes
    async def forget_tokens(self, connection: AsyncConnection, *, until: datetime, limit: int) -> int:
        """Blank interaction tokens that ended by then, the oldest first. Raises: StoreUnavailable."""
        return len((await connection.execute(_FORGET_TOKENS, {"ended_by": until, "limit": limit})).all())

    @writes
    async def release(self, connection: AsyncConnection, worker_id: str) -> None:
        """Give back every lease of this worker. Raises: StoreUnavailable."""
        await connection.execute(_RELEASE, {"taker": worker_id})

    @writes
    async def forget_leases(self, connection: AsyncConnection) -> None:
        """Void all leases of all workers. Raises: StoreUnavailable."""
        await connection.execute(_FORGET_LEASES)

    async def _held(self, connection: AsyncConnection, job_id: str, worker_id: str) -> Card | None:
        """Return the card, its row locked; None when the worker does not hold its lease."""
        row = (await connection.execute(_LOCKED, {"wanted": job_id, "holder": worker_id})).one_or_none()
        return None if row is None or not row.is_held else self._rows.card(row)
