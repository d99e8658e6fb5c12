"""The bot's settings file for a sandbox."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from sandbox.discord.server import DiscordServer
from sandbox.model_api import ModelApiServer

Setting: TypeAlias = "str | bool | int | float | Sequence[str] | Sequence[int]"
Section: TypeAlias = Mapping[str, Setting]
Overrides: TypeAlias = Mapping[str, Section | Sequence[Section]]


def write_config(
    path: Path,
    *,
    discord: DiscordServer,
    model_api: ModelApiServer,
    database_url: str | None = None,
    overrides: Overrides | None = None,
) -> Path:
    """Write the settings that point a bot at both servers, and return `path`.

    The database is SQLite beside the file unless `database_url` says otherwise. `overrides` replace single keys of a
    section, `{"quota": {"jobs_per_day": 3}}`, or give a list of tables, `{"models": [{"id": …, "command": …}]}`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sections: dict[str, Section | Sequence[Section]] = {
        "discord": {
            "token": discord.state.bot_token,
            "api_url": discord.api_url,
            "gateway_url": discord.gateway_url,
            "cdn_url": discord.cdn_url,
        },
        "runcomfy": {"token": model_api.token, "base_url": model_api.url, "result_hosts": ["127.0.0.1"]},
        "database": {"url": database_url or f"sqlite+aiosqlite:///{path.parent / 'jobs.db'}"},
        "jobs": {
            "poll_min_seconds": 0.1,
            "poll_max_seconds": 0.5,
            "results_dir": str(path.parent / "results"),
        },
        "health": {"listen": ""},
    }
    for name, changes in (overrides or {}).items():
        before = sections.get(name)
        if isinstance(changes, Mapping) and isinstance(before, Mapping):
            sections[name] = {**before, **changes}
        else:
            sections[name] = changes
    path.touch(mode=0o600)  # it holds tokens, if invented ones
    path.write_text("\n".join(_table(name, section) for name, section in sections.items()), encoding="utf-8")
    return path


def free_address() -> str:
    """Return a loopback "host:port" at which nobody listens now, for `health.listen`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def _table(name: str, section: Section | Sequence[Section]) -> str:
    if isinstance(section, Mapping):
        return "\n".join([f"[{name}]", *_lines(section), ""])
    return "\n".join(line for one in section for line in [f"[[{name}]]", *_lines(one), ""])


def _lines(section: Section) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in section.items()]


def _value(value: Setting) -> str:
    """Write a value as TOML; JSON's strings, numbers, booleans and lists of them are TOML's too."""
    return json.dumps(list(value) if not isinstance(value, (str, bool, int, float)) else value, ensure_ascii=False)
