"""The routes by which an application registers its commands."""

from __future__ import annotations

from sandbox.discord.changes import ChangeKind
from sandbox.discord.commands import Command
from sandbox.discord.rest.errors import (
    ApiError,
    FormErrors,
    invalid_form,
    missing_access,
    unknown_application,
    unknown_command,
)
from sandbox.discord.rest.responses import NO_CONTENT, Answer
from sandbox.discord.rest.routing import Context, route
from sandbox.discord.rules.command_registration import MOST_COMMANDS, check_command, check_commands
from sandbox.discord.wire import JsonObject


def list_commands(context: Context) -> Answer:
    """What is registered in a scope."""
    scope = _scope(context)
    return Answer(body=[_payload(context, command) for command in context.state.commands.in_scope(scope)])


def overwrite_commands(context: Context) -> Answer:
    """Replace a scope's commands whole."""
    scope = _scope(context)
    body = context.call.body
    if not isinstance(body, list):
        raise invalid_form((), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    definitions = check_commands(body)
    commands = context.state.commands.overwrite(scope, definitions)
    context.state.tell(ChangeKind.COMMANDS_REGISTERED)
    return Answer(body=[_payload(context, command) for command in commands])


def create_command(context: Context) -> Answer:
    """Register one command, or replace the one of the same name."""
    scope = _scope(context)
    errors = FormErrors()
    definition = check_command(context.form, errors, path=())
    errors.raise_if_any()
    registry = context.state.commands
    known = [command for command in registry.in_scope(scope) if command.type == definition["type"]]
    is_new = all(command.name != definition["name"] for command in known)
    if is_new and len(known) >= MOST_COMMANDS[definition["type"]]:
        raise ApiError(400, 30032, "Maximum number of application commands reached (100).")
    command, is_new = registry.upsert(scope, definition)
    context.state.tell(ChangeKind.COMMANDS_REGISTERED)
    return Answer(status=201 if is_new else 200, body=_payload(context, command))


def get_command(context: Context) -> Answer:
    """One registered command."""
    return Answer(body=_payload(context, _command(context)))


def edit_command(context: Context) -> Answer:
    """Change some fields of one command."""
    command = _command(context)
    errors = FormErrors()
    definition = check_command({**command.definition, **context.form}, errors, path=())
    errors.raise_if_any()
    edited = context.state.commands.replace(command, definition)
    context.state.tell(ChangeKind.COMMANDS_REGISTERED)
    return Answer(body=_payload(context, edited))


def delete_command(context: Context) -> Answer:
    """Take one command away."""
    context.state.commands.remove(_command(context))
    context.state.tell(ChangeKind.COMMANDS_REGISTERED)
    return NO_CONTENT


def _scope(context: Context) -> int | None:
    """The guild of the call, or None for global. Raises: ApiError 10002 for another application, 50001."""
    state = context.state
    if context.id("application_id") != state.application.id:
        raise unknown_application()
    if "guild_id" not in context.call.parameters:
        return None
    guild = state.guilds.get(context.id("guild_id"))
    if guild is None or state.bot.id not in guild.members:
        raise missing_access()
    return guild.id


def _command(context: Context) -> Command:
    scope = _scope(context)
    command = context.state.commands.by_id(context.id("command_id"))
    if command is None or command.guild_id != scope:
        raise unknown_command()
    return command


def _payload(context: Context, command: Command) -> JsonObject:
    payload: JsonObject = {
        "id": str(command.id),
        "application_id": str(context.state.application.id),
        "version": str(command.version),
        **command.definition,
    }
    if command.guild_id is not None:
        payload["guild_id"] = str(command.guild_id)
    return payload


_GLOBAL = "/applications/{application_id}/commands"
_GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"
ROUTES = tuple(
    found
    for base in (_GLOBAL, _GUILD)
    for found in (
        route(f"GET {base}", list_commands),
        route(f"PUT {base}", overwrite_commands),
        route(f"POST {base}", create_command),
        route(f"GET {base}/{{command_id}}", get_command),
        route(f"PATCH {base}/{{command_id}}", edit_command),
        route(f"DELETE {base}/{{command_id}}", delete_command),
    )
)
