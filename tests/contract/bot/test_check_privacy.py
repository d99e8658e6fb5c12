"""What `check` says of files that others may read, and of a limit of open files."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import open_files
from bot.checks.machine import check_open_files, check_privacy
from bot.settings import DatabaseSettings, DiscordSettings, JobsSettings, Settings

TOKEN = "a-token-of-somebody"


def settings_in(folder: Path) -> Settings:
    """Return settings whose files are all there."""
    results = folder / "results"
    results.mkdir(mode=0o700)
    database = folder / "jobs.db"
    database.touch(mode=0o600)
    return Settings(
        discord=DiscordSettings(token=SecretStr(TOKEN)),
        database=DatabaseSettings(url=SecretStr(f"sqlite+aiosqlite:///{database}")),
        jobs=JobsSettings(results_dir=results),
    )


@pytest.mark.parametrize("name", ["config.toml", "jobs.db", "results"])
async def test_what_others_may_read_is_told_with_the_way_out(tmp_path: Path, name: str) -> None:
    """Tokens, prompts and pictures: each looser file is named, with the command that closes it."""
    settings, config = settings_in(tmp_path), tmp_path / "config.toml"
    config.write_text(f'[discord]\ntoken = "{TOKEN}"\n')
    config.chmod(0o600)
    look = check_privacy(config)
    assert (await look(settings)).is_ok
    (tmp_path / name).chmod(0o755)
    finding = await look(settings)
    assert not finding.is_ok
    assert name in finding.report
    assert finding.fix.startswith("chmod go= ")


async def test_a_settings_file_without_tokens_is_nobodys_secret(tmp_path: Path) -> None:
    """Where the tokens come from the environment, the file may be read."""
    settings, config = settings_in(tmp_path), tmp_path / "config.toml"
    config.write_text("[quota]\njobs_per_day = 5\n")
    config.chmod(0o644)
    assert (await check_privacy(config)(settings)).is_ok


async def test_a_low_limit_of_open_files_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that may open few files could not answer a burst of commands; one that may raise its limit does."""
    limits = [64, 4096]

    def take(_: int, wanted: tuple[int, int]) -> None:
        limits[0] = wanted[0]

    monkeypatch.setattr(resource, "getrlimit", lambda _: tuple(limits))
    monkeypatch.setattr(resource, "setrlimit", take)
    assert (await check_open_files(Settings())).is_ok
    assert limits == [4096, 4096]
    limits[:] = [64, 64]
    finding = await check_open_files(Settings())
    assert not finding.is_ok
    assert "64" in finding.report
    assert "ulimit" in finding.fix
    assert open_files.problem(64)
