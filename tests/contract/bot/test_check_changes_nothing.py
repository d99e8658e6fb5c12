"""`check` looks and changes nothing: what it made as one user, the bot's own might not be able to use."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.checks.findings import Finding
from bot.checks.machine import check_database, check_results
from bot.settings import DatabaseSettings, JobsSettings, Settings

Look = Callable[[Settings], Awaitable[Finding]]

LOOKS = pytest.mark.parametrize("look", [check_database, check_results])


def names_in(folder: Path) -> list[str]:
    """Return what is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def settings_in(folder: Path) -> Settings:
    """Return settings whose files are all there."""
    return Settings(
        database=DatabaseSettings(url=SecretStr(f"sqlite+aiosqlite:///{folder / 'data' / 'jobs.db'}")),
        jobs=JobsSettings(results_dir=folder / "data" / "results"),
    )


@LOOKS
async def test_on_a_fresh_machine_nothing_is_made(look: Look, tmp_path: Path) -> None:
    """What is not there yet is no problem where a start can make it, and the report says so."""
    finding = await look(settings_in(tmp_path))
    assert finding.is_ok
    assert "`run` makes" in finding.report
    assert names_in(tmp_path) == []


@LOOKS
async def test_a_relative_path_begins_in_the_present_folder(
    look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings as they are delivered name folders beside the program."""
    monkeypatch.chdir(tmp_path)
    assert (await look(Settings())).is_ok
    assert names_in(tmp_path) == []


@LOOKS
async def test_a_file_in_the_way_is_a_problem(look: Look, tmp_path: Path) -> None:
    """Where no folder can be made the report names the path, and the file stays as it is."""
    (tmp_path / "data").write_text("a file", encoding="utf-8")
    finding = await look(settings_in(tmp_path))
    assert not finding.is_ok
    assert str(tmp_path / "data") in finding.report
    assert "[database]" in finding.fix or "jobs.results_dir" in finding.fix
    assert (tmp_path / "data").read_text(encoding="utf-8") == "a file"


@LOOKS
async def test_a_folder_that_cannot_be_written_is_a_problem(
    look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is to be made is looked for in the nearest folder that is there."""
    # Root, who may run this test, may write anywhere.
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != tmp_path)
    finding = await look(settings_in(tmp_path))
    assert not finding.is_ok
    assert f"{tmp_path} cannot be written" in finding.report
    (tmp_path / "data").mkdir()
    assert (await look(settings_in(tmp_path))).is_ok


async def test_a_folder_of_results_in_which_nothing_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is there is asked itself."""
    (tmp_path / "data" / "results").mkdir(parents=True)
    assert (await check_results(settings_in(tmp_path))).is_ok
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != tmp_path / "data" / "results")
    finding = await check_results(settings_in(tmp_path))
    assert not finding.is_ok
    assert "jobs.results_dir" in finding.fix


async def test_an_empty_database_is_opened(tmp_path: Path) -> None:
    """A file that is there is looked at as it is."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "jobs.db").touch()
    finding = await check_database(settings_in(tmp_path))
    assert finding.is_ok
    assert "is empty" in finding.report
