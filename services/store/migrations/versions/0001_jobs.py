"""Jobs, their owners, and notes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_PARTIAL_INDEXES = (
    ("uq_jobs_retry_of", ("retry_of",), "retry_of IS NOT NULL"),
    (
        "ix_jobs_counted",
        ("owner_id", "created_at"),
        "status IN ('queued', 'running', 'submitting', 'succeeded', 'waiting')",
    ),
    ("ix_jobs_live", ("owner_id", "status"), "status IN ('queued', 'running', 'submitting', 'waiting')"),
    ("ix_jobs_waiting", ("owner_id", "created_at", "number"), "status IN ('waiting')"),
    ("ix_jobs_leases", ("poll_until",), "status IN ('queued', 'running', 'submitting')"),
    ("ix_jobs_poll_owner", ("poll_owner",), "poll_owner IS NOT NULL"),
    ("ix_jobs_announce_owner", ("announce_owner",), "announce_owner IS NOT NULL"),
    ("ix_jobs_unannounced", ("due_at",), "announced_version < version"),
)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "users",
        sa.Column("user_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_users"),
    )
    op.create_table(
        "notes",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_notes"),
    )
    op.create_table(
        "jobs",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        *_what_a_job_is(),
        *_where_its_card_is(),
        *_who_works_on_it(),
        sa.PrimaryKeyConstraint("number", name="pk_jobs"),
        sa.UniqueConstraint("job_id", name="uq_jobs_job_id"),
        sa.UniqueConstraint("interaction_id", name="uq_jobs_interaction_id"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.user_id"], name="fk_jobs_owner_id"),
    )
    op.create_index("ix_jobs_history", "jobs", ["owner_id", "created_at", "number"])
    for name, columns, condition in _PARTIAL_INDEXES:
        where = sa.text(condition)
        is_unique = name.startswith("uq_")
        op.create_index(name, "jobs", list(columns), unique=is_unique, sqlite_where=where, postgresql_where=where)


def _what_a_job_is() -> list[sa.Column[object]]:
    return [
        sa.Column("job_id", sa.Text, nullable=False),
        sa.Column("interaction_id", sa.BigInteger, nullable=False),
        sa.Column("retry_of", sa.Text),
        sa.Column("owner_id", sa.BigInteger, nullable=False),
        sa.Column("guild_id", sa.BigInteger),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("model_id", sa.Text, nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("search_text", sa.Text, nullable=False),
        sa.Column("inputs", sa.Text, nullable=False),
        sa.Column("input_names", sa.Text, nullable=False),
        sa.Column("is_private", sa.Boolean, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("deadline", sa.BigInteger, nullable=False),
        sa.Column("submitted_at", sa.BigInteger),
        sa.Column("queued_at", sa.BigInteger),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("finished_at", sa.BigInteger),
        sa.Column("request_id", sa.Text),
        sa.Column("queue_position", sa.BigInteger),
        sa.Column("outputs", sa.Text, nullable=False),
        sa.Column("cost", sa.BigInteger),
        sa.Column("failure", sa.Text),
        sa.Column("cancel", sa.Text, nullable=False),
    ]


def _where_its_card_is() -> list[sa.Column[object]]:
    return [
        sa.Column("card_application_id", sa.BigInteger, nullable=False),
        sa.Column("card_token", sa.Text, nullable=False),
        sa.Column("card_token_until", sa.BigInteger, nullable=False),
        sa.Column("card_upload_limit_bytes", sa.BigInteger, nullable=False),
        sa.Column("card_step", sa.Text, nullable=False),
        sa.Column("card_original_message_id", sa.BigInteger),
        sa.Column("card_posted_channel_id", sa.BigInteger),
        sa.Column("card_posted_message_id", sa.BigInteger),
        sa.Column("card_nonce", sa.Text),
        sa.Column("card_nonce_at", sa.BigInteger),
        sa.Column("card_files", sa.Text, nullable=False),
        sa.Column("card_digest", sa.Text),
    ]


def _who_works_on_it() -> list[sa.Column[object]]:
    return [
        sa.Column("poll_owner", sa.Text),
        sa.Column("poll_until", sa.BigInteger, nullable=False),
        sa.Column("announce_owner", sa.Text),
        sa.Column("announce_until", sa.BigInteger, nullable=False),
        sa.Column("announced_version", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("latest_due_at", sa.BigInteger, nullable=False),
        sa.Column("not_before", sa.BigInteger, nullable=False),
    ]
