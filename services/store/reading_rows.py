"""Rows to jobs. A row that holds what nobody can read is a misfortune of its own job, and of no other."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, RowMapping
from sqlalchemy.types import TypeDecorator

from services.errors import UnreadableRow
from services.jobs.model import CancelState, Delivery, DeliveryRoute, Job, Parent
from services.store.column_types import UNREADABLE
from services.store.mapping import DELIVERY_FIELDS, JOB_FIELDS
from services.store.tables import jobs

log = logging.getLogger(__name__)

# What stands in where a column cannot be read. A job without the others is none: whose it is, where it stands.
_STAND_INS: Final[Mapping[str, object]] = {
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
    # From the first way on, each finds out by itself whether it still leads to the card.
    "card_route": DeliveryRoute.TOKEN,
    "card_files": (),
    "card_nonce_at": None,
    "card_digest": None,
}
_PARENT: Final = ("parent_id", "relation")
# SQLite keeps in a column what it is given; the decorated types look at it themselves.
_PYTHON_TYPES: Final = {
    column.name: column.type.python_type for column in jobs.c if not isinstance(column.type, TypeDecorator)
}


class JobRows:
    """Reads rows of jobs, and says of each once what it could not read."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def readable(self, rows: Iterable[Row[Any]]) -> list[Job]:
        """Return the jobs of these rows, without those that are none."""
        found = (self.read(row) for row in rows)
        return [job for job in found if job is not None]

    def read(self, row: Row[Any]) -> Job | None:
        """Return the row's job; None where it is none."""
        try:
            job = _job_of(row)
        except UnreadableRow as error:
            self._tell(str(row.job_id), f"is left alone: these cannot be read in its row ({error})")
            return None
        if job.unreadable:
            self._tell(job.job_id, f"goes on without what cannot be read in its row ({_listed(job.unreadable)})")
        return job

    def _tell(self, job_id: str, what: str) -> None:
        if job_id not in self._told:
            self._told.add(job_id)
            log.error("job_id=%s %s", job_id, what)


def delivery_of(row: RowMapping) -> Delivery:
    """Return where the row's card is. Raises: UnreadableRow."""
    values, _ = _values(row, [f"card_{name}" for name in DELIVERY_FIELDS])
    return _delivery(values)


def _job_of(row: Row[Any]) -> Job:
    columns = row._mapping  # noqa: SLF001 - SQLAlchemy's public way to columns by name
    values, unreadable = _values(columns, [*JOB_FIELDS, *_PARENT, *(f"card_{name}" for name in DELIVERY_FIELDS)])
    own: dict[str, Any] = {name: values[name] for name in JOB_FIELDS}
    is_child = values["parent_id"] and values["relation"]
    parent = Parent(job_id=values["parent_id"], relation=values["relation"]) if is_child else None
    return Job(**own, parent=parent, delivery=_delivery(values), unreadable=unreadable)


def _delivery(values: Mapping[str, Any]) -> Delivery:
    return Delivery(**{name: values[f"card_{name}"] for name in DELIVERY_FIELDS})


def _values(row: RowMapping, names: Sequence[str]) -> tuple[dict[str, Any], frozenset[str]]:
    """Return what these columns hold, and the names of those for which something stands in. Raises: UnreadableRow."""
    values = {name: row[name] for name in names}
    unreadable = frozenset(name for name, value in values.items() if not _is_readable(name, value))
    if missing := unreadable - _STAND_INS.keys():
        raise UnreadableRow(_listed(missing))
    return {**values, **{name: _STAND_INS[name] for name in unreadable}}, unreadable


def _is_readable(name: str, value: object) -> bool:
    expected = _PYTHON_TYPES.get(name)
    return value is not UNREADABLE and (expected is None or value is None or isinstance(value, expected))


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(sorted(columns))
