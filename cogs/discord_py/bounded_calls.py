"""Calls to Discord that end in time: discord.py waits out rate limits and server errors in place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

# How long a call that was cut short may take to put its locks back. A slower one only waits, and sends nothing.
_TIDY_SECONDS = 1.0


async def call_within(call: Coroutine[Any, Any, T], *, seconds: float, after_cut: Callable[[], None]) -> T:
    """Return the call's result; `after_cut` runs where it was cut short. Raises: what it raises; TimeoutError.

    The call runs as a task of its own, so that it is cancelled once at most, whoever gives up first: a second
    cancellation would meet discord.py 2.7.1 while it puts its rate limit back, and the limit would stay taken.
    """
    task = asyncio.create_task(call)
    task.add_done_callback(_note_its_end)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            await _cut(task, after_cut)
    if not task.done() or task.cancelled():
        raise TimeoutError
    return task.result()


async def _cut(task: asyncio.Task[T], after_cut: Callable[[], None]) -> None:
    task.cancel()
    try:
        await asyncio.wait({task}, timeout=_TIDY_SECONDS)
    finally:
        after_cut()


def _note_its_end(task: asyncio.Task[Any]) -> None:
    """Read a failure that nobody waits for any more, so that asyncio does not report it."""
    if not task.cancelled():
        task.exception()
