"""How the bot's process comes to life: a new interpreter, unless whoever opens the sandbox knows a quicker way."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class Launch:
    """What is to run: `python -m MODULE ARGUMENTS` in `folder`, with exactly the environment `env`."""

    module: str
    arguments: Sequence[str]
    folder: Path
    env: Mapping[str, str]


class Process(Protocol):
    """A started process that leads a session of its own; what it writes on either stream is its `stdout`."""

    @property
    def pid(self) -> int:
        """The process's id, and its group's."""
        ...

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for the signal that ended it; None while it runs."""
        ...

    @property
    def stdout(self) -> asyncio.StreamReader | None:
        """What it writes, until its end."""
        ...

    async def wait(self) -> int:
        """Wait for its end and return the exit code."""
        ...


class Spawn(Protocol):
    """Starts a process."""

    async def __call__(self, launch: Launch) -> Process:
        """Start it and return it at once."""
        ...


async def spawn_interpreter(launch: Launch) -> Process:
    """Start the module in a new interpreter, this one's kind."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        launch.module,
        *launch.arguments,
        cwd=launch.folder,
        env=launch.env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
