"""What an episode left behind, read from outside the bot: its rows, the Model API's books, Discord's messages."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it has no type hints

from sandbox.client_driver.face import face_of
from sandbox.discord.kinds import InteractionType
from sandbox.discord.messages import Message
from sandbox.model_api.traffic import Route
from sandbox.sandbox import Sandbox

_COLUMNS = (
    "job_id, status, request_id, prompt, interaction_id, owner_id, is_private, route, cards.version, shown_version"
)
_QUERY = f"SELECT {_COLUMNS} FROM jobs JOIN cards USING (job_id) ORDER BY number"  # noqa: S608 - a constant


@dataclass(frozen=True, kw_only=True, slots=True)
class JobRow:
    """What the database says of a job."""

    job_id: str
    status: str
    prompt: str
    interaction_id: int
    owner_id: int
    request_id: str | None = None
    is_private: bool = False
    step: str = "token"
    is_shown: bool = True  # the newest version is acknowledged


@dataclass(frozen=True, kw_only=True, slots=True)
class Paid:
    """A request that the Model API accepted. `answered_at` None: its answer never left whole."""

    request_id: str
    prompt: str
    state: str
    answered_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Posted:
    """A message of the bot's: every text that stood there, the files that hang there now, who sees it (None: all)."""

    texts: tuple[str, ...]
    filenames: tuple[str, ...] = ()
    is_deleted: bool = False
    visible_to: int | None = None
    is_direct: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A command that makes a job, as Discord knows it. `is_answered`: words were shown that are not "thinking"."""

    interaction_id: int
    is_delivered: bool = True
    is_acknowledged: bool = True
    is_answered: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Books:
    """Everything that the judge needs. `kills` are moments; `outages` are spans in which the database was away."""

    jobs: tuple[JobRow, ...] = ()
    paid: tuple[Paid, ...] = ()
    posted: tuple[Posted, ...] = ()
    asked: tuple[Asked, ...] = ()
    kills: tuple[datetime, ...] = ()
    outages: tuple[tuple[datetime, datetime], ...] = ()
    violations: tuple[str, ...] = field(default=())


async def job_rows(url: str) -> list[JobRow]:
    """Read every job, oldest first; none where the bot has made no table yet."""
    if url.startswith("sqlite"):
        rows = _sqlite_rows(Path(url.partition(":///")[2]))
    else:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        try:
            rows = [tuple(row) for row in await connection.fetch(_QUERY)]
        except asyncpg.UndefinedTableError:
            rows = []
        finally:
            await connection.close()
    return [_job_row(row) for row in rows]


def _sqlite_rows(path: Path) -> list[tuple[Any, ...]]:
    if not path.exists():
        return []
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        try:
            return connection.execute(_QUERY).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise


def _job_row(row: tuple[Any, ...]) -> JobRow:
    return JobRow(
        job_id=row[0],
        status=row[1],
        request_id=row[2],
        prompt=row[3],
        interaction_id=row[4],
        owner_id=row[5],
        is_private=bool(row[6]),
        step=row[7],
        is_shown=row[8] <= row[9],
    )


def paid_requests(sandbox: Sandbox) -> tuple[Paid, ...]:
    """Return what the Model API accepted, and when each answer left (a spoiled one did not)."""
    answers = {
        call.request_id: call.answered_at
        for call in sandbox.model_api.traffic.of(Route.SUBMIT)
        if call.request_id is not None and call.fault is None
    }
    return tuple(
        Paid(
            request_id=request.request_id,
            prompt=str(request.inputs["prompt"]),
            state=request.state.value,
            answered_at=answers.get(request.request_id),
        )
        for request in sandbox.model_api.submits
    )


def posted_messages(sandbox: Sandbox) -> tuple[Posted, ...]:
    """Return every message of the bot's."""
    state = sandbox.state
    return tuple(_posted(one) for one in state.messages.values() if one.author_id == state.bot.id)


def _posted(message: Message) -> Posted:
    return Posted(
        texts=tuple(face_of(one.content, one.embeds, one.components).text for one in message.revisions),
        filenames=tuple(file.filename for file in message.attachments),
        is_deleted=message.is_deleted,
        visible_to=message.visible_to,
        is_direct=message.guild_id is None,
    )


def asked_commands(sandbox: Sandbox, *, undelivered: frozenset[int]) -> tuple[Asked, ...]:
    """Return the commands that make jobs; `undelivered` are those for which no session was there."""
    state = sandbox.state
    found = []
    for one in state.interactions.values():
        if one.type is not InteractionType.COMMAND or one.data.get("name") != "edit":
            continue
        ids = [*one.followup_ids, *([one.original_message_id] if one.original_message_id else [])]
        found.append(
            Asked(
                interaction_id=one.id,
                is_delivered=one.id not in undelivered,
                is_acknowledged=one.callback_type is not None,
                is_answered=any(not state.messages[message_id].is_loading for message_id in ids),
            )
        )
    return tuple(found)
