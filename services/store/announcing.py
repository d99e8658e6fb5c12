"""Which cards are behind, who draws them, and where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import bindparam, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.jobs.model import Delivery, DeliveryRoute, Job
from services.jobs.pacing import LONGEST_PUT_OFF
from services.jobs.ports import Lease
from services.store.column_types import EPOCH
from services.store.engine import db_now
from services.store.leasing import lease_parameters
from services.store.mapping import FREE_ANNOUNCE, card_columns
from services.store.reading_rows import delivery_of
from services.store.store_part import StorePart
from services.store.tables import HAS_TOKEN, IS_UNANNOUNCED, jobs
from services.store.transactions import reads, writes

_IS_FREE = jobs.c.announce_until <= db_now()
_LEASE_END = db_now() + bindparam("ttl")
# Due, and not before Discord may be tried again: a change never shortens a Retry-After, not even a job's end.
_SHOWN_AT = case((jobs.c.not_before > jobs.c.due_at, jobs.c.not_before), else_=jobs.c.due_at)
# No change is held back for so long: one that is due later was written before the clock was set back.
_LONGEST_HOLD = timedelta(minutes=1)
_IS_DUE = (jobs.c.due_at <= bindparam("now")) | (jobs.c.due_at > bindparam("longest_held"))
_MAY_BE_TRIED = (jobs.c.not_before <= bindparam("now")) | (jobs.c.not_before > bindparam("longest_put_off"))
_BEHIND = (
    select(jobs.c.job_id)
    .where(IS_UNANNOUNCED, _IS_DUE, _MAY_BE_TRIED, _IS_FREE)
    .order_by(jobs.c.due_at, jobs.c.number)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("behind")
)
_TAKE_CHANGED = (
    update(jobs)
    .where(jobs.c.job_id.in_(select(_BEHIND.c.job_id)))
    # Whoever takes a card draws all that is known: from here on `latest_due_at` is that of changes during the edit.
    .values(announce_worker=bindparam("taker"), announce_until=_LEASE_END, latest_due_at=EPOCH)
    .returning(*jobs.c)
)
_RENEW = (
    update(jobs)
    .where(
        jobs.c.job_id.in_(bindparam("held", expanding=True)),
        jobs.c.announce_worker == bindparam("taker"),
        jobs.c.announce_until < _LEASE_END,
    )
    .values(announce_until=_LEASE_END)
)
_NEXT_DUE = select(func.min(_SHOWN_AT)).where(IS_UNANNOUNCED, _IS_FREE)
_CARD = (
    select(
        *(column for column in jobs.c if column.name.startswith("card_")),
        ((jobs.c.announce_worker == bindparam("holder")) & (jobs.c.announce_until > db_now())).label("is_held"),
    )
    .where(jobs.c.job_id == bindparam("wanted"))
    .with_for_update()
)
_POSTPONE = (
    update(jobs)
    .where(jobs.c.job_id == bindparam("wanted"), jobs.c.announce_worker == bindparam("holder"))
    .values(**FREE_ANNOUNCE, not_before=bindparam("until", type_=jobs.c.not_before.type))
)
_ROW = update(jobs).where(jobs.c.job_id == bindparam("wanted"))
_SPENT = (
    select(jobs.c.job_id)
    .where(HAS_TOKEN, jobs.c.card_token_until <= bindparam("ended_by", type_=jobs.c.card_token_until.type))
    .order_by(jobs.c.card_token_until)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("spent")
)
_FORGET_TOKENS = (
    update(jobs)
    .where(jobs.c.job_id.in_(select(_SPENT.c.job_id)))
    .values({jobs.c.card_token: ""})
    .returning(jobs.c.job_id)
)
# A change that came during the edit waits for more to melt with, from its own time on.
_ACKNOWLEDGED = {**FREE_ANNOUNCE, "due_at": jobs.c.latest_due_at, "not_before": EPOCH}
_RENDER_AGAIN = _ROW.values(version=jobs.c.version + 1, card_digest=None)


class Announcing(StorePart):
    """JobUpdater on their way to the cards. A lease is held while it has not run out by the database's clock."""

    async def claim_due_cards(self, lease: Lease, *, now: datetime, most: int) -> Sequence[Job]:
        """Take the announce lease of jobs whose cards are behind and due. Raises: StoreUnavailable."""
        times = {"now": now, "longest_held": now + _LONGEST_HOLD, "longest_put_off": now + LONGEST_PUT_OFF}
        parameters = {**lease_parameters(lease), **times, "most": most}
        return await self._claim_jobs(_TAKE_CHANGED, parameters)

    @writes
    async def renew_cards(self, connection: AsyncConnection, lease: Lease, job_ids: Sequence[str]) -> None:
        """Extend the announce leases of these jobs that nobody else has taken. Raises: StoreUnavailable."""
        await connection.execute(_RENEW, {**lease_parameters(lease), "held": list(job_ids)})

    @reads
    async def next_change_due(self, connection: AsyncConnection) -> datetime | None:
        """Return when the next free card is due. Raises: StoreUnavailable."""
        due_at = (await connection.execute(_NEXT_DUE)).scalar_one()
        return due_at if isinstance(due_at, datetime) else None

    @writes
    async def save_delivery(
        self, connection: AsyncConnection, job_id: str, delivery: Delivery, *, worker_id: str
    ) -> bool:
        """Write where the card is, while the worker holds its lease. Raises: StoreUnavailable."""
        stored = await _held_card(connection, job_id, worker_id)
        if stored is None:
            return False
        statement = _ROW.values(card_columns(merged(stored, delivery)))
        await connection.execute(statement, {"wanted": job_id})
        return True

    @writes
    async def acknowledge(
        self, connection: AsyncConnection, job_id: str, delivery: Delivery, *, worker_id: str, version: int
    ) -> bool:
        """Record what the card shows; with the lease lost, have it rendered again. Raises: StoreUnavailable."""
        stored = await _held_card(connection, job_id, worker_id)
        if stored is None:
            await connection.execute(_RENDER_AGAIN, {"wanted": job_id})
            return False
        card = card_columns(merged(stored, delivery))
        statement = _ROW.values(**card, **_ACKNOWLEDGED, announced_version=version)
        await connection.execute(statement, {"wanted": job_id})
        return True

    @writes
    async def postpone(self, connection: AsyncConnection, job_id: str, *, worker_id: str, until: datetime) -> None:
        """Free the lease and put the card off; with it lost, have the card drawn again. Raises: StoreUnavailable."""
        held = await connection.execute(_POSTPONE, {"wanted": job_id, "holder": worker_id, "until": until})
        if held.rowcount == 0:
            # An edit whose answer never came may have arrived after the next holder's: that one draws once more.
            await connection.execute(_RENDER_AGAIN, {"wanted": job_id})

    @writes
    async def renew_token(
        self, connection: AsyncConnection, job_id: str, *, token: str, until: datetime, message_id: int
    ) -> None:
        """Use a fresh interaction token if it is of the card's message. Raises: StoreUnavailable."""
        row = (await connection.execute(_CARD, {"wanted": job_id, "holder": None})).one_or_none()
        if row is None:
            return
        stored = delivery_of(row._mapping)  # noqa: SLF001 - SQLAlchemy's public way to columns by name
        card = renewed(stored, token=token, until=until, message_id=message_id)
        if card != stored:
            await connection.execute(_ROW.values(card_columns(card)), {"wanted": job_id})

    @writes
    async def forget_tokens(self, connection: AsyncConnection, *, until: datetime, most: int) -> int:
        """Blank interaction tokens that ended by then, the oldest first. Raises: StoreUnavailable."""
        return len((await connection.execute(_FORGET_TOKENS, {"ended_by": until, "most": most})).all())


