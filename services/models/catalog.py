"""The models that this installation offers, each under a command's name."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from services.errors import InvalidSchema, SettingsError, UnknownModel
from services.models.model_ids import require_model_id
from services.models.schema import parse_model
from services.models.spec import ModelSpec

# Discord's rule for the names of slash commands, as far as this bot needs it.
COMMAND_NAME = re.compile(r"[-_a-z0-9]{1,32}")


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelEntry:
    """What the settings say of a model: its RunComfy id and the slash command that offers it."""

    model_id: str
    command: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelCommand:
    """A command and the model behind it."""

    command: str
    spec: ModelSpec


@dataclass(frozen=True, slots=True)
class Catalog:
    """The offered models, in the settings' order."""

    commands: tuple[ModelCommand, ...]

    @classmethod
    def load(cls, entries: Sequence[ModelEntry]) -> Catalog:
        """Read the schema of each entry from those that come with the product.

        Raises: SettingsError for a command's name that cannot be or is given twice; UnknownModel; InvalidSchema.
        """
        taken: set[str] = set()
        for entry in entries:
            if not COMMAND_NAME.fullmatch(entry.command):
                raise SettingsError(f"command {entry.command!r}: use 1 to 32 of a-z, 0-9, - and _")
            if entry.command in taken:
                raise SettingsError(f"command {entry.command!r} is given to two models: rename one")
            taken.add(entry.command)
        return cls(
            tuple(ModelCommand(command=entry.command, spec=load_built_in(entry.model_id)) for entry in entries),
        )

    def get(self, model_id: str) -> ModelSpec | None:
        """Return the model of that id, if it is offered."""
        return next((command.spec for command in self.commands if command.spec.model_id == model_id), None)


def load_built_in(model_id: str) -> ModelSpec:
    """Read the schema that comes with the product.

    Raises: UnknownModel naming those that there are; InvalidSchema.
    """
    folder = resources.files("services.models") / "schemas"
    file = folder / f"{require_model_id(model_id).replace('/', '__')}.json"
    if not file.is_file():
        raise UnknownModel(f"no input schema for {model_id}; there is one for {', '.join(built_in_ids())}")
    try:
        spec = parse_model(json.loads(file.read_text(encoding="utf-8")))
    except json.JSONDecodeError as error:
        raise InvalidSchema(f"{model_id}: {error}") from error
    if spec.model_id != model_id:
        raise InvalidSchema(f"{file.name} holds {spec.model_id}")
    return spec


def built_in_ids() -> tuple[str, ...]:
    """Return the ids of the models whose schemas come with the product."""
    names = (file.name for file in (resources.files("services.models") / "schemas").iterdir())
    return tuple(sorted(name.removesuffix(".json").replace("__", "/") for name in names if name.endswith(".json")))
