"""Runs the real bot and kills it (SIGKILL) before or after the nth commit that changes a job.

`python -m tests.acceptance.kill_points before:3 run --config FILE`. Commits are counted from the one that accepts
the first job. Nothing of the bot knows of it: the database driver's commit is wrapped, as a power cut would hit it.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

from bot.__main__ import main

ACCEPTS = re.compile(r"\s*INSERT INTO jobs\b", re.IGNORECASE)
CHANGES = re.compile(r"\s*(INSERT INTO|UPDATE) jobs\b", re.IGNORECASE)


class KillPoint:
    """Counts commits that changed a job, and ends the process at one of them without any farewell."""

    def __init__(self, *, when: str, at: int) -> None:
        self._when = when
        self._at = at
        self._count = 0
        self._has_begun = False
        self._dirty: set[int] = set()

    def saw_statement(self, connection: object, statement: str, rowcount: int) -> None:
        """Note that the open transaction of this connection changes a job."""
        self._has_begun = self._has_begun or bool(ACCEPTS.match(statement))
        if self._has_begun and CHANGES.match(statement) and rowcount != 0:
            self._dirty.add(id(connection))

    def committing(self, connection: object, commit: Callable[[], None]) -> None:
        """Commit, or die on one side of it."""
        if id(connection) not in self._dirty:
            commit()
            return
        self._dirty.discard(id(connection))
        self._count += 1
        if self._count == self._at and self._when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        commit()
        if self._count == self._at and self._when == "after":
            os.kill(os.getpid(), signal.SIGKILL)


def install(point: KillPoint) -> None:
    """Watch every engine's statements and commits."""

    @event.listens_for(Engine, "after_cursor_execute")
    def _executed(
        conn: Any,  # noqa: ANN401 - SQLAlchemy's event hands over its own connection
        cursor: Any,  # noqa: ANN401 - and the driver's cursor
        statement: str,
        *_: object,
    ) -> None:
        point.saw_statement(conn.connection.dbapi_connection, statement, cursor.rowcount)

    original: Callable[[DefaultDialect, Any], None] = DefaultDialect.do_commit

    def do_commit(self: DefaultDialect, dbapi_connection: Any) -> None:  # noqa: ANN401 - the driver's connection
        driver = getattr(dbapi_connection, "dbapi_connection", dbapi_connection)  # the pool hands over its proxy
        point.committing(driver, lambda: original(self, dbapi_connection))

    DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]  # the one seam below every commit


if __name__ == "__main__":
    when, _, number = sys.argv[1].partition(":")
    install(KillPoint(when=when, at=int(number)))
    sys.exit(main(sys.argv[2:]))
