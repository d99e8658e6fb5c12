"""The promise as one assertion: never lost, never paid for twice, never posted twice. Read from outside the bot."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sandbox.discord.messages import Message
from sandbox.sandbox import Sandbox
from tests.rig import until

ENDS = frozenset({"succeeded", "failed", "cancelled", "expired", "unconfirmed"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What the database says of a job."""

    job_id: str
    status: str
    request_id: str | None
    prompt: str
    is_shown: bool  # the card shows the newest version

    @property
    def is_settled(self) -> bool:
        """Whether the job has ended and its card says so."""
        return self.status in ENDS and self.is_shown


def records(data_dir: Path) -> list[Record]:
    """Read every job, oldest first; none where the bot has not made its database yet."""
    path = data_dir / "jobs.db"
    if not path.exists():
        return []
    query = (
        "SELECT job_id, status, request_id, prompt, cards.version <= shown_version"
        " FROM jobs JOIN cards USING (job_id) ORDER BY number"
    )
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        return [
            Record(job_id=row[0], status=row[1], request_id=row[2], prompt=row[3], is_shown=bool(row[4]))
            for row in connection.execute(query)
        ]


async def settled(sandbox: Sandbox, *, count: int = 1, timeout_seconds: float = 25) -> list[Record]:
    """Wait until `count` jobs have ended and their cards show it, and return them."""

    def are_settled() -> bool:
        found = records(sandbox.data_dir)
        return len(found) >= count and all(record.is_settled for record in found)

    try:
        await until(are_settled, what="every job's end", timeout_seconds=timeout_seconds)
    except TimeoutError as error:
        raise TimeoutError(f"not settled: {records(sandbox.data_dir)}") from error
    return records(sandbox.data_dir)


def messages_with_result(sandbox: Sandbox, job_id: str) -> list[Message]:
    """Return the messages, in any channel, at which a file of this job hangs."""
    return [
        message
        for message in sandbox.state.messages.values()
        if not message.is_deleted and any(file.filename.startswith(job_id) for file in message.attachments)
    ]


def assert_promise_kept(sandbox: Sandbox, found: list[Record]) -> None:
    """Assert for each accepted job: one end, at most one paid submit, and its result in exactly one message."""
    submits = [str(request.inputs["prompt"]) for request in sandbox.model_api.submits]
    for record in found:
        assert record.is_settled, record
        paid = submits.count(record.prompt)
        assert paid <= 1, f"{record} was submitted {paid} times"
        with_result = messages_with_result(sandbox, record.job_id)
        if record.status == "succeeded":
            assert paid == 1
            assert len(with_result) == 1, f"{record} has its result in {len(with_result)} messages"
            assert len(with_result[0].attachments) == 1, f"{record} has its result doubled in its message"
        else:
            assert not with_result
