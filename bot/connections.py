"""The connections to Discord: how many at once."""

from __future__ import annotations

import sys

import aiohttp

# The part of the process's open files that connections to Discord may take; the rest is the database's, the Model
# API's, the results' and the health checks'.
_SHARE = 3
_LEAST, _MOST = 16, 512


def discord_connector() -> aiohttp.TCPConnector:
    """Return what opens the connections: a burst of commands waits for a free one rather than run out of files."""
    return aiohttp.TCPConnector(limit=connection_limit(open_files_limit()))


def open_files_limit() -> int:
    """Return how many files the process may have open at once; -1: any number."""
    if sys.platform == "win32":
        return -1
    import resource  # noqa: PLC0415 - not on every system

    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def connection_limit(open_files: int) -> int:
    """Return how many connections fit the limit of open files (-1: none)."""
    return _MOST if open_files < 0 else max(_LEAST, min(open_files // _SHARE, _MOST))
