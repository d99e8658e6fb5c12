"""The tests' side of the warm start: asks the server for processes."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sandbox.spawning import Launch, Process, spawn_interpreter

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 60.0
_BACKLOG = 64
# What an interpreter looks at while it starts, and never again: who changes one of these gets a new interpreter.
_READ_AT_START = ("COVERAGE", "LANG", "LC_", "LD_", "MALLOC_", "PYTHON", "TZ")


class WarmStarter:
    """Starts processes as forks of a server, which starts with the first of them."""

    def __init__(self, folder: Path) -> None:
        self._address = str(folder / "server")
        self._server: subprocess.Popen[bytes] | None = None
        self._read_at_start: Mapping[str, str] = {}

    async def __call__(self, launch: Launch) -> Process:
        """Start a process; a new interpreter where a fork could not be like one."""
        if self._server is None:
            self._start(launch.env)
        if _read_at_start(launch.env) != self._read_at_start:
            return await spawn_interpreter(launch)
        return await _ask(self._address, launch)

    def _start(self, env: Mapping[str, str]) -> None:
        self._read_at_start = _read_at_start(env)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self._address)
            listener.listen(_BACKLOG)
            self._server = subprocess.Popen(  # noqa: S603 - our own interpreter
                [sys.executable, "-m", "tests.warm_start.server", str(listener.fileno())],
                cwd=ROOT,
                env=env,
                stdin=subprocess.PIPE,
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )

    def close(self) -> None:
        """End the server; what it started is left to whoever asked for it."""
        if self._server is not None:
            self._server.communicate()


@contextmanager
def warm_starter() -> Iterator[WarmStarter]:
    """Give a starter whose server ends with the block."""
    folder = Path(tempfile.mkdtemp(prefix="warm-"))  # a socket's path may not be as long as those below pytest's folder
    starter = WarmStarter(folder)
    try:
        yield starter
    finally:
        starter.close()
        shutil.rmtree(folder)


class ForkedProcess:
    """A process that the server forked."""

    def __init__(self, *, pid: int, stdout: asyncio.StreamReader, end: asyncio.Task[int]) -> None:
        self.pid = pid
        self.stdout = stdout
        self._end = end

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for the signal that ended it; None while it runs."""
        return self._end.result() if self._end.done() else None

    async def wait(self) -> int:
        """Wait for its end and return the exit code."""
        return await asyncio.shield(self._end)


async def _ask(address: str, launch: Launch) -> ForkedProcess:
    """Ask the server at `address` for a process, and wait until it leads its session."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address)
    from_process, output = os.pipe()
    request = {"module": launch.module, "arguments": launch.arguments, "folder": str(launch.folder), "env": launch.env}
    socket.send_fds(connection, [json.dumps(request, default=dict).encode() + b"\n"], [output])
    os.close(output)
    stdout = await _reader(from_process)
    reader, writer = await asyncio.open_unix_connection(sock=connection)
    try:
        pid = int(await reader.readline())
    except BaseException:
        writer.close()
        raise
    return ForkedProcess(pid=pid, stdout=stdout, end=asyncio.create_task(_exit_code(reader, writer)))


async def _exit_code(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
    try:
        return int(await reader.readline())
    finally:
        writer.close()


async def _reader(number: int) -> asyncio.StreamReader:
    """Return what reads this pipe, and closes it at its end."""
    reader = asyncio.StreamReader()
    pipe = os.fdopen(number, "rb", buffering=0)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    return reader


def _read_at_start(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(_READ_AT_START)}
