"""Where a wrong value came from: the variables of the environment that set it, or the settings file."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bot.settings import ENV_PREFIX
from bot.settings.sources import PLAIN_NAMES, SECRETS


def origin_of(location: Sequence[str | int], words: str, *, document: Mapping[str, object], path: Path) -> str:
    """Name what set the value at this place.

    `words` is what is wrong with it: of a whole section, they name the keys that do not go together.
    """
    section = str(location[0]) if location else ""
    own = _own_variables()
    keys = [str(location[1])] if len(location) > 1 else re.findall(r"\w+", words)
    names = list(dict.fromkeys(name for key in keys for name in _variables_of(section, key, own)))
    whole = own.get(f"{ENV_PREFIX}{section}".upper())
    if not names and whole and (len(location) == 1 or section == "models"):
        names = [whole]  # a list comes as a whole
    sources = [f"the variable{'s' if len(names) > 1 else ''} {' and '.join(names)}"] if names else []
    # A secret that a variable gives hides the file's.
    if not names or (section not in SECRETS and len(location) == 1 and _gives(document, section, keys, less=names)):
        sources.append(f'"{path}"')
    return " and ".join(sources)


def _own_variables() -> Mapping[str, str]:
    """Return our variables as they are written, by their names in capitals: case makes no difference to them."""
    return {name.upper(): name for name in os.environ if name.upper().startswith(ENV_PREFIX)}


def _variables_of(section: str, key: str, own: Mapping[str, str]) -> Iterator[str]:
    """Yield the variable that sets this key, if one does."""
    name = own.get(f"{ENV_PREFIX}{section}__{key}".upper())
    whole = own.get(f"{ENV_PREFIX}{section}".upper())
    plain = next((name for name, its in PLAIN_NAMES.items() if its == section and os.environ.get(name)), None)
    if name:
        yield name
    elif whole and key in _json_table(os.environ[whole]):
        yield whole
    elif plain and key == SECRETS.get(section) and f"{ENV_PREFIX}{section}__{key}_FILE".upper() not in own:
        yield plain


def _json_table(text: str) -> Mapping[str, object]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _gives(document: Mapping[str, object], section: str, keys: Sequence[str], *, less: Sequence[str]) -> bool:
    """Whether the file, too, sets one of the keys, which no variable of those in `less` hides."""
    table = document.get(section)
    hidden = {name.upper() for name in less}
    return isinstance(table, Mapping) and any(
        key in table and f"{ENV_PREFIX}{section}__{key}".upper() not in hidden for key in keys
    )
