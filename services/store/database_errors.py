"""Which errors of a database mean that it did not answer; the rest are mistakes of ours and stay what they are."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg  # type: ignore[import-untyped]  # it has no type hints
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# SQLSTATE classes (PostgreSQL, appendix A): connection, resources, operator's intervention, system errors; and the
# two in which the server cannot be logged in to or has no such database.
_AWAY_CLASSES = ("08", "53", "57", "58", "28", "3D")
# And two single ones: somebody else's lock, and a server that takes no writes (a standby, a guard of a full disk).
_AWAY = ("55P03", "25006")
# No connection was to be had: others are in use, by us or by others, and come free.
_NO_PLACE = "53300"
# Undone for another transaction's sake, or cut off by an operator: the same may pass at once, on another connection.
_PASSING = ("40001", "40P01", "57P01", "57P02", "08")
_SQLITE_AWAY = {
    "SQLITE_BUSY",
    "SQLITE_LOCKED",
    "SQLITE_FULL",
    "SQLITE_IOERR",
    "SQLITE_CANTOPEN",
    "SQLITE_READONLY",
    "SQLITE_PROTOCOL",
    # The file holds something else, or is damaged: nothing that a transaction could have done better.
    "SQLITE_NOTADB",
    "SQLITE_CORRUPT",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Outage:
    """The database did not answer.

    `is_passing`: the same transaction may pass if it is tried again at once; `is_crowded`: or as soon as another ends.
    """

    reason: str
    is_passing: bool = False
    is_crowded: bool = False


def outage_of(error: Exception) -> Outage | None:
    """Return what kept the database from answering; None: it did answer, and the call itself is wrong."""
    if isinstance(error, PoolTimeout):
        return Outage(reason="all its connections are busy")
    if isinstance(error, DBAPIError):
        return _from_driver(error)
    if isinstance(error, (OSError, TimeoutError, asyncpg.InterfaceError)):
        return Outage(reason=sentence_of(error))
    if isinstance(error, asyncpg.PostgresError):  # raised while a connection is made, before SQLAlchemy translates
        return _from_state(getattr(error, "sqlstate", None) or "", reason=sentence_of(error))
    return None


def is_passing_perhaps(error: Exception) -> bool:
    """Whether an error that is no outage may be gone at the next try; not where the database judged what it was given.

    A schema that changed under a prepared statement is one: SQLAlchemy empties its caches and raises the error once.
    """
    return isinstance(error, DBAPIError) and not isinstance(error, IntegrityError | DataError)


def _from_driver(error: DBAPIError) -> Outage | None:
    original = error.orig or error
    reason = sentence_of(original)
    # A connection that is cut between two messages can leave the driver in the middle of an operation: it says so
    # with an error of its own, and SQLAlchemy does not take that for a disconnect.
    if error.connection_invalidated or isinstance(original.__cause__, asyncpg.InternalClientError):
        return Outage(reason=reason, is_passing=True)
    sqlite_error = getattr(original, "sqlite_errorname", None)
    if isinstance(sqlite_error, str):
        # Extended names begin with the plain one: SQLITE_IOERR_WRITE, SQLITE_BUSY_TIMEOUT.
        plain = "_".join(sqlite_error.split("_")[:2])
        return Outage(reason=reason) if plain in _SQLITE_AWAY else None
    return _from_state(getattr(original, "sqlstate", None) or "", reason=reason)


def _from_state(state: str, *, reason: str) -> Outage | None:
    if state == _NO_PLACE:
        return Outage(reason=reason, is_crowded=True)
    if state.startswith(_PASSING):
        return Outage(reason=reason, is_passing=True)
    if state.startswith(_AWAY_CLASSES) or state in _AWAY:
        return Outage(reason=reason)
    return None


def sentence_of(error: BaseException) -> str:
    """Return the error's first line: the rest may quote a row."""
    lines = str(error).strip().splitlines()
    text = lines[0] if lines else ""
    # SQLAlchemy's asyncpg adapter puts the class's repr before the message.
    return text.rpartition(">: ")[2] or type(error).__name__
