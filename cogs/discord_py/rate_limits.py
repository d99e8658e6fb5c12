"""Rate limits that the library does not come back from by itself."""

from __future__ import annotations

import discord


def let_others_go_on(client: discord.Client) -> None:
    """Let other requests go on after one of ours was cut short.

    discord.py 2.7.1 holds back everything while a request waits out a global rate limit, and for ever where that
    request is cancelled in its wait.
    """
    client.http._global_over.set()  # noqa: SLF001 - there is no other way to it


def lacks_retry_after(error: BaseException) -> bool:
    """Whether the error is what comes of a 429 that names no pause: discord.py 2.7.1 reads `retry_after` of each."""
    return isinstance(error, KeyError) and error.args == ("retry_after",)
