"""How watchers learn that the state changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

_Found = TypeVar("_Found")


class ChangeKind(StrEnum):
    """What happened."""

    MESSAGE_CREATED = "message created"
    MESSAGE_EDITED = "message edited"
    MESSAGE_DELETED = "message deleted"
    CHANNEL_DELETED = "channel deleted"
    INTERACTION_CREATED = "interaction created"
    INTERACTION_ANSWERED = "interaction answered"
    COMMANDS_REGISTERED = "commands registered"
    TYPING = "typing"


@dataclass(slots=True, kw_only=True, frozen=True)
class Change:
    """One change, and which things it concerns."""

    kind: ChangeKind
    at: datetime
    message_id: int | None = None
    interaction_id: int | None = None
    channel_id: int | None = None


class Changes:
    """Calls each listener on each change, and wakes those who wait for a condition."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Change], None]] = []

    def listen(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Have `listener` called on every change from now on; returns the way to end it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def publish(self, change: Change) -> None:
        """Tell every listener."""
        for listener in list(self._listeners):
            listener(change)

    async def wait_for(self, condition: Callable[[], _Found | None], *, seconds: float) -> _Found:
        """Wait until `condition` finds something (neither None nor False), asked anew at each change.

        `seconds` are real ones. Raises: TimeoutError.
        """
        woken = asyncio.Event()
        end = self.listen(lambda _: woken.set())
        try:
            async with asyncio.timeout(seconds):
                while True:
                    woken.clear()
                    found = condition()
                    if found is not None and found is not False:
                        return found
                    await woken.wait()
        finally:
            end()