async def _held_card(connection: AsyncConnection, job_id: str, worker_id: str) -> Delivery | None:
    """Return where the job's card is, its row locked; None when the worker does not hold its lease."""
    row = (await connection.execute(_CARD, {"wanted": job_id, "holder": worker_id})).one_or_none()
    if row is None or not row.is_held:
        return None
    return delivery_of(row._mapping)  # noqa: SLF001 - SQLAlchemy's public way to columns by name


def merged(stored: Delivery, given: Delivery) -> Delivery:
    """Return what to write of the holder's `given`, who may not know of a press that renewed the token meanwhile."""
    given = replace(given, original_message_id=given.original_message_id or stored.original_message_id)
    is_renewed = stored.token_until > given.token_until
    if not is_renewed or _message_id(stored) != _message_id(given):
        return given
    return replace(given, token=stored.token, token_until=stored.token_until, route=stored.route)


def renewed(stored: Delivery, *, token: str, until: datetime, message_id: int) -> Delivery:
    """Return the card reached by the fresh token again, if that is of its message and lives longer."""
    current = _message_id(stored)
    is_known = current == message_id
    # The message's id was never learned, and no other was sent: the press tells it.
    is_first = current is None and stored.nonce is None
    if not (is_known or is_first) or until <= stored.token_until:
        return stored
    original = message_id if is_first else stored.original_message_id
    return replace(stored, token=token, token_until=until, route=DeliveryRoute.TOKEN, original_message_id=original)


def _message_id(card: Delivery) -> int | None:
    return card.posted_message_id or card.original_message_id
