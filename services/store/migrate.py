"""Brings a database's schema up to date, in this process, on the connection that everything else uses."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.errors import StartupError
from services.store.database import Database
from services.store.database_errors import outage_of, sentence_of

_SCRIPTS = Path(__file__).parent / "migrations"
# Any number that nobody else takes in the same database.
_ADVISORY_LOCK = 4_270_151_915


def latest() -> str:
    """Return the revision that this code works with."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise StartupError("the installation is incomplete: it has no database migrations; install it anew")
    return head


async def current(database: Database) -> str | None:
    """Return the database's revision; None for an empty database.

    Raises: StoreUnavailable.
    """

    async def work(connection: AsyncConnection) -> str | None:
        return await connection.run_sync(_current)

    return await database.read(work)


def require_known(revision: str) -> None:
    """Raise StartupError where a newer version has migrated the database to `revision`."""
    if revision not in _known():
        message = (
            f"the database is of a newer version (its schema is {revision}, this version's {latest()}); "
            "run that version, or restore the backup from before it"
        )
        raise StartupError(message)


async def upgrade(database: Database) -> bool:
    """Bring the schema to `latest` in one transaction and return whether there was anything to do.

    Processes that do so at once wait for each other: SQLite has one writer, PostgreSQL an advisory lock.
    Raises: StartupError where a newer version has migrated the database, StoreUnavailable.
    """

    async def work(connection: AsyncConnection) -> bool:
        return await connection.run_sync(_upgrade)

    return await database.write(work)


def _upgrade(connection: Connection) -> bool:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    before = _current(connection)
    if before == latest():
        return False
    if before is not None:
        require_known(before)
    try:
        command.upgrade(_config(connection), "head")
    except DBAPIError as error:
        if outage_of(error) is not None:
            raise
        reason = sentence_of(error.orig or error)
        message = f"the tables cannot be made ({reason}); if another program uses this database, give the bot its own"
        raise StartupError(message) from error
    return True


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _known() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    # ConfigParser reads a lone % as the start of an interpolation.
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
