"""Waits for the state without checking again at every change: a hundred clients may wait at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from sandbox.discord.changes import Change, Changes

_Found = TypeVar("_Found")
_STEP_SECONDS = 0.25


async def wait_for(
    changes: Changes,
    condition: Callable[[], _Found | None],
    *,
    concerns: Callable[[Change], bool],
    timeout_seconds: float,
) -> _Found:
    """Wait until `condition` finds something (neither None nor False) and return it.

    It is asked at each change that `concerns` what is waited for, and now and then besides, since time passes without
    a change and a condition may look elsewhere.

    Raises: TimeoutError where it found nothing within `timeout_seconds` of real time.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + timeout_seconds
    woken = asyncio.Event()

    def listener(change: Change) -> None:
        if concerns(change):
            woken.set()

    end = changes.listen(listener)
    try:
        while True:
            woken.clear()
            found = condition()
            if found is not None and found is not False:
                return found
            left = until - loop.time()
            if left <= 0:
                raise TimeoutError
            try:
                async with asyncio.timeout(min(left, _STEP_SECONDS)):
                    await woken.wait()
            except TimeoutError:
                continue
    finally:
        end()
