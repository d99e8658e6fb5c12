"""PgBouncer before the tests' PostgreSQL server, giving each transaction whichever session is free."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import tempfile
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest

PORT = 6432
_SETTINGS = """
[databases]
* = host={server} user=postgres
[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {folder}
auth_type = any
pool_mode = transaction
default_pool_size = 2
"""


def find_pgbouncer() -> str:
    """Return the program's path; skip the test where it is not installed."""
    found = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    return found or pytest.skip("PgBouncer is not installed")


@asynccontextmanager
async def pooled(url: str) -> AsyncIterator[str]:
    """Run PgBouncer before the server of a database, and give the database's address there."""
    address = urlsplit(url)
    (server,) = parse_qs(address.query)["host"]
    program = find_pgbouncer()
    folder = _folder(server)
    process = await asyncio.create_subprocess_exec(
        program, "-q", *_user(server), str(folder / "pgbouncer.ini"), stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        async with asyncio.timeout(10):
            while not await _listens(folder):
                assert process.returncode is None, "PgBouncer ended"
                await asyncio.sleep(0.02)
        yield f"{address.scheme}://postgres@{address.path}?host={quote(str(folder), safe='')}&port={PORT}"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        shutil.rmtree(folder, ignore_errors=True)


async def _listens(folder: Path) -> bool:
    """Whether it takes connections: its socket is there a moment before that."""
    try:
        _, writer = await asyncio.open_unix_connection(folder / f".s.PGSQL.{PORT}")
    except OSError:
        return False
    writer.close()
    return True


def _folder(server: str) -> Path:
    """Make a folder for its settings and its socket."""
    folder = Path(tempfile.mkdtemp(prefix="pooler-"))
    folder.chmod(0o777)
    (folder / "pgbouncer.ini").write_text(_SETTINGS.format(server=server, port=PORT, folder=folder))
    return folder


def _user(server: str) -> tuple[str, ...]:
    """Return the arguments by which it runs as one who may enter the server's folder; root it refuses to be."""
    return ("-u", pwd.getpwuid(Path(server).stat().st_uid).pw_name) if os.geteuid() == 0 else ()
