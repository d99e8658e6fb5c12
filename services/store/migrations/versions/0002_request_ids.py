"""A request of the API is one job's.

Where several jobs have one request, it stays with the one that has its result, or else with one that is still at the
API, or else with whichever had it first. The others lose it. Those of them that were at the API become unconfirmed:
nobody knows a request of their own, so they may have been charged, and would otherwise never end. What has ended stays
as it ended. Each is logged with the request and the job that keeps it.
"""

from __future__ import annotations

import logging
import time

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

log = logging.getLogger("services.store.migrations")

_TAKEN = sa.text(
    """
    SELECT number, job_id, request_id, holder FROM (
        SELECT number, job_id, request_id, first_value(job_id) OVER turns AS holder, row_number() OVER turns AS turn
        FROM jobs WHERE request_id IS NOT NULL
        WINDOW turns AS (
            PARTITION BY request_id
            ORDER BY
                CASE WHEN status = 'succeeded' THEN 0 WHEN status IN ('queued', 'running') THEN 1 ELSE 2 END,
                coalesce(queued_at, created_at),
                number
        )
    ) AS ordered WHERE turn > 1 ORDER BY number
    """,
)
_GIVE_UP = sa.text("UPDATE jobs SET request_id = NULL WHERE number = :number")
_END = sa.text(
    """
    UPDATE jobs SET
        status = 'unconfirmed', version = version + 1, changed_at = :now, finished_at = :now, queue_position = NULL,
        poll_owner = NULL, poll_until = 0, due_at = :now, latest_due_at = :now
    WHERE number = :number AND status IN ('queued', 'running')
    """,
)


def upgrade() -> None:
    """Give each request to one job, and keep it so."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        # Another process may run, of the version before: it waits, so that no second holder comes in between.
        op.execute("LOCK TABLE jobs IN SHARE ROW EXCLUSIVE MODE")
    now = time.time_ns() // 1000
    for row in connection.execute(_TAKEN).all():
        log.warning(
            "job_id=%s gives up request_id=%s, which is job_id=%s's too", row.job_id, row.request_id, row.holder
        )
        connection.execute(_GIVE_UP, {"number": row.number})
        connection.execute(_END, {"number": row.number, "now": now})
    where = sa.text("request_id IS NOT NULL")
    op.create_index(
        "uq_jobs_request_id", "jobs", ["request_id"], unique=True, sqlite_where=where, postgresql_where=where
    )


def downgrade() -> None:
    """Allow a request to be several jobs' again."""
    op.drop_index("uq_jobs_request_id", "jobs", if_exists=True)
