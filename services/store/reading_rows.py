"""Rows to jobs and cards. A row that holds what nobody can read is a misfortune of its own job, and of no other."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, RowMapping
from sqlalchemy.types import TypeDecorator

from services.errors import UnreadableRow
from services.jobs.card import Card, DeliveryRoute, Rendering, ResultShown
from services.jobs.model import CancelState, Job, Parent
from services.store.column_types import UNREADABLE
from services.store.mapping import CARD_FIELDS, JOB_FIELDS, RENDERING_FIELDS
from services.store.tables import cards, jobs

log = logging.getLogger(__name__)

# What stands in where a column cannot be read. A job without the others is none: whose it is, where it stands.
_JOB_STAND_INS: Final[Mapping[str, object]] = {
    "inputs": {},
    "media": (),
    "prompt": "",
    "relation": None,
    "submitted_at": None,
    "queued_at": None,
    "started_at": None,
    "finished_at": None,
    "queue_position": None,
    "outputs": (),
    "cost": None,
    "failure": None,
    "cancel": CancelState.NONE,
}
# A card without the others cannot be reached at all.
_CARD_STAND_INS: Final[Mapping[str, object]] = {
    # From the first way on, each finds out by itself whether it still leads to the card.
    "route": DeliveryRoute.TOKEN,
    "nonce_at": None,
    "files": (),
    # It is drawn in any case then.
    "shown_digest": None,
    "shown_status": None,
    "shown_result": ResultShown.WHOLE,
    "shown_gone": (),
    "shown_lost": (),
    "shown_before": (),
}
_JOB_COLUMNS: Final = (*JOB_FIELDS, "parent_id", "relation")
_SHOWN: Final = tuple(f"shown_{name}" for name in RENDERING_FIELDS)
_CARD_COLUMNS: Final = (*CARD_FIELDS, "version", *_SHOWN)
# SQLite keeps in a column what it is given; the decorated types look at it themselves.
_PYTHON_TYPES: Final = {
    column.name: column.type.python_type
    for table in (jobs, cards)
    for column in table.c
    if not isinstance(column.type, TypeDecorator)
}


class Rows:
    """Reads rows of jobs and cards, and says of each once what it could not read."""

    def __init__(self) -> None:
        self._told: set[tuple[str, bool]] = set()

    def jobs(self, rows: Iterable[Row[Any]]) -> list[Job]:
        """Return the jobs of these rows, without those that are none."""
        found = (self.job(row) for row in rows)
        return [job for job in found if job is not None]

    def job(self, row: Row[Any]) -> Job | None:
        """Return the row's job; None where it is none."""
        try:
            values, unreadable = _values(_by_name(row), _JOB_COLUMNS, _JOB_STAND_INS)
        except UnreadableRow as error:
            self._tell(str(row.job_id), f"is left alone: these cannot be read in its row ({error})")
            return None
        job = _job_of(values, unreadable)
        if unreadable:
            self._tell(job.job_id, f"goes on without what cannot be read in its row ({_listed(unreadable)})")
        return job

    def card(self, row: Row[Any]) -> Card | None:
        """Return the row's card; None where it is none."""
        try:
            values, unreadable = _values(_by_name(row), _CARD_COLUMNS, _CARD_STAND_INS)
        except UnreadableRow as error:
            self._tell(
                str(row.job_id), f"its card is left alone: these cannot be read in its row ({error})", is_card=True
            )
            return None
        if unreadable:
            self._tell(
                f"{row.job_id}'s card", f"goes on without what cannot be read in its row ({_listed(unreadable)})"
            )
        return _card_of(values)

    def _tell(self, job_id: str, what: str, *, is_card: bool = False) -> None:
        if (job_id, is_card) not in self._told:
            self._told.add((job_id, is_card))
            log.error("job_id=%s %s", job_id, what)


def _by_name(row: Row[Any]) -> RowMapping:
    return row._mapping  # noqa: SLF001 - SQLAlchemy's public way to columns by name


def _job_of(values: Mapping[str, Any], unreadable: frozenset[str]) -> Job:
    own: dict[str, Any] = {name: values[name] for name in JOB_FIELDS}
    is_child = values["parent_id"] and values["relation"]
    parent = Parent(job_id=values["parent_id"], relation=values["relation"]) if is_child else None
    return Job(**own, parent=parent, unreadable=unreadable)


def _card_of(values: Mapping[str, Any]) -> Card:
    own: dict[str, Any] = {name: values[name] for name in (*CARD_FIELDS, "version")}
    rendering = None
    if values["shown_digest"] is not None:
        # What a card had not been drawn with is nothing, as far as it is known.
        shown = {name: values[f"shown_{name}"] for name in RENDERING_FIELDS}
        known = Rendering(**{name: value for name, value in shown.items() if value is not None or name == "status"})
        rendering = known if known.status is not None or known.before else None
    return Card(**own, rendering=rendering)


def _values(
    row: RowMapping, names: Sequence[str], stand_ins: Mapping[str, object]
) -> tuple[dict[str, Any], frozenset[str]]:
    """Return what these columns hold, and the names of those for which something stands in. Raises: UnreadableRow."""
    values = {name: row[name] for name in names}
    unreadable = frozenset(name for name, value in values.items() if not _is_readable(name, value))
    if missing := unreadable - stand_ins.keys():
        raise UnreadableRow(_listed(missing))
    return {**values, **{name: stand_ins[name] for name in unreadable}}, unreadable


def _is_readable(name: str, value: object) -> bool:
    expected = _PYTHON_TYPES.get(name)
    return value is not UNREADABLE and (expected is None or value is None or isinstance(value, expected))


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(sorted(columns))
