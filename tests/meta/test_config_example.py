"""config.example.toml is complete, true, and documents every key."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, SecretStr

from bot.settings import Settings
from bot.settings.loading import load_settings

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def keys_of_model(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yield every setting's dotted name; a list of tables counts as one table."""
    for name, field in model.model_fields.items():
        candidates = [field.annotation, *getattr(field.annotation, "__args__", ())]
        inner = next((item for item in candidates if isinstance(item, type) and issubclass(item, BaseModel)), None)
        if inner is None:
            yield f"{prefix}{name}"
        else:
            yield from keys_of_model(inner, f"{prefix}{name}.")


def keys_of_document(document: Mapping[str, object], prefix: str = "") -> Iterator[str]:
    """Yield the dotted name of every key in a TOML document."""
    for name, value in document.items():
        if isinstance(value, dict):
            yield from keys_of_document(value, f"{prefix}{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield from keys_of_document(value[0], f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def plain(value: object) -> object:
    """Show secrets as the file does."""
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def test_the_example_has_every_setting_and_no_other() -> None:
    """Each field of the settings stands in the example, and each key of the example is a setting."""
    document = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    assert sorted(keys_of_document(document)) == sorted(keys_of_model(Settings))


def test_the_example_shows_the_defaults() -> None:
    """Loading the example is the same as setting nothing."""
    given, defaults = load_settings(EXAMPLE), Settings()
    for key in keys_of_model(Settings):
        section, _, name = key.partition(".")
        if section != "models":
            shown = plain(getattr(getattr(given, section), name))
            assert shown == plain(getattr(getattr(defaults, section), name)), key
    assert given.models == defaults.models


def test_every_key_of_the_example_is_explained() -> None:
    """Each key has a comment above it, or follows at once on one that speaks for both."""
    explained = False
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("["):
            explained = False
        elif line.startswith("#"):
            explained = True
        else:
            assert explained, line
