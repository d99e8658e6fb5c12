"""The people, the guild and the channels that every world begins with."""

from __future__ import annotations

import secrets

from sandbox.clock import WorldClock
from sandbox.discord.channels import Channel, Overwrite
from sandbox.discord.guilds import Guild, Member, Role
from sandbox.discord.kinds import ChannelType
from sandbox.discord.permission_flags import PLAIN_MEMBER, Permission
from sandbox.discord.snowflakes import Snowflakes
from sandbox.discord.users import Application, User
from sandbox.discord.world import World

GUILD_NAME = "The Studio"
_APPLICATION_FLAGS = (1 << 13) | (1 << 15) | (1 << 19)  # limited presence, members and message content intents


def populated_world(clock: WorldClock) -> World:
    """A guild with `ada` and `ben` (members), `mod` (Manage Messages), `owner`, the bot, and three channels.

    Channels: `general`; `adults`, age-restricted; `announcements`, where the bot may read but not post.
    """
    ids = Snowflakes(clock)
    bot_id = ids.next()
    owner = User(id=ids.next(), username="owner", global_name="Olive Owner")
    world = World(
        clock=clock,
        snowflakes=ids,
        application=Application(
            id=bot_id, name="Comfycord", owner_id=owner.id, verify_key=secrets.token_hex(32), flags=_APPLICATION_FLAGS
        ),
        bot=User(id=bot_id, username="Comfycord", is_bot=True),
        bot_token=f"{bot_id}.sandbox.{secrets.token_urlsafe(27)}",
    )
    world.add_user(owner)
    for username, name in (("ada", "Ada"), ("ben", "Ben"), ("mod", "Mo Moderator")):
        world.add_user(User(id=ids.next(), username=username, global_name=name))
    add_guild(world, GUILD_NAME, owner=owner)
    return world


def add_guild(world: World, name: str, *, owner: User) -> Guild:
    """A guild with every account of the world in it, its roles and its three channels."""
    guild_id = world.snowflakes.next()
    guild = Guild(id=guild_id, name=name, owner_id=owner.id)
    guild.roles[guild_id] = Role(id=guild_id, name="@everyone", permissions=PLAIN_MEMBER)
    moderators = Role(id=world.snowflakes.next(), name="moderators", position=2, permissions=Permission.MANAGE_MESSAGES)
    bots = Role(
        id=world.snowflakes.next(), name=world.bot.username, position=1, permissions=PLAIN_MEMBER, is_managed=True
    )
    guild.roles |= {moderators.id: moderators, bots.id: bots}
    special = {world.user("mod").id: [moderators.id], world.bot.id: [bots.id]}
    for user in world.users.values():
        guild.members[user.id] = Member(user_id=user.id, joined_at=world.clock.now(), role_ids=special.get(user.id, []))
    world.guilds[guild_id] = guild
    _add_channels(world, guild)
    return guild


def add_text_channel(world: World, guild: Guild, name: str, *, is_age_restricted: bool = False) -> Channel:
    """A text channel at the end of the guild's list."""
    position = sum(channel.guild_id == guild.id for channel in world.channels.values())
    channel = Channel(
        id=world.snowflakes.next(),
        type=ChannelType.GUILD_TEXT,
        name=name,
        guild_id=guild.id,
        position=position,
        is_age_restricted=is_age_restricted,
    )
    world.channels[channel.id] = channel
    return channel


def _add_channels(world: World, guild: Guild) -> None:
    add_text_channel(world, guild, "general")
    add_text_channel(world, guild, "adults", is_age_restricted=True)
    announcements = add_text_channel(world, guild, "announcements")
    announcements.overwrites.append(Overwrite(target_id=world.bot.id, is_role=False, deny=Permission.SEND_MESSAGES))
