"""A slash command as Discord's client fills it in: typed options, the command's own rules, uploaded files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.client_driver.refusals import ClientRefused, CommandNotFound
from sandbox.client_driver.resolved import Resolved
from sandbox.discord.channels import Channel
from sandbox.discord.commands import Command
from sandbox.discord.guilds import Role
from sandbox.discord.kinds import OptionType
from sandbox.discord.users import User
from sandbox.discord.wire import JsonObject
from sandbox.pictures import Picture

OptionValue: TypeAlias = "str | bool | int | float | Picture | User | Role | Channel"

_PYTHON_TYPES: Mapping[int, type | tuple[type, ...]] = {
    OptionType.STRING: str,
    OptionType.INTEGER: int,
    OptionType.BOOLEAN: bool,
    OptionType.NUMBER: (int, float),
    OptionType.USER: User,
    OptionType.CHANNEL: Channel,
    OptionType.ROLE: Role,
    OptionType.MENTIONABLE: (User, Role),
    OptionType.ATTACHMENT: Picture,
}
_GUESSES: Sequence[tuple[type, OptionType]] = (
    (bool, OptionType.BOOLEAN),  # before int, which it is too
    (int, OptionType.INTEGER),
    (float, OptionType.NUMBER),
    (Picture, OptionType.ATTACHMENT),
    (User, OptionType.USER),
    (Role, OptionType.ROLE),
    (Channel, OptionType.CHANNEL),
)
_LONGEST_STRING = 6000


@dataclass(kw_only=True, slots=True)
class CommandForm:
    """Fills in one command and yields the interaction's data; `resolved` takes what the options name.

    `is_forced` sends what the client would refuse: wrong values, missing and unknown options.
    """

    command: Command
    resolved: Resolved
    path: Sequence[str] = ()
    is_forced: bool = False

    def filled(self, values: Mapping[str, OptionValue]) -> JsonObject:
        """Return the data of the finished command; uploads its files.

        Raises: ClientRefused where an option is missing, unknown, of the wrong type, or breaks the command's
        own limits.
        """
        definitions = self._definitions()
        if not self.is_forced:
            _check_names(definitions, values)
            for name, value in values.items():
                _check_value(definitions[name], value)
        options = [self._option(definitions.get(name), name, value) for name, value in values.items()]
        return self._data(options)

    def focused(self, option: str, text: str, values: Mapping[str, OptionValue]) -> JsonObject:
        """Return the data of an autocomplete request for `option`, with what was filled in before.

        Raises: ClientRefused where the option does not suggest anything.
        """
        definitions = self._definitions()
        definition = definitions.get(option)
        if definition is None or not definition.get("autocomplete"):
            raise ClientRefused(f"/{self.command.name} suggests nothing for {option!r}")
        options = [self._option(definitions.get(name), name, value) for name, value in values.items()]
        options.append({"name": option, "type": definition["type"], "value": text, "focused": True})
        return self._data(options)

    def _definitions(self) -> dict[str, JsonObject]:
        options: list[JsonObject] = self.command.definition.get("options") or []
        for name in self.path:
            options = _subcommand(options, name).get("options") or []
        if any(option["type"] <= OptionType.SUB_COMMAND_GROUP for option in options):
            raise CommandNotFound(f"/{self.command.name} {' '.join(self.path)} is only the beginning of a command")
        return {option["name"]: option for option in options}

    def _data(self, options: list[JsonObject]) -> JsonObject:
        for depth, name in reversed(list(enumerate(self.path))):
            is_group = depth < len(self.path) - 1
            kind = OptionType.SUB_COMMAND_GROUP if is_group else OptionType.SUB_COMMAND
            options = [{"name": name, "type": kind.value, "options": options}]
        data: JsonObject = {
            "id": str(self.command.id),
            "name": self.command.name,
            "type": self.command.type,
            "options": options,
        }
        if self.command.guild_id is not None:
            data["guild_id"] = str(self.command.guild_id)
        if self.resolved.payload:
            data["resolved"] = self.resolved.payload
        return data

    def _option(self, definition: JsonObject | None, name: str, value: OptionValue) -> JsonObject:
        kind = definition["type"] if definition else _guessed_type(value)
        return {"name": name, "type": int(kind), "value": self._sent(definition, value)}

    def _sent(self, definition: JsonObject | None, value: OptionValue) -> str | bool | float:
        if isinstance(value, Picture):
            return self.resolved.add_file(value)
        if isinstance(value, (User, Role, Channel)):
            return self.resolved.add(value)
        chosen = _choice(definition or {}, value)
        return value if chosen is None else chosen


def _subcommand(options: Sequence[JsonObject], name: str) -> JsonObject:
    for option in options:
        if option["name"] == name and option["type"] <= OptionType.SUB_COMMAND_GROUP:
            return option
    raise CommandNotFound(f"there is no subcommand {name!r}")


def _guessed_type(value: OptionValue) -> OptionType:
    return next((kind for python_type, kind in _GUESSES if isinstance(value, python_type)), OptionType.STRING)


def _check_names(definitions: Mapping[str, JsonObject], values: Mapping[str, OptionValue]) -> None:
    unknown = values.keys() - definitions.keys()
    if unknown:
        raise ClientRefused(f"the command has no option {', '.join(sorted(unknown))}")
    missing = [name for name, one in definitions.items() if one.get("required") and name not in values]
    if missing:
        raise ClientRefused(f"this option is required: {', '.join(missing)}")


def _check_value(definition: JsonObject, value: OptionValue) -> None:
    name, kind = definition["name"], definition["type"]
    wanted = _PYTHON_TYPES.get(kind, object)
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind != OptionType.BOOLEAN):
        raise ClientRefused(f"{name}: {type(value).__name__} is no {OptionType(kind).name.lower()}")
    if definition.get("choices") and _choice(definition, value) is None:
        raise ClientRefused(f"{name}: {value!r} is none of the choices")
    if isinstance(value, str):
        _check_range(name, len(value), definition.get("min_length"), definition.get("max_length") or _LONGEST_STRING)
        if not value and definition.get("required"):
            raise ClientRefused(f"this option is required: {name}")
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        _check_range(name, value, definition.get("min_value"), definition.get("max_value"))


def _check_range(name: str, value: float, least: float | None, most: float | None) -> None:
    if least is not None and value < least:
        raise ClientRefused(f"{name}: {value} is less than {least}")
    if most is not None and value > most:
        raise ClientRefused(f"{name}: {value} is more than {most}")


def _choice(definition: JsonObject, value: OptionValue) -> str | float | None:
    """Return the value that is sent for a choice given by its name or by its value; None where there is none such."""
    for choice in definition.get("choices") or []:
        if value in (choice["value"], choice["name"]):
            sent: str | float = choice["value"]
            return sent
    return None
