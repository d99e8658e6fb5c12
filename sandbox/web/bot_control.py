"""The bot under the page: what it does now, and the actions that start, stop and kill it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from enum import StrEnum

from sandbox.bot_process import BotProcess
from sandbox.discord.wire import JsonObject


class BotState(StrEnum):
    """What the bot does."""

    STARTING = "starting"
    ONLINE = "online"
    STOPPED = "stopped"  # by a person
    EXITED = "exited"  # by itself


_TEXTS = {
    BotState.STARTING: "The bot is starting…",
    BotState.ONLINE: "The bot is online.",
    BotState.STOPPED: "The bot was stopped.",
    BotState.EXITED: "The bot ended by itself; its log says why.",
}


class BotControl:
    """One bot process in a person's hands. Actions come one after the other, and end even if the page that asked goes.

    `is_online` tells whether the running process is of use yet.
    """

    def __init__(self, process: BotProcess, *, is_online: Callable[[], bool]) -> None:
        self.process = process
        self._is_online = is_online
        self._was_stopped = False
        self._turn = asyncio.Lock()
        self._actions: set[asyncio.Task[None]] = set()

    @property
    def state(self) -> BotState:
        """What the bot does now."""
        if self.process.is_running:
            return BotState.ONLINE if self._is_online() else BotState.STARTING
        return BotState.STOPPED if self._was_stopped or self.process.exit_code is None else BotState.EXITED

    @property
    def is_wanted(self) -> bool:
        """Whether the bot runs, or at least nobody has stopped it."""
        return self.process.is_running and not self._was_stopped

    def described(self) -> JsonObject:
        """Return what the panel says of it."""
        state = self.state
        return {
            "state": state.value,
            "pid": self.process.pid if self.process.is_running else None,
            "text": _TEXTS[state],
            "log_tail": self.process.log_tail,
        }

    async def start(self) -> None:
        """Start it where it does not run."""
        await self._in_turn(self._start)

    async def stop(self) -> None:
        """Ask it to stop, and wait until it has; kill it where it takes too long."""
        await self._in_turn(self._stop)

    async def kill_and_start(self) -> None:
        """Kill it with SIGKILL and start it again at once."""
        await self._in_turn(self._kill_and_start)

    async def close(self) -> None:
        """Wait for actions that are under way."""
        await asyncio.gather(*self._actions, return_exceptions=True)

    async def _start(self) -> None:
        self._was_stopped = False
        if not self.process.is_running:
            await self.process.start()

    async def _stop(self) -> None:
        self._was_stopped = True
        if not self.process.is_running:
            return
        try:
            await self.process.terminate()
        except TimeoutError:
            await self.process.kill()

    async def _kill_and_start(self) -> None:
        if self.process.is_running:
            await self.process.kill()
        await self._start()

    async def _in_turn(self, action: Callable[[], Awaitable[None]]) -> None:
        await asyncio.shield(self._kept(self._one_by_one(action)))

    async def _one_by_one(self, action: Callable[[], Awaitable[None]]) -> None:
        async with self._turn:
            await action()

    def _kept(self, action: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(action)
        self._actions.add(task)
        task.add_done_callback(self._actions.discard)
        return task
