"""What a command may look like when it is registered."""

from __future__ import annotations

import re
from collections import Counter

from sandbox.discord.kinds import CommandType
from sandbox.discord.rest.errors import FormErrors
from sandbox.discord.rules.command_options import NAME_CODE, check_options, text_length
from sandbox.discord.rules.fields import Fields
from sandbox.discord.wire import JsonObject, Path

MOST_COMMANDS = {CommandType.CHAT_INPUT: 100, CommandType.USER: 15, CommandType.MESSAGE: 15}
LONGEST_TEXTS = 8000
LONGEST_NAME = 32
LONGEST_DESCRIPTION = 100
CHAT_INPUT_NAME = re.compile(r"[-_'\w]{1,32}")
_CONTEXTS = (0, 1, 2)
_INTEGRATION_TYPES = (0, 1)


def check_commands(body: list[object]) -> list[JsonObject]:
    """Every definition of a scope with its defaults filled in. Raises: ApiError 50035."""
    errors = FormErrors()
    definitions: list[JsonObject] = []
    for number, value in enumerate(body):
        if isinstance(value, dict):
            definitions.append(check_command(value, errors, path=(number,)))
        else:
            errors.add((number,), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
    for number, definition in enumerate(definitions):
        if any(_same(definition, other) for other in definitions[:number]):
            message = "Application command names must be unique"
            errors.add((number, "name"), "APPLICATION_COMMANDS_DUPLICATE_NAME", message)
    for kind, count in Counter(definition["type"] for definition in definitions).items():
        if count > MOST_COMMANDS[kind]:
            errors.add((), "BASE_TYPE_MAX_LENGTH", f"Must be {MOST_COMMANDS[kind]} or fewer in length.")
    errors.raise_if_any()
    return definitions


def check_command(value: JsonObject, errors: FormErrors, *, path: Path) -> JsonObject:
    """One definition with its defaults filled in; complaints go to `errors`."""
    command = Fields(errors=errors, value=value, path=path)
    kind = command.choice("type", CommandType, required=False) or CommandType.CHAT_INPUT.value
    definition: JsonObject = {
        "type": kind,
        "name": _name(command, kind),
        "description": _description(command, kind),
        "default_member_permissions": _member_permissions(command),
        "dm_permission": command.flag("dm_permission", default=True),
        "nsfw": command.flag("nsfw"),
        "contexts": _subset(command, "contexts", _CONTEXTS),
        "integration_types": _subset(command, "integration_types", _INTEGRATION_TYPES) or [0],
    }
    for name in ("name_localizations", "description_localizations"):
        if command.has(name):
            definition[name] = command.value[name]
    if kind == CommandType.CHAT_INPUT:
        definition["options"] = check_options(command)
    elif command.has("options"):
        command.complain("options", "APPLICATION_COMMAND_INVALID_OPTIONS", "Only slash commands have options")
    if text_length(value) > LONGEST_TEXTS:
        message = f"Command exceeds maximum size ({LONGEST_TEXTS})"
        errors.add(path, "APPLICATION_COMMAND_TOO_LARGE", message)
    return definition


def _same(one: JsonObject, other: JsonObject) -> bool:
    return bool(one["type"] == other["type"] and one["name"] == other["name"])


def _name(command: Fields, kind: int) -> str:
    name = command.text("name", at_least=1, at_most=LONGEST_NAME, required=True)
    if name is None:
        return ""
    if kind == CommandType.CHAT_INPUT and (not CHAT_INPUT_NAME.fullmatch(name) or name != name.lower()):
        command.complain("name", NAME_CODE, "Command name is invalid")
    return name


def _description(command: Fields, kind: int) -> str:
    if kind == CommandType.CHAT_INPUT:
        return command.text("description", at_least=1, at_most=LONGEST_DESCRIPTION, required=True) or ""
    if command.value.get("description"):
        command.complain("description", "BASE_TYPE_BAD_FIELD", "Context menu commands cannot have description")
    return ""


def _member_permissions(command: Fields) -> str | None:
    found = command.value.get("default_member_permissions")
    if found is None:
        return None
    if isinstance(found, bool) or not str(found).isdecimal():
        message = f'Value "{found}" is not int.'
        command.complain("default_member_permissions", "NUMBER_TYPE_COERCE", message)
        return None
    return str(found)


def _subset(command: Fields, name: str, allowed: tuple[int, ...]) -> list[int] | None:
    if not command.has(name):
        return None
    found = command.scalars(name)
    if not found or len(set(found)) != len(found) or not set(found) <= set(allowed):
        command.complain(name, "BASE_TYPE_CHOICES", f"Values must be distinct and among {allowed}.")
        return None
    return sorted(int(value) for value in found)
