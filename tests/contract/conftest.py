from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from services.store.cards import SqlCardStore
from services.store.database import Database
from services.store.engine import open_database
from services.store.jobs import SqlJobStore
from tests.contract.store.databases import PostgresServer, SqliteFiles, postgres_server


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    """Where SQLite files are made."""
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL server for all tests."""
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> SqliteFiles | PostgresServer:
    """Where databases of one kind are made; a test that asks for it runs once a kind."""
    name = "sqlite_files" if request.param == "sqlite" else "postgres"
    made: SqliteFiles | PostgresServer = request.getfixturevalue(name)
    return made


@pytest.fixture
async def url(databases: SqliteFiles | PostgresServer) -> AsyncIterator[str]:
    """A fresh, migrated database of the test's own."""
    made = await databases.new()
    yield made
    await databases.give_back(made)


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """The test's database, open."""
    async with open_database(url, alone=False) as database:
        yield database


@pytest.fixture
def store(database: Database) -> SqlJobStore:
    """The store on the test's database."""
    return SqlJobStore(database)


@pytest.fixture
def cards(store: SqlJobStore) -> SqlCardStore:
    """The cards of the store's jobs."""
    return SqlCardStore(store.database)


@pytest.fixture
async def other_store(url: str) -> AsyncIterator[SqlJobStore]:
    """A second store on the same database with connections of its own, as another process has."""
    async with open_database(url, alone=False) as database:
        yield SqlJobStore(database)


@pytest.fixture
def other_cards(other_store: SqlJobStore) -> SqlCardStore:
    """The cards as another process has them."""
    return SqlCardStore(other_store.database)
