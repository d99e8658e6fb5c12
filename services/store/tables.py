"""The tables, their indexes, and the conditions that the indexes are made for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import cast

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    literal_column,
)

from services.errors import FailureKind
from services.jobs.card import CardFile, DeliveryRoute, ResultShown
from services.jobs.model import (
    COUNTED,
    FOLLOWED,
    IN_FLIGHT,
    LIVE,
    CancelState,
    JobFailure,
    JobStatus,
    Json,
    MediaKind,
    MediaRef,
    MediaSource,
    Output,
    Relation,
)
from services.store.column_types import AsJson, PlainText, UsDollars, UtcMicros, Word

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    },
)


# What reads JSON raises an error where it has another shape than what is written.


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError(type(value))
    return value


def _inputs(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise TypeError(type(value))
    return value


def _media_to_json(media: tuple[MediaRef, ...]) -> Json:
    return [asdict(medium) for medium in media]


def _media(value: Json) -> tuple[MediaRef, ...]:
    rows = cast("list[dict[str, str]]", value)
    return tuple(
        MediaRef(
            kind=MediaKind(row["kind"]),
            source=MediaSource(row["source"]),
            url=_text(row["url"]),
            name=_text(row["name"]),
        )
        for row in rows
    )


def _outputs_to_json(outputs: tuple[Output, ...]) -> Json:
    return [asdict(output) for output in outputs]


def _outputs(value: Json) -> tuple[Output, ...]:
    rows = cast("list[dict[str, str]]", value)
    return tuple(Output(url=_text(row["url"]), kind=MediaKind(row["kind"])) for row in rows)


def _failure(value: Json) -> JobFailure:
    row = cast("dict[str, str]", value)
    return JobFailure(kind=FailureKind(row["kind"]), reason=_text(row["reason"]))


def _files_to_json(files: tuple[CardFile, ...]) -> Json:
    return [asdict(file) for file in files]


def _files(value: Json) -> tuple[CardFile, ...]:
    rows = cast("list[dict[str, int | str]]", value)
    return tuple(CardFile(attachment_id=int(row["attachment_id"]), filename=str(row["filename"])) for row in rows)


def _numbers(value: Json) -> tuple[int, ...]:
    return tuple(int(number) for number in cast("list[int]", value))


# One row per person who ever had a job: what is locked on PostgreSQL while their quota is counted.
users = Table("users", metadata, Column("user_id", BigInteger, primary_key=True, autoincrement=False))

notes = Table(
    "notes",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", PlainText, nullable=False),
)

# Who works on this database, and when each gave its last sign of life: microseconds of the database's own clock.
processes = Table(
    "processes",
    metadata,
    Column("worker_id", Text, primary_key=True),
    Column("seen_at", BigInteger, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    # Settles the order of jobs that were accepted in the same microsecond.
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("job_id", Text, nullable=False, unique=True),
    Column("interaction_id", BigInteger, nullable=False, unique=True),
    # The job that this one came from; what it is to that stands below.
    Column("parent_id", Text),
    Column("owner_id", BigInteger, ForeignKey("users.user_id"), nullable=False),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger, nullable=False),
    Column("command", PlainText, nullable=False),
    Column("model_id", PlainText, nullable=False),
    Column("prompt", PlainText, nullable=False),
    # Id and prompt case-folded by Unicode's rules: SQLite's own lower() knows ASCII only.
    Column("search_text", PlainText, nullable=False),
    Column("inputs", AsJson(dict, _inputs), nullable=False),
    Column("is_private", Boolean, nullable=False),
    Column("status", Word(JobStatus), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("created_at", UtcMicros, nullable=False),
    Column("changed_at", UtcMicros, nullable=False),
    Column("deadline", UtcMicros, nullable=False),
    Column("submitted_at", UtcMicros),
    Column("queued_at", UtcMicros),
    Column("started_at", UtcMicros),
    Column("finished_at", UtcMicros),
    Column("request_id", PlainText),
    Column("queue_position", BigInteger),
    Column("outputs", AsJson(_outputs_to_json, _outputs), nullable=False),
    Column("cost", UsDollars),
    Column("failure", AsJson(asdict, _failure)),
    Column("cancel", Word(CancelState), nullable=False),
    # Who asks the API about the job, and until when: microseconds of the database's own clock, 0 is free.
    Column("poll_worker", Text),
    Column("poll_until", BigInteger, nullable=False),
    Column("relation", Word(Relation)),
    # How many of its owner's jobs may be in flight with it, as it was when it was accepted.
    Column("running_limit", BigInteger, nullable=False, server_default="1"),
    Column("media", AsJson(_media_to_json, _media), nullable=False, server_default="[]"),
)


# One row per job, made with it: the message that shows it.
cards = Table(
    "cards",
    metadata,
    Column("job_id", Text, ForeignKey("jobs.job_id"), primary_key=True),
    # How it is reached.
    Column("application_id", BigInteger, nullable=False),
    Column("token", PlainText, nullable=False),
    Column("token_until", UtcMicros, nullable=False),
    Column("upload_limit_bytes", BigInteger, nullable=False),
    Column("route", Word(DeliveryRoute), nullable=False),
    Column("original_message_id", BigInteger),
    Column("posted_channel_id", BigInteger),
    Column("posted_message_id", BigInteger),
    Column("nonce", Text),
    Column("nonce_at", UtcMicros),
    # What it shows; without a digest, that is not known.
    Column("files", AsJson(_files_to_json, _files), nullable=False),
    Column("shown_digest", Text),
    Column("shown_status", Word(JobStatus)),
    Column("shown_result", Word(ResultShown)),
    Column("shown_gone", AsJson(list, _numbers)),
    Column("shown_lost", AsJson(list, _numbers)),
    Column("shown_before", AsJson(list, _numbers)),
    # How much it has had to show so far, how much of that it shows (0: nothing), when it has to show the rest (by the
    # bot's clock), when that would be if only what changed since it was last taken were still to be shown (1970:
    # nothing did, or at once), and before when Discord must not be tried again.
    Column("version", BigInteger, nullable=False),
    Column("shown_version", BigInteger, nullable=False),
    Column("due_at", UtcMicros, nullable=False),
    Column("latest_due_at", UtcMicros, nullable=False),
    Column("not_before", UtcMicros, nullable=False),
    # Who draws it, and until when: microseconds of the database's own clock, 0 is free.
    Column("worker", Text),
    Column("leased_until", BigInteger, nullable=False),
)


def status_in(statuses: Iterable[JobStatus]) -> ColumnElement[bool]:
    """Return the condition with its words spelled out: with parameters, a partial index could not be chosen."""
    return jobs.c.status.in_([literal_column(f"'{status.value}'") for status in sorted(statuses)])


# A query uses a partial index only where it repeats the index's condition word for word (SQLite proves no more).
IS_RESUBMISSION = jobs.c.relation == literal_column(f"'{Relation.RESUBMISSION.value}'")
IS_WAITING = status_in({JobStatus.WAITING})
IS_LIVE = status_in(LIVE)
IS_IN_FLIGHT = status_in(IN_FLIGHT)
IS_COUNTED = status_in(COUNTED)
# What somebody may hold a poll lease on.
IS_LEASED = status_in(IN_FLIGHT | FOLLOWED)
IS_BEHIND = cards.c.shown_version < cards.c.version
HAS_TOKEN = cards.c.token != literal_column("''")


def _partial_index(name: str, *columns: Column[object], where: ColumnElement[bool], is_unique: bool = False) -> Index:
    return Index(name, *columns, unique=is_unique, sqlite_where=where, postgresql_where=where)


# Submitted once more at most; an index of all rows would look useless to a planner with statistics.
_partial_index("uq_jobs_resubmission", jobs.c.parent_id, where=IS_RESUBMISSION, is_unique=True)
# A request of the API is one job's, or its result would be posted twice. Ids name no model: one space for all.
_partial_index("uq_jobs_request_id", jobs.c.request_id, where=jobs.c.request_id.is_not(None), is_unique=True)
Index("ix_jobs_history", jobs.c.owner_id, jobs.c.created_at, jobs.c.number)
_partial_index("ix_jobs_counted", jobs.c.owner_id, jobs.c.created_at, where=IS_COUNTED)
_partial_index("ix_jobs_live", jobs.c.owner_id, jobs.c.status, where=IS_LIVE)
_partial_index("ix_jobs_waiting", jobs.c.owner_id, jobs.c.created_at, jobs.c.number, where=IS_WAITING)
_partial_index("ix_jobs_leases", jobs.c.poll_until, where=IS_LEASED)
_partial_index("ix_jobs_poll_worker", jobs.c.poll_worker, where=jobs.c.poll_worker.is_not(None))
_partial_index("ix_cards_worker", cards.c.worker, where=cards.c.worker.is_not(None))
_partial_index("ix_cards_behind", cards.c.due_at, where=IS_BEHIND)
_partial_index("ix_cards_tokens", cards.c.token_until, where=HAS_TOKEN)
