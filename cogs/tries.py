"""What became of the HTTP requests that one call sent: only that tells whether one of them may have arrived.

A library that repeats a request tells no more than how the last one ended. The requests are watched from below
(`bot.tracing`), in the task that sends them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_SERVER_ERROR = 500

_watched: ContextVar[Tries | None] = ContextVar("tries", default=None)


class Tries:
    """The requests of one call, in their order: each has begun, may have left, and may have got an answer."""

    def __init__(self) -> None:
        self._has_left: list[bool] = []
        self._statuses: list[int | None] = []

    def begin(self) -> None:
        """Note a request that has no connection yet."""
        self._has_left.append(False)
        self._statuses.append(None)

    def leave(self) -> None:
        """Note that the latest request got a connection and was written to it."""
        if self._has_left:
            self._has_left[-1] = True

    def answer(self, status: int) -> None:
        """Note the status that the latest request was answered with."""
        if self._statuses:
            self._statuses[-1] = status

    @property
    def may_have_taken_effect(self) -> bool:
        """Whether one of them left and was not refused: it got no answer, a success, or a server's error.

        Also where none was seen at all: then nothing is known.
        """
        pairs = zip(self._has_left, self._statuses, strict=True)
        return not self._has_left or any(has_left and not _is_refusal(status) for has_left, status in pairs)


def _is_refusal(status: int | None) -> bool:
    return status is not None and 300 <= status < _SERVER_ERROR  # noqa: PLR2004 - redirections and refusals


@contextmanager
def watched_tries() -> Iterator[Tries]:
    """Watch the requests that this task sends in the block."""
    tries = Tries()
    token = _watched.set(tries)
    try:
        yield tries
    finally:
        _watched.reset(token)


def tries_of_this_task() -> Tries | None:
    """Return what watches the requests of the running task, for whoever sees them leave."""
    return _watched.get()
