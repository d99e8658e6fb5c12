"""The connections to Discord: how many at once, and by which way."""

from __future__ import annotations

import sys

import aiohttp

from services.proxies import Proxies, ProxyConnector

# The part of the process's open files that connections to Discord may take; the rest is the database's, the Model
# API's, the results' and the health checks'.
_SHARE = 3
_LEAST, _MOST = 16, 512


def discord_connector() -> aiohttp.TCPConnector:
    """Return what opens the connections: a burst of commands waits for a free one rather than run out of files."""
    return ProxyConnector(Proxies.of_this_process(), limit=connection_limit(open_files_limit()))


def way_to(url: str) -> str:
    """Return how an address is reached where that is worth a word: " through the proxy …", else nothing.

    Raises: StartupError where a variable names what cannot be used as a proxy.
    """
    proxy = Proxies.of_this_process().of(url)
    return f" through {proxy}" if proxy else ""


def open_files_limit() -> int:
    """Return how many files the process may have open at once; -1: any number."""
    if sys.platform == "win32":
        return -1
    import resource  # noqa: PLC0415 - not on every system

    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def connection_limit(open_files: int) -> int:
    """Return how many connections fit the limit of open files (-1: none)."""
    return _MOST if open_files < 0 else max(_LEAST, min(open_files // _SHARE, _MOST))
