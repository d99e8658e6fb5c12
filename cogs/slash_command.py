"""A planned command as discord.py registers it, without a function written by hand."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, cast

import discord
from discord import app_commands

from cogs.options import CommandPlan, Option, Role, choice_value
from cogs.ui import text
from services.models.spec import InputKind, InputSpec

Interaction = discord.Interaction[discord.Client]
# Called with the interaction and what was given, by option name; options left out are absent.
Run = Callable[[Interaction, Mapping[str, object]], Awaitable[None]]
SlashCommand = app_commands.Command[Any, ..., None]
Suggest = Callable[[Interaction, str], Coroutine[Any, Any, list[app_commands.Choice[str]]]]

# Discord's integers and numbers are IEEE doubles: larger bounds are refused at registration.
_LARGEST = 2**53 - 1
_LONGEST_STRING = 6_000
_SCALARS: Mapping[InputKind, type] = {InputKind.INTEGER: int, InputKind.NUMBER: float}


def build_command(plan: CommandPlan, run: Run) -> SlashCommand:
    """Build the command. Parameters are numbered, since an option's name need not be a Python name.

    discord.py enforces nothing of what is declared here when a call arrives: `run` has to check it all.
    """
    names = {f"option_{index}": option.name for index, option in enumerate(plan.options)}
    parameters = [
        inspect.Parameter(
            parameter,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=_annotation(option),
            default=inspect.Parameter.empty if option.is_required else None,
        )
        for parameter, option in zip(names, plan.options, strict=True)
    ]

    async def callback(interaction: Interaction, **values: object) -> None:
        given = {names[parameter]: value for parameter, value in values.items() if value is not None}
        await run(interaction, given)

    first = inspect.Parameter("interaction", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Interaction)
    callback.__signature__ = inspect.Signature([first, *parameters])  # type: ignore[attr-defined]  # functions take any
    callback.__name__ = f"call_{plan.name.replace('-', '_')}"
    described = app_commands.describe(**dict(zip(names, (o.description for o in plan.options), strict=True)))
    renamed = app_commands.rename(**names)
    command: SlashCommand = app_commands.Command(
        name=plan.name,
        description=plan.description,
        callback=_with_choices(plan, names, described(renamed(callback))),
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
    )
    return command


def _annotation(option: Option) -> object:
    """Return the option's type as discord.py reads it; at run time `Range[…]` is one of its transformers."""
    match option.role:
        case Role.PICTURE:
            return discord.Attachment
        case Role.PRIVATE:
            return bool
        case Role.URLS:
            return app_commands.Range[str, 1, _LONGEST_STRING]
        case _:
            return _value_annotation(option.input) if option.input is not None else str


def _value_annotation(spec: InputSpec) -> object:
    if spec.kind is InputKind.BOOLEAN:
        return bool
    if spec.kind is InputKind.TEXT:
        longest = min(spec.max_length or _LONGEST_STRING, _LONGEST_STRING)
        return app_commands.Range[str, 1, longest]
    scalar = _SCALARS.get(spec.kind)
    if scalar is None:
        return str
    low, high = (
        scalar(bound) if bound is not None and abs(bound) <= _LARGEST else None
        for bound in (spec.minimum, spec.maximum)
    )
    if low is None and high is None:
        return scalar
    return cast("Any", app_commands.Range)[scalar, low, high]


def _with_choices(plan: CommandPlan, names: Mapping[str, str], callback: Any) -> Any:  # noqa: ANN401 - as discord.py's
    """Declare the choices; more than Discord takes, in number or in text, are suggested while typing."""
    declared: dict[str, list[app_commands.Choice[str]]] = {}
    suggested: dict[str, Suggest] = {}
    written = len(plan.name) + len(plan.description) + sum(len(o.name) + len(o.description) for o in plan.options)
    for parameter, option in zip(names, plan.options, strict=True):
        if option.input is None or option.input.kind is not InputKind.CHOICE:
            continue
        choices = _choices(option.input)
        more = sum(len(choice.name) + len(choice.value) for choice in choices)
        if len(choices) <= text.CHOICES_MAX and written + more <= text.COMMAND_TEXTS_MAX:
            written += more
            declared[parameter] = choices
        else:
            suggested[parameter] = _suggesting(choices)
    callback = app_commands.choices(**declared)(callback) if declared else callback
    return app_commands.autocomplete(**suggested)(callback) if suggested else callback


def _choices(spec: InputSpec) -> list[app_commands.Choice[str]]:
    return [
        app_commands.Choice(
            name=text.cut(text.one_line(str(choice)) or "(empty)", text.CHOICE_MAX),
            value=choice_value(choice, index),
        )
        for index, choice in enumerate(spec.choices)
    ]


def _suggesting(
    choices: Sequence[app_commands.Choice[str]],
) -> Suggest:
    async def suggest(_interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        fitting = [choice for choice in choices if typed.casefold() in choice.name.casefold()]
        return fitting[: text.CHOICES_MAX]

    return suggest
