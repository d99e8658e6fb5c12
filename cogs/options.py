"""From a model's inputs to a slash command's options: names, texts and counts that Discord takes. Pure."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from cogs.ui import text
from services.errors import InvalidSchema
from services.models.catalog import ModelCommand
from services.models.spec import Choice, InputKind, InputSpec, ModelSpec

log = logging.getLogger(__name__)

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9_-]+")
_URLS = "image_urls"
_PRIVATE = "private"


class Role(StrEnum):
    """What an option is for."""

    PROMPT = "prompt"
    PICTURE = "picture"
    URLS = "urls"
    VALUE = "value"
    PRIVATE = "private"


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """One option of a command. `input` is the model's, for a prompt and for values."""

    name: str
    description: str
    role: Role
    input: InputSpec | None = None
    is_required: bool = False


@dataclass(frozen=True, kw_only=True)  # without slots: its options by role are worked out once
class CommandPlan:
    """A command as it will be registered, in the order that people see (required options first, Discord's rule)."""

    name: str
    description: str
    spec: ModelSpec
    options: tuple[Option, ...]

    def of(self, role: Role) -> tuple[Option, ...]:
        """Return the options of one role."""
        return self._by_role[role]

    @cached_property
    def _by_role(self) -> Mapping[Role, tuple[Option, ...]]:
        return {role: tuple(option for option in self.options if option.role is role) for role in Role}


def plan_command(command: ModelCommand) -> CommandPlan:
    """Plan the command of one model: prompt, pictures, their addresses, the other inputs, `private`.

    Raises: InvalidSchema where a required input cannot be given through Discord.
    """
    spec = command.spec
    names = _Names()
    prompt = _plan_prompt(spec, names)
    names.take(_PRIVATE)
    pictures = _count_pictures(spec)
    for number in range(pictures):
        names.take(f"image{number + 1}")
    if pictures:
        names.take(_URLS)
    values = _plan_values(spec, names)
    private = Option(name=_PRIVATE, description="Only you see the card and its result", role=Role.PRIVATE)
    room = text.OPTIONS_MAX - len(prompt) - len(values) - 1 - (1 if pictures else 0)
    while room < min(pictures, 1):
        dropped = _last_optional(values, spec)
        log.warning("%s: no room for the option %s", spec.model_id, dropped.name)
        values.remove(dropped)
        room += 1
    return CommandPlan(
        name=command.command,
        description=_describe(spec.display_name, fallback=command.command),
        spec=spec,
        options=(
            *prompt,
            *(option for option in values if option.is_required),
            *_plan_pictures(spec, min(pictures, room)),
            *(option for option in values if not option.is_required),
            private,
        ),
    )


def choice_value(choice: Choice, index: int) -> str:
    """Return what stands for a choice in Discord: its text, or its number where Discord would not take the text."""
    written = str(choice)
    return written if 0 < len(written) <= text.CHOICE_MAX else f"#{index}"


def choice_of(spec: InputSpec, value: object) -> object:
    """Return the choice that a value stands for; anything else comes back as it is, to be refused."""
    for index, choice in enumerate(spec.choices):
        if value == choice_value(choice, index):
            return choice
    return value


def _plan_prompt(spec: ModelSpec, names: _Names) -> list[Option]:
    if spec.prompt is None:
        return []
    longest = min(spec.prompt.max_length or text.PROMPT_MAX, text.PROMPT_MAX)
    fitted = replace(spec.prompt, max_length=longest)
    return [
        Option(
            name=names.take(spec.prompt.name),
            description=_describe(spec.prompt.description, fallback=spec.prompt.title),
            role=Role.PROMPT,
            input=fitted,
            is_required=spec.prompt.is_required,
        ),
    ]


def _count_pictures(spec: ModelSpec) -> int:
    """Return how many pictures the model takes, as far as one message can carry them."""
    if spec.pictures is None:
        return 0
    return min(spec.pictures.max_items or text.ATTACHMENTS_MAX, text.ATTACHMENTS_MAX)


def _plan_pictures(spec: ModelSpec, count: int) -> list[Option]:
    if spec.pictures is None or not count:
        return []
    urls = _describe(spec.pictures.description, fallback=spec.pictures.title)
    return [
        *(
            Option(
                name=f"image{number}",
                description=f"Picture {number}: PNG, JPEG, WebP or GIF, up to 50 MB",
                role=Role.PICTURE,
            )
            for number in range(1, count + 1)
        ),
        Option(name=_URLS, description=urls, role=Role.URLS),
    ]


def _plan_values(spec: ModelSpec, names: _Names) -> list[Option]:
    options = []
    for one in spec.inputs:
        if one.is_prompt or one is spec.pictures:
            continue
        if one.is_media or one.kind is InputKind.OTHER:
            if one.is_required:
                msg = f"{spec.model_id}: the required input {one.name} cannot be given through a slash command"
                raise InvalidSchema(msg)
            log.info("%s: the input %s is left to its default", spec.model_id, one.name)
            continue
        options.append(
            Option(
                name=names.take(one.name),
                description=_describe(one.description, fallback=one.title),
                role=Role.VALUE,
                input=one,
                is_required=one.is_required and one.default is None,
            ),
        )
    return options


def _last_optional(values: list[Option], spec: ModelSpec) -> Option:
    for option in reversed(values):
        if not option.is_required:
            return option
    msg = f"{spec.model_id}: more required inputs than a slash command has options"
    raise InvalidSchema(msg)


def _describe(description: str, *, fallback: str) -> str:
    """Return the text in Discord's length; it refuses an empty one."""
    return text.cut(text.one_line(description) or text.one_line(fallback) or "…", text.DESCRIPTION_MAX)


class _Names:
    """Names that Discord takes, each given once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, wanted: str) -> str:
        """Return the name, made valid, with a number behind it where it is taken."""
        plain = _NOT_IN_A_NAME.sub("_", wanted.lower()).strip("_-")[: text.NAME_MAX] or "option"
        name, number = plain, 1
        while name in self._taken:
            number += 1
            name = f"{plain[: text.NAME_MAX - len(str(number)) - 1]}_{number}"
        self._taken.add(name)
        return name
