"""Loads what the bot stands on, then forks once for each request: `python -m tests.warm_start.server LISTENER`.

LISTENER is an inherited socket. Each connection to it asks for one process, and hands over the file for its output.
The process answers with its own id as soon as it leads its session; when it has ended, the server sends the exit code.
Nothing but the imports is shared: the fork has the environment, the folder, the signals and the standard streams that
a new interpreter would have, runs the module as `__main__`, and ends as an interpreter ends. The server ends with its
standard input.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
from typing import TypedDict

# What `run`, `check`, `sync`, `migrate` and `adopt` load, and what those load while they work.
PRELOADED = (
    "bot.checks.all_checks",
    "bot.command_line",
    "bot.maintenance",
    "bot.running",
    "aiosqlite",
    "asyncpg",
    "alembic.autogenerate",
    "alembic.ddl.postgresql",
    "alembic.ddl.sqlite",
    "discord.ext.commands",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.dialects.sqlite.aiosqlite",
)
CHUNK_BYTES = 65_536


class Request(TypedDict):
    """What a fork is to run: `sandbox.spawning.Launch` as it travels."""

    module: str
    arguments: list[str]
    folder: str
    env: dict[str, str]


class Server:
    """Forks for whoever connects, and tells each when its process has ended."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._alarm, self._ring = socket.socketpair()
        self._running: dict[int, socket.socket] = {}

    def serve(self) -> Request:
        """Serve until standard input ends; return, in each fork, what it is to run."""
        self._ring.setblocking(False)  # noqa: FBT003 - the name says it
        signal.set_wakeup_fd(self._ring.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        while True:
            ready, _, _ = select.select((sys.stdin, self._listener, self._alarm), (), ())
            if sys.stdin in ready:
                sys.exit(0)
            if self._alarm in ready:
                self._alarm.recv(CHUNK_BYTES)
                self._tell_ends()
            if self._listener in ready and (request := self._fork()):
                return request

    def _tell_ends(self) -> None:
        for pid in tuple(self._running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                with self._running.pop(pid) as connection, contextlib.suppress(OSError):
                    connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))

    def _fork(self) -> Request | None:
        """Fork for the one who connects now; return its request in the fork alone."""
        connection, _ = self._listener.accept()
        message, (output, *_), _, _ = socket.recv_fds(connection, CHUNK_BYTES, 1)
        while not message.endswith(b"\n"):
            message += connection.recv(CHUNK_BYTES)
        pid = os.fork()
        if pid:
            os.close(output)
            self._running[pid] = connection
            return None
        for one in (self._listener, self._alarm, self._ring, *self._running.values()):
            one.close()
        request: Request = json.loads(message)
        become(request, output)
        with connection:
            connection.sendall(b"%d\n" % os.getpid())
        return request


def become(request: Request, output: int) -> None:
    """Make this fork what a new interpreter would be."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for target, source in ((0, nothing), (1, output), (2, output)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(output)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["folder"])
    sys.path[0] = request["folder"]
    sys.argv = [request["module"], *request["arguments"]]


def main() -> None:
    """Serve; a fork comes out of it and runs its module."""
    for name in PRELOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a collection in a fork would copy every page that it looks at
    request = Server(socket.socket(fileno=int(sys.argv[1]))).serve()
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
