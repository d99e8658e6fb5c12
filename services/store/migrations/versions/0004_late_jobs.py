"""Finds late jobs among those that somebody follows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the index of leases anew, with late jobs in it."""
    where = sa.text("status IN ('late', 'queued', 'running', 'submitting')")
    op.drop_index("ix_jobs_leases", "jobs")
    op.create_index("ix_jobs_leases", "jobs", ["poll_until"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Make the index without late jobs, and have those followed as they were before their deadline."""
    op.execute(
        "UPDATE jobs SET status = CASE WHEN started_at IS NULL THEN 'queued' ELSE 'running' END, version = version + 1"
        " WHERE status = 'late'"
    )
    where = sa.text("status IN ('queued', 'running', 'submitting')")
    op.drop_index("ix_jobs_leases", "jobs")
    op.create_index("ix_jobs_leases", "jobs", ["poll_until"], sqlite_where=where, postgresql_where=where)
