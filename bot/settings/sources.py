"""Sources of settings beyond pydantic-settings' own: two plain variables, the file's values, and secrets in files.

A secret can come as itself or as the path of a file. The two are one thing: whichever a higher source gives hides
both of a lower one.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

# section → the secret's key; the file's key is the same with "_file".
SECRETS: Mapping[str, str] = {"discord": "token", "runcomfy": "token", "database": "url"}
PLAIN_NAMES: Mapping[str, str] = {"DISCORD_TOKEN": "discord", "RUNCOMFY_API_TOKEN": "runcomfy"}


def _as_table(value: object) -> dict[str, object]:
    return {str(key): item for key, item in value.items()} if isinstance(value, Mapping) else {}


def _gives_secret(section: Mapping[str, object], key: str) -> bool:
    return bool(section.get(key) or section.get(f"{key}_file"))


class _TableSource(PydanticBaseSettingsSource):
    """A source that has its values as a whole, less the secrets that a higher source gives."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[object, str, bool]:  # noqa: ARG002 - the base's
        """Tell pydantic-settings the value of one field (it asks only sources that answer field by field)."""
        return self().get(field_name), field_name, False

    @abstractmethod
    def values(self) -> dict[str, object]:
        """Return every value of this source."""

    def __call__(self) -> dict[str, object]:
        """Return the values, without secrets (or paths to them) that stand in a higher source."""
        values = self.values()
        for name, key in SECRETS.items():
            section = values.get(name)
            if isinstance(section, Mapping) and _gives_secret(_as_table(self.current_state.get(name)), key):
                values[name] = {
                    field: value for field, value in _as_table(section).items() if field not in {key, f"{key}_file"}
                }
        return values


class PlainVariables(_TableSource):
    """DISCORD_TOKEN and RUNCOMFY_API_TOKEN; an empty one counts as not there."""

    def values(self) -> dict[str, object]:
        """Read the environment."""
        found = ((section, os.environ.get(name)) for name, section in PLAIN_NAMES.items())
        return {section: {SECRETS[section]: value} for section, value in found if value}


class FileValues(_TableSource):
    """What the settings file says; the loader gives it to the constructor."""

    def __init__(self, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource) -> None:
        super().__init__(settings_cls)
        self._init_settings = init_settings

    def values(self) -> dict[str, object]:
        """Return what the constructor got."""
        return dict(self._init_settings())


def secret_from_file(values: object, key: str) -> object:
    """Return a section's values with its secret read from `<key>_file`, where that is given."""
    table = _as_table(values)
    path = table.get(f"{key}_file")
    if not path:
        return values
    if table.get(key):
        msg = f"{key} and {key}_file are both given; keep one"
        raise ValueError(msg)
    try:
        secret = Path(str(path)).read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        # The path is not repeated: somebody may have put the secret itself there.
        msg = f"{key}_file must be the path of a file that holds the {key}; it cannot be read: {reason}"
        raise ValueError(msg) from error
    if not secret:
        msg = f"the file that {key}_file names is empty"
        raise ValueError(msg)
    return {**table, key: secret}
