"""How many files the process may have open: each connection is one, and without one nobody can be answered."""

from __future__ import annotations

import asyncio
import errno
import logging
import sys

log = logging.getLogger(__name__)

# Connections to Discord in a burst, to the API, to the database, and files of results, with room.
ENOUGH = 1024
# More than this is never needed, and some systems' limit is in the millions.
WANTED = 65_536
_USED_UP = frozenset({errno.EMFILE, errno.ENFILE})
_TOLD_EVERY_SECONDS = 60.0


def limit() -> int | None:
    """Return how many files the process may have open now; None where the system has no such limit."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - there is none on Windows

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def raise_limit() -> int | None:
    """Raise the limit as far as the process may by itself, and return it."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - there is none on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return limit()


def problem(most: int | None) -> str | None:
    """Return what is wrong with this limit, in a sentence; None where it is enough."""
    if most is None or most >= ENOUGH:
        return None
    return f"The process may have {most} files open, and a burst of commands needs up to {ENOUGH} (`ulimit -n`)."


def tell_seldom(loop: asyncio.AbstractEventLoop) -> None:
    """Have the loop tell once a minute that files have run out: asyncio would tell it at each connection that waits."""
    told_at = -_TOLD_EVERY_SECONDS

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        nonlocal told_at
        error = context.get("exception")
        if not isinstance(error, OSError) or error.errno not in _USED_UP:
            loop.default_exception_handler(context)
        elif loop.time() - told_at >= _TOLD_EVERY_SECONDS:
            told_at = loop.time()
            log.error("too many files are open (%s of them may be): connections have to wait", limit())

    loop.set_exception_handler(handle)
