"""What a cancellation must not cut in two."""

from __future__ import annotations

import asyncio
from typing import TypeVar

T = TypeVar("T")


async def run_to_end(task: asyncio.Future[T], *, grace_seconds: float) -> T:
    """Await a task to its end even when the caller is cancelled; the cancellation goes on afterwards.

    A cancelled caller waits for `grace_seconds` at most, since a stop must not hang on a database that is away; the
    task is cancelled then.
    """
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        try:
            await asyncio.wait({task}, timeout=grace_seconds)
        finally:
            task.cancel()
        raise
