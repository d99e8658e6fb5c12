"""Opens the database of the settings, and says in one line where that fails what `database.url` has to do with it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from bot.settings import Settings
from services.errors import SettingsError, StoreUnavailable
from services.store.database import NO_ANSWER, Database
from services.store.database_errors import sentence_of
from services.store.engine import open_database

log = logging.getLogger(__name__)


@asynccontextmanager
async def open_own_database(settings: Settings, *, alone: bool) -> AsyncIterator[Database]:
    """Open the database and have it answer once; `alone` as in `open_database`.

    A server that is not there (yet) is not waited for: whoever supervises the process starts it again, and a person
    at a terminal learns at once what is wrong.
    Raises: StartupError for an address or a file that cannot be used, StoreUnavailable where nothing answers there.
    """
    url = settings.database.url.get_secret_value()
    async with AsyncExitStack() as stack:
        try:
            database = await stack.enter_async_context(open_database(url, alone=alone))
            await database.ping()
        except StoreUnavailable as error:
            reason = str(error).removeprefix(NO_ANSWER)
            msg = f"the database at {without_password(url)} (database.url) does not answer: {reason}"
            raise StoreUnavailable(msg) from error
        except (SQLAlchemyError, ValueError, ArithmeticError, RuntimeError, OSError) as error:
            # What drivers say of a host, a port, a path or an option that can be none.
            log.debug("database.url cannot be used", exc_info=True)
            cause = error.orig or error if isinstance(error, DBAPIError) else error
            msg = f"database.url ({without_password(url)}) does not work: {sentence_of(cause).rstrip('.')}"
            raise SettingsError(msg) from error
        yield database


def missing_file(settings: Settings) -> Path | None:
    """Return the SQLite file that the first start makes; None where it is there, or where the address names no file."""
    path = database_file(settings)
    return None if path is None or path.exists() else path


def database_file(settings: Settings) -> Path | None:
    """Return the SQLite file of the settings, as it is written or will be; None where the address names no file."""
    try:
        url = make_url(settings.database.url.get_secret_value())
        if url.get_backend_name() != "sqlite" or not url.database or url.database.startswith((":memory:", "file:")):
            return None
        return Path(url.database).expanduser().resolve()
    except (ArgumentError, ValueError, RuntimeError, OSError):
        return None  # `open_own_database` says what is wrong with it


def without_password(url: str) -> str:
    """Return a database's address without user, password and options, also where a stray "@" or "/" splits them."""
    scheme, _, rest = url.partition("://")
    if "@" not in rest:
        return f"{scheme}://{rest.partition('?')[0]}"
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"
