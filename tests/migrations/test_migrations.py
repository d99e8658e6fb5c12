from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.errors import StartupError
from services.store import migrate
from services.store.database import Database
from services.store.engine import open_database
from services.store.jobs import SqlJobStore
from services.store.tables import metadata
from tests.contract.store.databases import PostgresServer, SqliteFiles
from tests.contract.store.making import accept

Databases = SqliteFiles | PostgresServer


async def _execute(database: Database, *statements: str) -> None:
    async def work(connection: AsyncConnection) -> None:
        for statement in statements:
            await connection.execute(text(statement))

    await database.write(work)


async def _schema(database: Database) -> list[str]:
    """Return each table, column, constraint and index of the database in its own words, sorted."""

    async def work(connection: AsyncConnection) -> list[str]:
        if connection.dialect.name == "sqlite":
            found = await connection.execute(text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))
            return sorted(_in_one_order(row.sql) for row in found)
        found = await connection.execute(
            text(
                "SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default)"
                " FROM information_schema.columns WHERE table_schema = 'public'"
                " UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
                " UNION ALL SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))"
                " FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'",
            ),
        )
        return sorted(row[0] for row in found)

    return [line for line in await database.read(work) if "alembic_version" not in line]


def _in_one_order(sql: str) -> str:
    """Return an SQLite statement without what only tells how it came about.

    Names need quotes only where they are words of SQL, and a column that was added later stands behind constraints.
    """
    plain = " ".join(sql.replace('"', "").split())
    head, bracket, parts = plain.partition(" (")
    if not plain.startswith("CREATE TABLE"):
        return plain
    return head + bracket + ", ".join(sorted(part.strip() for part in parts.removesuffix(")").split(", ")))


async def test_an_empty_database_becomes_usable(databases: Databases) -> None:
    """From nothing, the steps make a database in which jobs can be kept; a second time there is nothing to do."""
    async with open_database(await databases.new(is_empty=True), alone=False) as database:
        assert await migrate.current(database) is None
        assert await migrate.upgrade(database)
        assert await migrate.current(database) == migrate.latest()
        assert not await migrate.upgrade(database)
        store = SqlJobStore(database)
        job = await accept(store)
        assert await store.get(job.job_id) == job


async def test_the_steps_make_what_the_code_works_with(databases: Databases) -> None:
    """Alembic finds no difference between a migrated database and the tables of the code."""

    def differences(connection: Connection) -> list[Any]:  # a list of Alembic's own tuples
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        found: list[Any] = compare_metadata(context, metadata)
        return found

    async def work(connection: AsyncConnection) -> list[Any]:
        return await connection.run_sync(differences)

    async with open_database(await databases.new(), alone=False) as database:
        assert await database.read(work) == []


async def test_the_steps_make_the_same_schema_to_the_letter(databases: Databases) -> None:
    """A migrated database has the columns, constraints and partial indexes of one made from the code's tables."""

    async def create(connection: AsyncConnection) -> None:
        await connection.run_sync(metadata.create_all)

    async with open_database(await databases.new(is_empty=True), alone=False) as made:
        await made.write(create)
        expected = await _schema(made)
    async with open_database(await databases.new(), alone=False) as migrated:
        assert await _schema(migrated) == expected
    assert len(expected) > 10


async def test_a_newer_database_is_refused(databases: Databases) -> None:
    """A database that a newer version has migrated is left alone, with a sentence that names the fix."""
    async with open_database(await databases.new(), alone=False) as database:
        await _execute(database, "UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(StartupError, match=r"newer version .*9999.*run that version"):
            await migrate.upgrade(database)
        assert await migrate.current(database) == "9999"


async def test_steps_are_taken_whole_or_not_at_all(databases: Databases) -> None:
    """A migration that breaks in the middle leaves the database as it was, so that it can be tried again."""
    async with open_database(await databases.new(is_empty=True), alone=False) as database:
        # The last thing that the first step makes is in its way.
        await _execute(database, "CREATE TABLE other (x int)", "CREATE INDEX ix_jobs_unannounced ON other (x)")
        before = await _schema(database)
        with pytest.raises(StartupError, match=r"already exists\).* give the bot its own"):
            await migrate.upgrade(database)
        assert await migrate.current(database) is None
        assert await _schema(database) == before
        await _execute(database, "DROP TABLE other")
        assert await migrate.upgrade(database)


@pytest.mark.timeout(150)
async def test_processes_that_migrate_at_once_do_not_collide(databases: Databases) -> None:
    """Of two processes that start together on an empty database one migrates it, and the other finds it done."""
    url = await databases.new(is_empty=True)
    processes = [await _start_migrating(url) for _ in range(2)]
    async with asyncio.timeout(120):
        await asyncio.gather(*(_line(process) for process in processes))
        answers = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    said = sorted((out.decode().strip(), err.decode()) for out, err in answers)
    assert said == [("migrated", ""), ("nothing to do", "")]


async def _start_migrating(url: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.migrations.migrating_process",
        url,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        cwd=Path(__file__).parents[2],
    )


async def _line(process: Process) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    if await process.stdout.readline() != b"ready\n":
        pytest.fail((await process.stderr.read()).decode())


async def test_the_steps_are_one_line() -> None:
    """Every step follows exactly one other, so that there is one latest."""
    scripts = sorted(path.stem for path in (Path(migrate.__file__).parent / "migrations/versions").glob("0*.py"))
    assert scripts[-1].startswith(migrate.latest())
