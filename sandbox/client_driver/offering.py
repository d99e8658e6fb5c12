"""Which commands Discord's client offers to a person in a place."""

from __future__ import annotations

from sandbox.client_driver.refusals import CommandNotFound, NotThere
from sandbox.discord.channels import Channel
from sandbox.discord.commands import Command
from sandbox.discord.kinds import CommandType, InteractionContext
from sandbox.discord.permission_flags import Permission
from sandbox.discord.rules.permissions import in_guild
from sandbox.discord.state import DiscordState
from sandbox.discord.users import User
from sandbox.discord.wire import JsonObject


def require_offered(
    state: DiscordState,
    user: User,
    channel: Channel,
    name: str,
    *,
    kind: CommandType = CommandType.CHAT_INPUT,
    is_forced: bool = False,
) -> Command:
    """Return the command that `user` means by its name in `channel`; `is_forced` skips the client's own refusals.

    Raises: CommandNotFound where it is not registered, or not offered to this person in this place; NotThere where
    the person does not see the channel.
    """
    found = state.commands.find(name, guild_id=channel.guild_id, kind=kind)
    if found is None and is_forced:  # a stale client sends a command that is no longer registered
        made_up = state.snowflakes.next()
        definition: JsonObject = {"name": name, "type": kind.value}
        return Command(id=made_up, version=made_up, type=kind.value, name=name, definition=definition)
    if found is None:
        raise CommandNotFound(f"{_called(name, kind)} is not registered here")
    if not is_forced:
        _check_offer(state, user, channel, found)
    return found


def offered_commands(state: DiscordState, user: User, channel: Channel) -> list[Command]:
    """Return every command, of all three kinds, that `user` is offered in `channel`."""
    commands = []
    for command in state.commands.available(channel.guild_id):
        try:
            _check_offer(state, user, channel, command)
        except (CommandNotFound, NotThere):
            continue
        commands.append(command)
    return commands


def _check_offer(state: DiscordState, user: User, channel: Channel, command: Command) -> None:
    definition, where = command.definition, channel.name or "direct messages"
    called = _called(command.name, CommandType(command.type))
    context = InteractionContext.BOT_DM if channel.is_direct else InteractionContext.GUILD
    contexts = definition.get("contexts")
    if contexts is not None and context not in contexts:
        raise CommandNotFound(f"{called} is not offered in {where}")
    if definition.get("nsfw") and not channel.is_age_restricted:
        raise CommandNotFound(f"{called} is offered only in age-restricted channels")
    allowed = state.permissions(user.id, channel)
    if Permission.VIEW_CHANNEL not in allowed:
        raise NotThere(f"{user.username} does not see {where}")
    if not channel.is_direct and Permission.USE_APPLICATION_COMMANDS not in allowed:
        raise CommandNotFound(f"{user.username} may not use commands in {where}")
    _check_default_permissions(state, user, channel, command)


def _check_default_permissions(state: DiscordState, user: User, channel: Channel, command: Command) -> None:
    wanted = command.definition.get("default_member_permissions")
    guild = state.guild_of(channel)
    if wanted is None or guild is None:
        return
    needed = Permission(int(wanted)) if int(wanted) else Permission.ADMINISTRATOR
    if needed not in in_guild(guild, user.id):
        raise CommandNotFound(f"{_called(command.name, CommandType(command.type))} is not offered to {user.username}")


def _called(name: str, kind: CommandType) -> str:
    return f"/{name}" if kind is CommandType.CHAT_INPUT else repr(name)
