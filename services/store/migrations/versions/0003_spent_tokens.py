"""Finds interaction tokens that are still kept, so that the spent ones can be blanked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the index."""
    where = sa.text("card_token != ''")
    op.create_index("ix_jobs_tokens", "jobs", ["card_token_until"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_jobs_tokens", "jobs")
