"""The people, the guild and the channels that every local Discord begins with."""

from __future__ import annotations

import secrets

from sandbox.clock import SandboxClock
from sandbox.discord.channels import Channel, Overwrite
from sandbox.discord.guilds import Guild, Member, Role
from sandbox.discord.kinds import ChannelType
from sandbox.discord.permission_flags import PLAIN_MEMBER, Permission
from sandbox.discord.snowflakes import Snowflakes
from sandbox.discord.state import DiscordState
from sandbox.discord.users import Application, User

GUILD_NAME = "The Studio"
_APPLICATION_FLAGS = (1 << 13) | (1 << 15) | (1 << 19)  # limited presence, members and message content intents


def populated_state(clock: SandboxClock) -> DiscordState:
    """A guild with `ada` and `ben` (members), `mod` (Manage Messages), `owner`, the bot, and three channels.

    Channels: `general`; `adults`, age-restricted; `announcements`, where the bot may read but not post.
    """
    ids = Snowflakes(clock)
    bot_id = ids.next()
    owner = User(id=ids.next(), username="owner", global_name="Olive Owner")
    state = DiscordState(
        clock=clock,
        snowflakes=ids,
        application=Application(
            id=bot_id, name="Comfycord", owner_id=owner.id, verify_key=secrets.token_hex(32), flags=_APPLICATION_FLAGS
        ),
        bot=User(id=bot_id, username="Comfycord", is_bot=True),
        bot_token=f"{bot_id}.sandbox.{secrets.token_urlsafe(27)}",
    )
    state.add_user(owner)
    for username, name in (("ada", "Ada"), ("ben", "Ben"), ("mod", "Mo Moderator")):
        state.add_user(User(id=ids.next(), username=username, global_name=name))
    add_guild(state, GUILD_NAME, owner=owner)
    return state


def add_guild(state: DiscordState, name: str, *, owner: User) -> Guild:
    """A guild with every account of the local Discord in it, its roles and its three channels."""
    guild_id = state.snowflakes.next()
    guild = Guild(id=guild_id, name=name, owner_id=owner.id)
    guild.roles[guild_id] = Role(id=guild_id, name="@everyone", permissions=PLAIN_MEMBER)
    moderators = Role(id=state.snowflakes.next(), name="moderators", position=2, permissions=Permission.MANAGE_MESSAGES)
    bots = Role(
        id=state.snowflakes.next(), name=state.bot.username, position=1, permissions=PLAIN_MEMBER, is_managed=True
    )
    guild.roles |= {moderators.id: moderators, bots.id: bots}
    special = {state.user("mod").id: [moderators.id], state.bot.id: [bots.id]}
    for user in state.users.values():
        guild.members[user.id] = Member(user_id=user.id, joined_at=state.clock.now(), role_ids=special.get(user.id, []))
    state.guilds[guild_id] = guild
    _add_channels(state, guild)
    return guild


def add_text_channel(state: DiscordState, guild: Guild, name: str, *, is_age_restricted: bool = False) -> Channel:
    """A text channel at the end of the guild's list."""
    position = sum(channel.guild_id == guild.id for channel in state.channels.values())
    channel = Channel(
        id=state.snowflakes.next(),
        type=ChannelType.GUILD_TEXT,
        name=name,
        guild_id=guild.id,
        position=position,
        is_age_restricted=is_age_restricted,
    )
    state.channels[channel.id] = channel
    return channel


def _add_channels(state: DiscordState, guild: Guild) -> None:
    add_text_channel(state, guild, "general")
    add_text_channel(state, guild, "adults", is_age_restricted=True)
    announcements = add_text_channel(state, guild, "announcements")
    announcements.overwrites.append(Overwrite(target_id=state.bot.id, is_role=False, deny=Permission.SEND_MESSAGES))
