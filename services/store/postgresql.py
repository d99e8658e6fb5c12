"""Opens a PostgreSQL database, directly or through a pooler that gives each transaction another session."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.engine import URL, Connection, ExceptionContext
from sqlalchemy.event import listen
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from services.errors import SettingsError
from services.store.database import Database

log = logging.getLogger(__name__)

# What an address may say after its "?": the driver would take another word for an argument of its own.
_ADDRESS_OPTIONS: Final = frozenset({"host", "port", "ssl", "sslmode", "passfile", "target_session_attrs"})
_SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_CONNECT_SECONDS: Final = 10.0
# The second keeps bytes as they are.
_ENCODINGS: Final = frozenset({"UTF8", "SQL_ASCII"})
_READ_ONLY: Final = "25006"  # read_only_sql_transaction
_SESSION: Final = {"jit": "off", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "60s"}
# PgBouncer takes no session settings in a log-in, and one that was made later would be the next client's as well.
_SET_FOR_THE_TRANSACTION: Final = "SELECT " + ", ".join(
    f"set_config('{name}', '{value}', true)" for name, value in _SESSION.items()
)
# A prepared statement lives in the session that prepared it, so behind a pooler none outlives its transaction.
_UNPREPARED: Final = {
    "statement_cache_size": 0,
    "prepared_statement_cache_size": 0,
    "prepared_statement_name_func": lambda: "",
}


class PlainAsyncpg(PGDialect_asyncpg):
    """SQLAlchemy's dialect without its codecs of JSON columns, of which there are none here.

    To set one up, asyncpg looks its type up outside any transaction: two questions more for each connection, and behind
    a pooler the two halves of each may meet different sessions.
    """

    driver = "asyncpg_plain"
    supports_statement_cache = True

    async def setup_asyncpg_json_codec(self, conn: Any) -> None:  # noqa: ANN401 - the hook's
        """Set up nothing."""

    async def setup_asyncpg_jsonb_codec(self, conn: Any) -> None:  # noqa: ANN401 - the hook's
        """Set up nothing."""


registry.register("postgresql.asyncpg_plain", __name__, PlainAsyncpg.__name__)


@asynccontextmanager
async def open_postgresql(url: URL) -> AsyncIterator[Database]:
    """Open the database that `url` names, and close it at the end. Raises: SettingsError, StoreUnavailable."""
    address = _asyncpg_url(url)
    has_session = await _has_session(address)
    settings = {"server_settings": {"application_name": "comfycord", **_SESSION}} if has_session else _UNPREPARED
    engine = create_async_engine(
        address,
        connect_args={
            "timeout": _CONNECT_SECONDS,
            "command_timeout": 30.0,
            **settings,
        },
        pool_size=10,
        max_overflow=5,
        pool_timeout=10.0,
        pool_recycle=1800,
        hide_parameters=True,
    )
    if not has_session:
        listen(engine.sync_engine, "begin", _set_up_transaction)
    listen(engine.sync_engine, "handle_error", _leave_read_only)
    database = Database(writers=engine, readers=engine, is_alone=False)
    try:
        yield database
    finally:
        await database.settle()
        await engine.dispose()


def _leave_read_only(context: ExceptionContext) -> None:
    """Connect anew where a server takes no writes: after a failover, the address leads to another one."""
    if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
        context.is_disconnect = True


def _set_up_transaction(connection: Connection) -> None:
    connection.exec_driver_sql(_SET_FOR_THE_TRANSACTION)


async def _has_session(address: URL) -> bool:
    """Whether what answers is the very session that was logged in to, and no pooler's.

    A pooler has to make up the process id that it gives at the log-in: it does not know yet which of the server's
    sessions will do the work. Raises: StoreUnavailable; SettingsError where the database cannot keep any text.
    """
    engine = create_async_engine(
        address,
        connect_args={"timeout": _CONNECT_SECONDS, "command_timeout": _CONNECT_SECONDS, **_UNPREPARED},
        poolclass=NullPool,
    )

    async def work(connection: AsyncConnection) -> bool:
        encoding, working = (
            await connection.execute(text("SELECT current_setting('server_encoding'), pg_backend_pid()"))
        ).one()
        if encoding not in _ENCODINGS:
            raise SettingsError(
                f"database.url names a database in {encoding}, which cannot keep what people write: "
                "make one with ENCODING 'UTF8'"
            )
        raw = await connection.get_raw_connection()
        logged_in_to: int = raw.driver_connection.get_server_pid()  # type: ignore[union-attr]  # it has no type hints
        return bool(working == logged_in_to)

    try:
        has_session = await Database(writers=engine, readers=engine, is_alone=False).read(work)
    finally:
        await engine.dispose()
    if not has_session:
        log.info("the database is reached through a connection pooler: nothing is kept in a session")
    return has_session


def _asyncpg_url(url: URL) -> URL:
    """Return the URL for asyncpg, which calls libpq's `sslmode` `ssl`. Raises: SettingsError."""
    unknown = sorted(set(url.query) - _ADDRESS_OPTIONS)
    if unknown:
        known = ", ".join(sorted(_ADDRESS_OPTIONS))
        raise SettingsError(f"database.url has an option {unknown[0]!r} that is not known; known are {known}")
    url = url.set(drivername="postgresql+asyncpg_plain")
    mode = url.query.get("sslmode", url.query.get("ssl"))
    if mode is None:
        return url
    if mode not in _SSL_MODES:
        raise SettingsError(f"database.url: sslmode must be one of {', '.join(_SSL_MODES)}")
    return url.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
