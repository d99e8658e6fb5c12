"""From a file and the environment to `Settings`; every problem becomes one sentence that names the fix."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError as SourceError

from bot.settings import ENV_PREFIX, Settings
from bot.settings.origins import origin_of
from services.errors import SettingsError

EXAMPLE = "config.example.toml"

# pydantic's kinds of error that it words in Python's terms, in those of the settings file.
PLAIN_WORDS: Mapping[str, str] = {
    "model_type": "must be a table with keys of its own",
    "frozen_set_type": "must be a list, such as [123, 456]",
    "tuple_type": 'must be a list, such as ["a", "b"]; a list of tables is written [[...]]',
}


def load_settings(path: Path) -> Settings:
    """Read the settings file, then the environment over it.

    Raises: SettingsError with one line per problem.
    """
    document = _read_document(path)
    unknown = list(_unknown_variables())
    if unknown:
        raise SettingsError("\n".join(unknown))
    try:
        return Settings(**document)  # type: ignore[arg-type]  # pydantic checks what the file holds
    except SourceError as error:
        raise SettingsError(_sentence_of_source_error(error)) from error
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        lines = [_sentence(detail, document=document, path=path) for detail in details]
        raise SettingsError("\n".join(dict.fromkeys(lines))) from error


def _read_document(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))  # Windows' editors put a mark before the text
    except FileNotFoundError as error:
        msg = f'there is no "{path}": copy {EXAMPLE} to {path.name} and fill in the two tokens'
        raise SettingsError(msg) from error
    except IsADirectoryError as error:
        msg = f'"{path}" is a folder, not the settings file (Docker makes one in the place of a file that is not there)'
        raise SettingsError(msg) from error
    except OSError as error:
        msg = f'"{path}" cannot be read: {error.strerror}'
        raise SettingsError(msg) from error
    except UnicodeDecodeError as error:
        msg = f'"{path}" is no UTF-8 text: save it as UTF-8'
        raise SettingsError(msg) from error
    except tomllib.TOMLDecodeError as error:
        msg = f'"{path}" is not valid TOML: {error}'
        raise SettingsError(msg) from error


def _unknown_variables() -> Iterator[str]:
    """Yield a sentence for each of our variables that names no section; pydantic-settings passes them over."""
    for name in sorted(os.environ):
        if not name.upper().startswith(ENV_PREFIX):
            continue
        section = name[len(ENV_PREFIX) :].lower().partition("__")[0]
        if section not in Settings.model_fields:
            near = _near_match(name.upper(), list(_known_variables()), cutoff=0.8)
            yield f"the variable {name} is not a setting{near}"


def _known_variables() -> Iterator[str]:
    for section in Settings.model_fields:
        model = _section([section])
        yield from (f"{ENV_PREFIX}{section}__{key}".upper() for key in (model.model_fields if model else ()))


def _near_match(name: str, known: Sequence[str], *, prefix: str = "", cutoff: float = 0.5) -> str:
    matches = difflib.get_close_matches(name, known, n=1, cutoff=cutoff)
    return f'; did you mean "{prefix}{matches[0]}"?' if matches else ""


def _section(location: Sequence[str | int]) -> type[BaseModel] | None:
    """Return the model that has the keys at this place."""
    model: type[BaseModel] = Settings
    for part in location:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        if field is None:
            return None
        candidates = [field.annotation, *getattr(field.annotation, "__args__", ())]
        inner = next((item for item in candidates if isinstance(item, type) and issubclass(item, BaseModel)), None)
        if inner is None:
            return None
        model = inner
    return model


def _dotted(location: Sequence[str | int]) -> str:
    """Write a place as the settings file would: `quota.jobs_per_day`, `models[1].id` (counted from 1)."""
    text = ""
    for part in location:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _sentence(detail: ErrorDetails, *, document: Mapping[str, object], path: Path) -> str:
    location = detail["loc"]
    place = _dotted(location)
    origin = origin_of(location, detail["msg"], document=document, path=path)
    if detail["type"] == "extra_forbidden":
        section = _section(location[:-1])
        known = list(section.model_fields) if section else []
        prefix = f"{_dotted(location[:-1])}." if location[:-1] else ""
        return f'{origin}: "{place}" is not a setting{_near_match(str(location[-1]), known, prefix=prefix)}'
    if detail["type"] == "missing":
        return f'{origin}: "{place}" is missing'
    words = PLAIN_WORDS.get(detail["type"]) or _lower_first(detail["msg"].removeprefix("Value error, "))
    return f"{origin}: {place}: {words}"


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _sentence_of_source_error(error: SourceError) -> str:
    """Say which variables to look at: one that should hold a list or a table is no JSON."""
    section = re.search(r'field "(\w+)"', str(error))
    prefix = ENV_PREFIX + (section[1].upper() if section else "")
    names = ", ".join(name for name in sorted(os.environ) if name.upper().startswith(prefix))
    return f"the variable {names}: a list or a table in a variable is written as JSON, such as [123, 456]"
