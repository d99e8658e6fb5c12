"""The bot's settings for a running sandbox."""

from __future__ import annotations

import tomllib
from pathlib import Path

from sandbox.sandbox import Sandbox


async def test_the_file_points_at_both_servers_and_takes_overrides(tmp_path: Path) -> None:
    """Overrides replace single keys or give tables; everything else stays."""
    async with Sandbox.open(data_dir=tmp_path / "new") as sandbox:
        path = sandbox.write_config(
            overrides={
                "quota": {"jobs_per_day": 3},
                "jobs": {"poll_max_seconds": 0.7},
                "discord": {"guilds": [1, 2]},
                "models": [{"id": "a/b", "command": 'quo"te'}, {"id": "c/d", "command": "draw"}],
            },
        )
    written = tomllib.loads(path.read_text())
    assert written["discord"] == {
        "token": sandbox.state.bot_token,
        "api_url": sandbox.discord.api_url,
        "gateway_url": sandbox.discord.gateway_url,
        "cdn_url": sandbox.discord.cdn_url,
        "guilds": [1, 2],
    }
    assert written["runcomfy"]["base_url"] == sandbox.model_api.url
    assert written["runcomfy"]["result_hosts"] == ["127.0.0.1"]
    assert written["database"]["url"] == f"sqlite+aiosqlite:///{tmp_path}/new/jobs.db"
    assert written["jobs"]["poll_min_seconds"] == 0.1
    assert written["jobs"]["poll_max_seconds"] == 0.7
    assert written["quota"] == {"jobs_per_day": 3}
    assert written["models"] == [{"id": "a/b", "command": 'quo"te'}, {"id": "c/d", "command": "draw"}]


async def test_another_database_can_be_named(tmp_path: Path) -> None:
    """`database_url` replaces SQLite."""
    async with Sandbox.open(data_dir=tmp_path) as sandbox:
        path = sandbox.write_config("other.toml", database_url="postgresql+asyncpg://localhost/jobs")
    assert tomllib.loads(path.read_text())["database"]["url"] == "postgresql+asyncpg://localhost/jobs"
