"""An SQLite file that is removed or replaced under the running bot: nothing in it is lost, nor paid for twice."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.errors import StoreUnavailable
from services.store.engine import open_database
from services.store.jobs import SqlJobStore
from tests.contract.store.databases import SqliteFiles
from tests.contract.store.making import accept, reload, start


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite+aiosqlite:///"))


def _remove(path: Path, *suffixes: str) -> None:
    for suffix in suffixes:
        Path(f"{path}{suffix}").unlink(missing_ok=True)


@pytest.mark.parametrize("suffixes", [("",), ("", "-wal", "-shm")])
async def test_a_file_that_is_removed(
    sqlite_files: SqliteFiles, suffixes: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever was committed is there again at once, and after the next start; it is told once."""
    url = await sqlite_files.new()
    async with open_database(url, alone=True) as database:
        store = SqlJobStore(database)
        before = [await accept(store) for _ in range(3)]
        _remove(_path(url), *suffixes)
        found = await asyncio.gather(*(store.get(job.job_id) for job in before))
        assert list(found) == before
        after = await accept(store)
    async with open_database(url, alone=True) as database:
        store = SqlJobStore(database)
        assert [job.job_id for job in await start(store)] == [job.job_id for job in (*before, after)]
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(told) == 1
    assert "was removed under the running bot" in told[0]


async def test_a_folder_that_is_removed_in_the_middle_of_work(sqlite_files: SqliteFiles, tmp_path: Path) -> None:
    """Of many transactions at that moment each is there, once; the files are nobody else's to read."""
    folder = tmp_path / "data"
    folder.mkdir()
    path = _path(await sqlite_files.new()).rename(folder / "bot.db")
    async with open_database(f"sqlite+aiosqlite:///{path}", alone=True) as database:
        store = SqlJobStore(database)
        await accept(store)
        working = [asyncio.create_task(accept(store, owner)) for owner in range(1, 41)]
        await asyncio.sleep(0)
        for _ in range(2):
            for each in folder.iterdir():
                each.unlink()
            folder.rmdir()
            await accept(store)
        made = await asyncio.gather(*working)
        assert [await reload(store, job) for job in made] == made
        assert path.stat().st_mode & 0o077 == 0


async def test_a_file_that_is_removed_between_a_look_and_an_opening(sqlite_files: SqliteFiles) -> None:
    """SQLite then makes an empty file: what fails on it is tried again on the right one."""
    url = await sqlite_files.new()
    async with open_database(url, alone=True) as database:
        store = SqlJobStore(database)
        job = await accept(store)

        async def work(connection: AsyncConnection) -> None:
            _remove(_path(url), "", "-wal", "-shm")
            await asyncio.to_thread(_make_empty, _path(url))
            await connection.execute(text("SELECT * FROM nothing"))

        with pytest.raises(StoreUnavailable, match="was removed"):
            await database.write(work)
        assert await store.get(job.job_id) == job
        assert await accept(store)


async def test_nobody_has_the_old_file_open_beside_the_new_one(sqlite_files: SqliteFiles) -> None:
    """Whoever reads the removed file is waited for: at its close SQLite would remove the new one's log, by name."""
    url = await sqlite_files.new()
    async with open_database(url, alone=True) as database:
        begun, may_end = asyncio.Event(), asyncio.Event()

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(text("SELECT 1"))
            begun.set()
            await may_end.wait()

        await accept(SqlJobStore(database))
        reading = asyncio.create_task(database.read(work))
        await begun.wait()
        _remove(_path(url), "")
        accepting = asyncio.create_task(accept(SqlJobStore(database)))
        await asyncio.sleep(0.05)
        assert not _path(url).exists()
        may_end.set()
        await asyncio.gather(reading, accepting)
        assert _path(f"{url}-wal").exists()


def _make_empty(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


async def test_a_file_that_is_replaced(sqlite_files: SqliteFiles) -> None:
    """Another file, an older copy say, is not worked on unasked: its jobs may have been paid for since."""
    path, other = _path(await sqlite_files.new()), _path(await sqlite_files.new())
    async with open_database(f"sqlite+aiosqlite:///{path}", alone=True) as database:
        store = SqlJobStore(database)
        job = await accept(store)
        aside = path.rename(path.with_suffix(".aside"))
        other.rename(path)
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="was replaced under the running bot"):
                await start(store)
        with pytest.raises(StoreUnavailable):
            await store.get(job.job_id)
        aside.rename(path)
        assert [each.job_id for each in await start(store)] == [job.job_id]
