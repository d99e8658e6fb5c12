"""A model's inputs as typed, frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from services.jobs.model import Json, MediaKind
from services.models.media_rules import MediaRule

Choice = str | int | float


class InputKind(StrEnum):
    """What a person gives for an input."""

    TEXT = "text"
    CHOICE = "choice"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    MEDIA = "media"  # one file, as a URL
    MEDIA_LIST = "media_list"  # several, as a list of URLs
    OTHER = "other"  # structured; nothing that a person can give here


@dataclass(frozen=True, kw_only=True, slots=True)
class InputSpec:
    """One input of a model.

    `default` is never a sample: inputs like a prompt and media have none, since a sample would be paid for.
    `description` may be empty; `title` never is. Bounds are None where the schema publishes none; `max_length` counts
    characters. One file (MEDIA) has `max_items` 1.
    """

    name: str
    title: str
    description: str
    kind: InputKind
    media: MediaKind | None = None
    is_required: bool = False
    is_prompt: bool = False
    default: Json | None = None
    choices: tuple[Choice, ...] = ()
    minimum: int | float | None = None
    maximum: int | float | None = None
    min_items: int | None = None
    max_items: int | None = None
    max_length: int | None = None
    media_rules: tuple[MediaRule, ...] = ()

    @property
    def is_media(self) -> bool:
        """Whether URLs of files are given for it."""
        return self.kind in {InputKind.MEDIA, InputKind.MEDIA_LIST}


@dataclass(frozen=True, kw_only=True)  # without slots: what every command asks for is worked out once
class ModelSpec:
    """A model and its inputs, in the schema's order."""

    model_id: str
    display_name: str
    inputs: tuple[InputSpec, ...]

    @cached_property
    def prompt(self) -> InputSpec | None:
        """The input that takes the prompt, if the model has one."""
        return next((spec for spec in self.inputs if spec.is_prompt), None)

    @cached_property
    def pictures(self) -> InputSpec | None:
        """The input that takes the pictures: a required one before an optional one, a list before a single file."""
        images = [spec for spec in self.inputs if spec.is_media and spec.media is MediaKind.IMAGE]
        images.sort(key=lambda spec: ("mask" in spec.name, not spec.is_required, spec.kind is InputKind.MEDIA))
        return images[0] if images else None

    def get(self, name: str) -> InputSpec | None:
        """Return the input of that name."""
        return next((spec for spec in self.inputs if spec.name == name), None)

    def differing(self, inputs: Mapping[str, Json]) -> tuple[tuple[InputSpec, Json], ...]:
        """Return the given values that differ from their defaults, in the schema's order, without prompt and media."""
        return tuple(
            (spec, inputs[spec.name])
            for spec in self.inputs
            if spec.name in inputs and not spec.is_prompt and not spec.is_media and inputs[spec.name] != spec.default
        )
