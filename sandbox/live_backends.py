"""One backend of the sandbox live: the real RunComfy behind the local Discord, or the reverse.

What the operator has set for that backend, in the settings file and the environment, goes to the bot as it is; the
token never touches the sandbox's own files.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from sandbox.bot_config import Overrides, Setting

Sections: TypeAlias = dict[str, Mapping[str, Setting] | list[Mapping[str, Setting]]]


DISCORD_FILE_HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
_SECRETS = ("token", "token_file")
_UNHURRIED: Mapping[str, Setting] = {"poll_min_seconds": 2.0, "poll_max_seconds": 10.0}


class Backend(StrEnum):
    """A backend that can be live; the value is its section of the bot's settings."""

    DISCORD = "discord"
    MODEL_API = "runcomfy"

    @property
    def plain_variable(self) -> str:
        """The short name of the environment variable that holds its token."""
        return "DISCORD_TOKEN" if self is Backend.DISCORD else "RUNCOMFY_API_TOKEN"

    @property
    def prefix(self) -> str:
        """The beginning of all environment variables about it."""
        return f"COMFYCORD_{self.value.upper()}__"


class CannotGoLive(Exception):
    """The live backend cannot be used; the sentence says what is missing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveBackend:
    """What the bot gets for a live backend: settings without secrets, and variables that hold them."""

    backend: Backend
    settings: Overrides
    variables: Mapping[str, str] = field(repr=False)


_DEFAULTS: Mapping[Backend, Mapping[str, Setting]] = {
    Backend.DISCORD: {
        "token": "",
        "api_url": "https://discord.com/api/v10",
        "gateway_url": "wss://gateway.discord.gg",
        "cdn_url": "https://cdn.discordapp.com",
    },
    Backend.MODEL_API: {
        "token": "",
        "base_url": "https://model-api.runcomfy.net",
        "result_hosts": ["*.runcomfy.net", "*.runcomfy.com"],
    },
}


def read_live_backend(backend: Backend, *, config: Path, environment: Mapping[str, str]) -> LiveBackend:
    """Read what the operator has set for one backend.

    Raises: CannotGoLive where the settings file cannot be read, or there is no token.
    """
    document = _document(config)
    section = document.get(backend.value)
    given: dict[str, Setting] = dict(section) if isinstance(section, dict) else {}
    names = (backend.plain_variable, *(name for name in environment if name.upper().startswith(backend.prefix)))
    variables = {name: environment[name] for name in names if environment.get(name)}
    if not any(name.upper() == backend.plain_variable or name.upper().endswith("__TOKEN") for name in variables):
        variables |= _token_of_file(backend, given, variables, config)
    settings: Sections = {
        backend.value: {
            **_DEFAULTS[backend],
            **{key: value for key, value in given.items() if key not in _SECRETS},
        }
    }
    if backend is Backend.MODEL_API:
        settings |= _of_real_jobs(document)
    return LiveBackend(backend=backend, settings=settings, variables=variables)


def _of_real_jobs(document: Mapping[str, object]) -> Sections:
    """Return the operator's models, and polling as slow as the bot's own defaults: the real API is not ours."""
    settings: Sections = {"jobs": _UNHURRIED}
    models = document.get("models")
    if isinstance(models, list):
        settings["models"] = models
    return settings


def _document(config: Path) -> dict[str, object]:
    """Read the operator's file; there need be none, for the environment may say all."""
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CannotGoLive(f'"{config}" cannot be read: {error}') from error


def _token_of_file(
    backend: Backend, given: Mapping[str, Setting], variables: Mapping[str, str], config: Path
) -> dict[str, str]:
    if any(name.upper().endswith("__TOKEN_FILE") for name in variables):
        return {}  # the bot reads that file itself
    if given.get("token"):
        return {backend.plain_variable: str(given["token"])}
    if given.get("token_file"):
        return {f"{backend.prefix}TOKEN_FILE": str(Path(str(given["token_file"])).resolve())}
    raise CannotGoLive(
        f"there is no token: set {backend.value}.token in {config.name}, or the variable {backend.plain_variable}"
    )
