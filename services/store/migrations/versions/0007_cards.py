"""Gives each job's card a row of its own, and what the card shows typed columns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_BATCH = 1_000
_STATUSES = frozenset(
    (
        *("waiting", "submitting", "queued", "running", "late"),
        *("succeeded", "failed", "cancelled", "expired", "unconfirmed"),
    )
)
_NUMBER_LENGTH = 10
# What keeps its name but for the prefix.
_MOVED = (
    *("application_id", "token", "token_until", "upload_limit_bytes", "route", "original_message_id"),
    *("posted_channel_id", "posted_message_id", "nonce", "nonce_at", "files"),
)
_OPTIONAL = frozenset({"original_message_id", "posted_channel_id", "posted_message_id", "nonce", "nonce_at"})
_NUMBERS = (_OPTIONAL - {"nonce"}) | {"application_id", "token_until", "upload_limit_bytes"}
_SHOWN = ("shown_digest", "shown_status", "shown_result", "shown_gone", "shown_lost", "shown_before")
_RESULT_ONLY = frozenset({"fetching", "unavailable"})
_OWN = ("due_at", "latest_due_at", "not_before")
_cards = sa.table("cards", sa.column("job_id", sa.Text), *(sa.column(name, sa.Text) for name in _SHOWN))
_INDEXES = (
    ("ix_cards_worker", "cards", ["worker"], "worker IS NOT NULL"),
    ("ix_cards_behind", "cards", ["due_at"], "shown_version < version"),
    ("ix_cards_tokens", "cards", ["token_until"], "token != ''"),
)
_OLD_INDEXES = (
    ("ix_jobs_announce_worker", "jobs", ["announce_worker"], "announce_worker IS NOT NULL"),
    ("ix_jobs_unannounced", "jobs", ["due_at"], "announced_version < version"),
    ("ix_jobs_tokens", "jobs", ["card_token_until"], "card_token != ''"),
)


def upgrade() -> None:
    """Move the cards out of the jobs. A card that was behind stays behind, and is drawn once at the most."""
    op.create_table(
        "cards",
        sa.Column("job_id", sa.Text, nullable=False),
        *_card_columns(),
        *(sa.Column(name, sa.Text) for name in _SHOWN),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("shown_version", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in _OWN),
        sa.Column("worker", sa.Text),
        sa.Column("leased_until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_cards"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.job_id"], name="fk_cards_job_id"),
    )
    moved = {name: f"card_{name}" for name in _MOVED}
    same = {name: name for name in ("job_id", "version", *_OWN)}
    renamed = {"shown_version": "announced_version", "worker": "announce_worker", "leased_until": "announce_until"}
    _copy("jobs", "cards", {**same, **moved, **renamed, "shown_digest": "card_digest"})
    _rewrite(_typed)
    _make_indexes(_INDEXES)
    for name, table, _, _ in _OLD_INDEXES:
        op.drop_index(name, table)
    for name in (*moved.values(), "card_digest", *renamed.values(), *_OWN):
        op.drop_column("jobs", name)


def downgrade() -> None:
    """Move the cards back into the jobs, what each shows as one text."""
    for column in _card_columns(prefix="card_"):
        op.add_column("jobs", column)
    op.add_column("jobs", sa.Column("card_digest", sa.Text))
    op.add_column("jobs", sa.Column("announce_worker", sa.Text))
    for name in ("announce_until", "announced_version", *_OWN):
        op.add_column("jobs", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
    _rewrite(_as_text)
    sources = {
        **{f"card_{name}": name for name in _MOVED},
        **{name: name for name in _OWN},
        "card_digest": "shown_digest",
        "announce_worker": "worker",
        "announce_until": "leased_until",
        # A card counts by itself, so all that can be said of a job's version is whether it is shown.
        "announced_version": "CASE WHEN shown_version < cards.version THEN 0 ELSE jobs.version END",
    }
    for target, source in sources.items():
        of_its_card = f"(SELECT {source} FROM cards WHERE cards.job_id = jobs.job_id)"  # noqa: S608 - names of ours
        op.execute(f"UPDATE jobs SET {target} = {of_its_card}")  # noqa: S608 - as above
    op.drop_table("cards")
    _make_indexes(_OLD_INDEXES)


def _card_columns(prefix: str = "") -> list[sa.Column[Any]]:
    """Return the columns that tell how a card is reached and what hangs at it."""
    return [
        sa.Column(
            prefix + name,
            sa.BigInteger if name in _NUMBERS else sa.Text,
            nullable=name in _OPTIONAL,
            # A column that is added to rows that are there needs one.
            server_default=None if name in _OPTIONAL or not prefix else "0" if name in _NUMBERS else "",
        )
        for name in _MOVED
    ]


def _copy(source: str, target: str, columns: Mapping[str, str]) -> None:
    into, of = ", ".join(columns), ", ".join(columns.values())
    op.execute(f"INSERT INTO {target} ({into}) SELECT {of} FROM {source}")  # noqa: S608 - names of ours


def _make_indexes(indexes: Iterable[tuple[str, str, list[str], str]]) -> None:
    for name, table, columns, condition in indexes:
        where = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _rewrite(change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
    """Change what is known of what the cards show, a batch of rows at a time."""
    connection = op.get_bind()
    drawn = sa.select(_cards.c.job_id, *(_cards.c[name] for name in _SHOWN)).where(_cards.c.shown_digest.is_not(None))
    statement = (
        sa.update(_cards)
        .where(_cards.c.job_id == sa.bindparam("wanted"))
        .values({name: sa.bindparam(f"new_{name}") for name in _SHOWN})
    )
    after = ""
    while rows := (
        connection.execute(drawn.where(_cards.c.job_id > after).order_by(_cards.c.job_id).limit(_BATCH))
        .mappings()
        .all()
    ):
        after = rows[-1]["job_id"]
        changed = [(row["job_id"], change(dict(row))) for row in rows]
        connection.execute(
            statement,
            [{"wanted": job_id, **{f"new_{name}": shown.get(name) for name in _SHOWN}} for job_id, shown in changed],
        )


def _typed(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the columns of "<what was shown>:<digest>:<gone>:<lost>:<before>"."""
    shown, digest, gone, lost, before = (*str(row["shown_digest"]).split(":"), "", "", "", "")[:5]
    is_result = shown in _RESULT_ONLY
    return {
        "shown_digest": digest,
        "shown_status": "succeeded" if is_result else shown if shown in _STATUSES else None,
        "shown_result": shown if is_result else "whole",
        "shown_gone": _numbers(gone),
        "shown_lost": _numbers(lost),
        "shown_before": _numbers(before),
    }


def _as_text(row: Mapping[str, Any]) -> Mapping[str, Any]:
    shown = row["shown_result"] if row["shown_result"] in _RESULT_ONLY else row["shown_status"] or ""
    numbers = (json.loads(row[name] or "[]") for name in ("shown_gone", "shown_lost", "shown_before"))
    parts = (shown, row["shown_digest"], *(",".join(map(str, each)) for each in numbers))
    return {"shown_digest": ":".join(parts).rstrip(":")}


def _numbers(text: str) -> str:
    numbers = [int(each) for each in text.split(",") if each.isdecimal() and len(each) < _NUMBER_LENGTH]
    return json.dumps(sorted(set(numbers)))
