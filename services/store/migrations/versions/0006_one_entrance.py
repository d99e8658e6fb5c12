"""Has a job know its parent, its media and the limit that it was accepted with, and calls who works on it a worker."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_BATCH = 1_000
_jobs = sa.table(
    "jobs", sa.column("number", sa.BigInteger), sa.column("input_names", sa.Text), sa.column("media", sa.Text)
)
_IS_RETRY = sa.text("retry_of IS NOT NULL")
_IS_RESUBMISSION = sa.text("relation = 'resubmission'")


def upgrade() -> None:
    """Turn resubmissions into children, names into media, and give what waits a place each.

    With which limit a job was accepted nobody knows any more: one at a time is never more than that.
    """
    op.drop_index("uq_jobs_retry_of", "jobs")
    op.execute("ALTER TABLE jobs RENAME COLUMN retry_of TO parent_id")
    op.execute("ALTER TABLE jobs RENAME COLUMN card_step TO card_route")
    op.execute("ALTER TABLE processes RENAME COLUMN owner TO worker_id")
    _rename_lease("poll_owner", "poll_worker")
    _rename_lease("announce_owner", "announce_worker")
    op.add_column("jobs", sa.Column("relation", sa.Text))
    op.execute("UPDATE jobs SET relation = 'resubmission' WHERE parent_id IS NOT NULL")
    op.create_index(
        "uq_jobs_resubmission",
        "jobs",
        ["parent_id"],
        unique=True,
        sqlite_where=_IS_RESUBMISSION,
        postgresql_where=_IS_RESUBMISSION,
    )
    op.add_column("jobs", sa.Column("running_limit", sa.BigInteger, nullable=False, server_default="1"))
    op.add_column("jobs", sa.Column("media", sa.Text, nullable=False, server_default="[]"))
    _rewrite("input_names", "media", _media_of)
    op.drop_column("jobs", "input_names")


def downgrade() -> None:
    """Keep of the media their names, and of the parents those that were resubmitted."""
    op.add_column("jobs", sa.Column("input_names", sa.Text, nullable=False, server_default="[]"))
    _rewrite("media", "input_names", _names_of)
    op.drop_column("jobs", "media")
    op.drop_column("jobs", "running_limit")
    op.drop_index("uq_jobs_resubmission", "jobs")
    op.execute("UPDATE jobs SET parent_id = NULL WHERE relation IS NULL OR relation <> 'resubmission'")
    op.drop_column("jobs", "relation")
    _rename_lease("announce_worker", "announce_owner")
    _rename_lease("poll_worker", "poll_owner")
    op.execute("ALTER TABLE processes RENAME COLUMN worker_id TO owner")
    op.execute("ALTER TABLE jobs RENAME COLUMN card_route TO card_step")
    op.execute("ALTER TABLE jobs RENAME COLUMN parent_id TO retry_of")
    op.create_index(
        "uq_jobs_retry_of",
        "jobs",
        ["retry_of"],
        unique=True,
        sqlite_where=_IS_RETRY,
        postgresql_where=_IS_RETRY,
    )


def _rename_lease(before: str, after: str) -> None:
    """Rename the column that tells who holds a lease, and its index."""
    op.drop_index(f"ix_jobs_{before}", "jobs")
    op.execute(f"ALTER TABLE jobs RENAME COLUMN {before} TO {after}")
    where = sa.text(f"{after} IS NOT NULL")
    op.create_index(f"ix_jobs_{after}", "jobs", [after], sqlite_where=where, postgresql_where=where)


def _media_of(names: list[str]) -> list[dict[str, str]]:
    """Return the media of which only the names were kept; where each came from the request's inputs tell."""
    return [{"kind": "image", "source": "attachment", "url": "", "name": name} for name in names]


def _names_of(media: list[dict[str, str]]) -> list[str]:
    return [medium["name"] for medium in media]


def _rewrite(source: str, target: str, change: Callable[[Any], object]) -> None:
    """Fill one column from another, a batch of rows at a time."""
    connection = op.get_bind()
    after = 0
    while rows := connection.execute(
        sa.select(_jobs.c.number, _jobs.c[source]).where(_jobs.c.number > after).order_by(_jobs.c.number).limit(_BATCH)
    ).all():
        after = rows[-1].number
        values = [{"row": row.number, "value": json.dumps(change(json.loads(row[1])))} for row in rows]
        statement = sa.update(_jobs).where(_jobs.c.number == sa.bindparam("row"))
        connection.execute(statement.values({target: sa.bindparam("value")}), values)
