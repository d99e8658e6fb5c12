"""The bot under test as a process of its own: started, killed, stopped and started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.discord.gateway import Gateway
from sandbox.discord.state import DiscordState
from sandbox.spawning import Launch, Process, Spawn, spawn_interpreter

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 30.0
_STOP_SECONDS = 15.0
_POLL_SECONDS = 0.02
_CHUNK_BYTES = 65_536
_TAIL_BYTES = 6_000
# Secrets of the operator's own bot; and a bot that is started many times should be compiled once.
_NOT_INHERITED = ("DISCORD_TOKEN", "RUNCOMFY_API_TOKEN", "PYTHONDONTWRITEBYTECODE")
_NOT_INHERITED_PREFIX = "COMFYCORD_"


class BotExitedError(Exception):
    """The bot's process ended although it should run; carries the end of its log."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How a process ended: its exit code (negative: killed by that signal), and how long it took to."""

    code: int
    seconds: float


class BotProcess:
    """`python -m MODULE ARGUMENTS` in the project's folder, in a process group of its own.

    `async with BotProcess(…) as bot:` starts it; leaving the block kills whatever of the group still lives, also when
    the block is cancelled. By default it runs `python -m bot run --config CONFIG`. The environment is this process's
    own, without the bot's settings in it, and with `env` over it. `spawn` starts it.
    """

    def __init__(
        self,
        *,
        config: Path,
        state: DiscordState,
        gateway: Gateway,
        module: str = "bot",
        arguments: Sequence[str] | None = None,
        env: Mapping[str, str] | None = None,
        spawn: Spawn = spawn_interpreter,
    ) -> None:
        self.config = config
        self._state = state
        self._gateway = gateway
        self._launch = Launch(
            module=module,
            arguments=tuple(arguments or ("run", "--config", str(config))),
            folder=ROOT,
            env=_environment(env or {}),
        )
        self._spawn = spawn
        self._process: Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._log = bytearray()
        self._logins_before = 0

    # Life

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._signal_group(signal.SIGKILL)  # before anything is awaited, so that a cancellation cannot prevent it
        if self._process is not None:
            await self._process.wait()
        await self._finish_log()

    async def start(self) -> None:
        """Start the process; it must not be running."""
        if self.is_running:
            msg = "the bot runs already"
            raise RuntimeError(msg)
        self._logins_before = len(self._gateway.logins)
        self._process = await self._spawn(self._launch)
        self._reader = asyncio.get_running_loop().create_task(self._read_log(self._process))

    async def wait_ready(self, *, timeout_seconds: float = READY_SECONDS) -> Self:
        """Wait until this start has logged in to the gateway and commands are registered, as the local Discord sees it.

        Raises: BotExitedError where the process ended instead; TimeoutError with the end of the log where it
        was not ready within `timeout_seconds`.
        """
        await self.until(lambda: self.is_ready, what="ready", timeout_seconds=timeout_seconds)
        return self

    async def until(self, condition: Callable[[], bool], *, what: str, timeout_seconds: float = READY_SECONDS) -> None:
        """Wait until `condition` holds while the bot runs.

        Raises: BotExitedError where the process ended before; TimeoutError where it did not hold within
        `timeout_seconds`.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                while not condition():
                    if not self.is_running:
                        await self._finish_log()
                        raise BotExitedError(f"the bot exited with {self.exit_code} before {what}:\n{self.log_tail}")
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError as error:
            raise TimeoutError(f"not {what} after {timeout_seconds} s:\n{self.log_tail}") from error

    async def wait_for_log(self, text: str, *, timeout_seconds: float = READY_SECONDS) -> None:
        """Wait until `text` stands in the log.

        Raises: BotExitedError where the process ended before; TimeoutError where it was not there within
        `timeout_seconds`.
        """
        await self.until(lambda: text in self.log, what=f"logging {text!r}", timeout_seconds=timeout_seconds)

    async def wait_exit(self, *, timeout_seconds: float = _STOP_SECONDS) -> Ended:
        """Wait until the process has ended by itself.

        Raises: TimeoutError where it still runs after `timeout_seconds`.
        """
        process, began = self._require_process(), time.monotonic()
        try:
            async with asyncio.timeout(timeout_seconds):
                code = await process.wait()
        except TimeoutError as error:
            raise TimeoutError(f"the bot had not exited after {timeout_seconds} s:\n{self.log_tail}") from error
        await self._finish_log()
        return Ended(code=code, seconds=time.monotonic() - began)

    async def terminate(self, *, timeout_seconds: float = _STOP_SECONDS) -> Ended:
        """Ask the process to stop with SIGTERM and wait for it.

        Raises: TimeoutError where it still runs after `timeout_seconds`.
        """
        if self.is_running:
            with contextlib.suppress(ProcessLookupError):  # it may end at this very moment
                os.kill(self.pid, signal.SIGTERM)
        return await self.wait_exit(timeout_seconds=timeout_seconds)

    async def kill(self) -> Ended:
        """Kill the process and whatever it started with SIGKILL, and wait until it is gone."""
        self._signal_group(signal.SIGKILL)
        return await self.wait_exit()

    async def restart(self) -> Self:
        """Kill the process where it runs, start it again, and wait until it is ready."""
        if self.is_running:
            await self.kill()
        await self.start()
        return await self.wait_ready()

    # What is known of it

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.returncode is None

    @property
    def is_ready(self) -> bool:
        """Whether it runs, this start has logged in to the gateway, and commands are registered."""
        has_commands = any(self._state.commands.scopes.values())
        has_logged_in = len(self._gateway.logins) > self._logins_before and self._gateway.is_connected
        return self.is_running and has_commands and has_logged_in

    @property
    def exit_code(self) -> int | None:
        """The last start's exit code; None while it runs."""
        return None if self._process is None else self._process.returncode

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._require_process().pid

    @property
    def log(self) -> str:
        """All that it has written so far, on both streams, over all its starts."""
        return self._log.decode(errors="replace")

    def log_after(self, byte_count: int) -> bytes:
        """Return what it has written after the first `byte_count` bytes."""
        return bytes(self._log[byte_count:])

    @property
    def log_tail(self) -> str:
        """The end of the log, in whole lines."""
        tail = self._log[-_TAIL_BYTES:]
        if len(tail) < len(self._log):
            tail = tail.partition(b"\n")[2] or tail
        return tail.decode(errors="replace")

    def _require_process(self) -> Process:
        if self._process is None:
            msg = "the bot was never started"
            raise RuntimeError(msg)
        return self._process

    def _signal_group(self, number: signal.Signals) -> None:
        """Signal the whole group: it may outlive its leader."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    async def _read_log(self, process: Process) -> None:
        if process.stdout is not None:
            while chunk := await process.stdout.read(_CHUNK_BYTES):
                self._log += chunk

    async def _finish_log(self) -> None:
        if self._reader is not None:
            self._signal_group(signal.SIGKILL)  # a child that holds the pipe would keep the log open
            await self._reader


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in _NOT_INHERITED and not name.startswith(_NOT_INHERITED_PREFIX)
    }
    return {**inherited, **_ways(inherited, env), "PYTHONUNBUFFERED": "1", **env}


def _ways(inherited: Mapping[str, str], env: Mapping[str, str]) -> Mapping[str, str]:
    """Return what keeps an operator's proxy out of the way to this machine's own servers, unless `env` names one."""
    if any(name.lower().endswith("_proxy") for name in env):
        return {}
    direct = inherited.get("no_proxy", inherited.get("NO_PROXY", ""))
    return dict.fromkeys(("no_proxy", "NO_PROXY"), ",".join(filter(None, (direct, "127.0.0.1", "localhost"))))
