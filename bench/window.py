"""How long a command is acknowledged and not yet accepted: what a process that dies then has not promised to keep."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

from bench.burst import CALLBACK, Subject, burst

_LOOK_SECONDS = 0.002


async def windows(subject: Subject, size: int) -> list[float]:
    """Send a burst; return each command's seconds from the answer to its acknowledgement to the commit of its job.

    The commits are seen from outside, a few milliseconds late at most.
    """
    seen: dict[int, float] = {}
    is_over = threading.Event()
    watching = asyncio.create_task(asyncio.to_thread(_watch, subject.sandbox.data_dir / "jobs.db", seen, is_over))
    try:
        await burst(subject, size)
    finally:
        is_over.set()
        await watching
    calls = subject.sandbox.discord.traffic.to(CALLBACK)[-size:]
    answered = {int(call.parameters["interaction_id"]): call.answered_at for call in calls if call.answered_at}
    return [max(0.0, seen[one] - at.timestamp()) for one, at in answered.items() if one in seen]


def _watch(path: Path, seen: dict[int, float], is_over: threading.Event) -> None:
    """Note when each job is there; in a thread, since the sandbox's loop is as busy as the bot's."""
    number = 0
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        while not is_over.wait(_LOOK_SECONDS):
            query = "SELECT number, interaction_id FROM jobs WHERE number > ?"
            rows = connection.execute(query, (number,)).fetchall()
            seen |= dict.fromkeys((row[1] for row in rows), time.time())
            number = max([number, *(row[0] for row in rows)])
