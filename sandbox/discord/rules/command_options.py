"""What a slash command's options and choices may look like."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sandbox.discord.kinds import OptionType
from sandbox.discord.rules.fields import Fields
from sandbox.discord.wire import JsonObject

MOST_OPTIONS = 25
MOST_CHOICES = 25
LONGEST_CHOICE = 100
LONGEST_STRING = 6000
NAME_CODE = "APPLICATION_COMMAND_INVALID_NAME"
_NAME = re.compile(r"[-_'\w]{1,32}")
_GROUPS = (OptionType.SUB_COMMAND, OptionType.SUB_COMMAND_GROUP)
_VALUES = tuple(kind for kind in OptionType if kind not in _GROUPS)
_NUMERIC = (OptionType.INTEGER, OptionType.NUMBER)
_CHOOSABLE = (OptionType.STRING, *_NUMERIC)


def check_options(command: Fields) -> list[JsonObject]:
    """A command's options: values, or subcommands and groups of them."""
    options = command.items("options", at_most=MOST_OPTIONS)
    are_groups = [option.value.get("type") in _GROUPS for option in options]
    if any(are_groups) and not all(are_groups):
        message = "Sub-command and sub-command group option types are mutually exclusive to all other types"
        command.complain("options", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
    return _checked(options, tuple(OptionType))


def text_length(definition: JsonObject) -> int:
    """The characters of all names, descriptions and choices of a command together."""
    total = 0
    for name in ("name", "description"):
        found = definition.get(f"{name}_localizations")
        localized = found if isinstance(found, dict) else {}
        total += max((len(str(text)) for text in (definition.get(name) or "", *localized.values())), default=0)
    if isinstance(definition.get("value"), str):
        total += len(definition["value"])
    for name in ("options", "choices"):
        children = definition.get(name)
        if isinstance(children, list):
            total += sum(text_length(child) for child in children if isinstance(child, dict))
    return total


def _checked(options: Sequence[Fields], allowed: tuple[OptionType, ...]) -> list[JsonObject]:
    names: list[object] = []
    optional_seen = False
    checked: list[JsonObject] = []
    for option in options:
        name = option.value.get("name")
        if name in names:
            option.complain("name", "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists")
        names.append(name)
        is_required = option.flag("required")
        if is_required and optional_seen:
            message = "Required options must be placed before non-required options"
            option.complain("required", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        optional_seen = optional_seen or not is_required
        checked.append(_one(option, allowed))
    return checked


def _one(option: Fields, allowed: tuple[OptionType, ...]) -> JsonObject:
    kind = option.choice("type", allowed)
    name = option.text("name", at_least=1, at_most=32, required=True)
    if name is not None and (not _NAME.fullmatch(name) or name != name.lower()):
        option.complain("name", NAME_CODE, "Command name is invalid")
    checked: JsonObject = {
        "type": kind,
        "name": name,
        "description": option.text("description", at_least=1, at_most=100, required=True),
    }
    for localized in ("name_localizations", "description_localizations"):
        if option.has(localized):
            checked[localized] = option.value[localized]
    if kind in _GROUPS:
        inner = _VALUES if kind == OptionType.SUB_COMMAND else (OptionType.SUB_COMMAND,)
        checked["options"] = _checked(option.items("options", at_most=MOST_OPTIONS), inner)
    elif kind is not None:
        checked["required"] = option.flag("required")
        checked |= _value_rules(option, OptionType(kind))
    return checked


def _value_rules(option: Fields, kind: OptionType) -> JsonObject:
    rules: JsonObject = {}
    choices = _choices(option, kind)
    if choices:
        rules["choices"] = choices
    if option.flag("autocomplete"):
        rules["autocomplete"] = True
        if kind not in _CHOOSABLE or choices:
            message = "Autocomplete needs a string or number option without choices"
            option.complain("autocomplete", "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID", message)
    if kind is OptionType.STRING:
        rules |= _bounds(option, "min_length", "max_length", at_least=0, at_most=LONGEST_STRING)
        if rules.get("max_length") == 0:
            option.complain("max_length", "NUMBER_TYPE_MIN", "int value should be greater than or equal to 1.")
    if kind in _NUMERIC:
        rules |= _bounds(option, "min_value", "max_value", at_least=-(2**53), at_most=2**53)
    if kind is OptionType.CHANNEL and option.has("channel_types"):
        rules["channel_types"] = option.value["channel_types"]
    return rules


def _choices(option: Fields, kind: OptionType) -> list[JsonObject]:
    choices = option.items("choices", at_most=MOST_CHOICES)
    if choices and kind not in _CHOOSABLE:
        message = "Only string and number options have choices"
        option.complain("choices", "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID", message)
        return []
    seen: list[object] = []
    for choice in choices:
        name = choice.text("name", at_least=1, at_most=LONGEST_CHOICE, required=True)
        if name in seen:
            message = "The specified option choice name is already used"
            choice.complain("name", "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS", message)
        seen.append(name)
        _check_choice_value(choice, kind)
    return [choice.value for choice in choices]


def _check_choice_value(choice: Fields, kind: OptionType) -> None:
    value = choice.value.get("value")
    if kind is OptionType.STRING:
        choice.text("value", at_least=1, at_most=LONGEST_CHOICE, required=True)
    elif kind is OptionType.INTEGER:
        choice.number("value", required=True)
    elif isinstance(value, bool) or not isinstance(value, int | float):
        choice.complain("value", "NUMBER_TYPE_COERCE", f'Value "{value}" is not a number.')


def _bounds(option: Fields, low: str, high: str, *, at_least: int, at_most: int) -> JsonObject:
    found: JsonObject = {}
    for name in (low, high):
        value = option.value.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not at_least <= value <= at_most:
            message = f"Value must be a number from {at_least} to {at_most}."
            option.complain(name, "NUMBER_TYPE_COERCE", message)
            continue
        found[name] = value
    if len(found) == len((low, high)) and found[low] > found[high]:
        option.complain(low, "NUMBER_TYPE_MAX", f"{low} must not exceed {high}")
    return found
