"""Permissions are computed from roles and overwrites, in Discord's order."""

from __future__ import annotations

import pytest

from sandbox.clock import WorldClock
from sandbox.discord.channels import Channel, Overwrite
from sandbox.discord.guilds import Guild, Role
from sandbox.discord.permission_flags import ALL_PERMISSIONS, NO_PERMISSIONS, PLAIN_MEMBER, Permission
from sandbox.discord.population import populated_world
from sandbox.discord.world import World

SEND = Permission.SEND_MESSAGES
VIEW = Permission.VIEW_CHANNEL


@pytest.fixture
def world() -> World:
    """A fresh world."""
    return populated_world(WorldClock())


@pytest.fixture
def general(world: World) -> Channel:
    """The usual channel."""
    return world.channel("general")


@pytest.fixture
def guild(world: World, general: Channel) -> Guild:
    """The usual guild."""
    found = world.guild_of(general)
    assert found is not None
    return found


def test_who_may_what_at_first(world: World, general: Channel) -> None:
    """A plain member posts, a moderator manages messages, the owner may everything, a stranger nothing."""
    assert world.permissions(world.user("ada").id, general) == PLAIN_MEMBER
    assert world.permissions(world.user("mod").id, general) == PLAIN_MEMBER | Permission.MANAGE_MESSAGES
    assert world.permissions(world.user("owner").id, general) == ALL_PERMISSIONS
    assert world.permissions(5, general) == NO_PERMISSIONS


def test_the_bot_may_not_post_in_announcements(world: World) -> None:
    """It reads there; what a message would carry is gone with the right to post."""
    allowed = world.permissions(world.bot.id, world.channel("announcements"))
    assert VIEW in allowed
    assert not allowed & (SEND | Permission.ATTACH_FILES | Permission.EMBED_LINKS)


def test_a_member_s_overwrite_beats_roles_and_these_beat_everyone(world: World, general: Channel, guild: Guild) -> None:
    """Everyone's first, then the roles' together (allow wins), then the member's own."""
    mod = world.user("mod").id
    role = guild.members[mod].role_ids[0]
    general.overwrites = [Overwrite(target_id=guild.id, is_role=True, deny=SEND)]
    assert SEND not in world.permissions(mod, general)
    general.overwrites.append(Overwrite(target_id=role, is_role=True, allow=SEND))
    assert SEND in world.permissions(mod, general)
    assert SEND not in world.permissions(world.user("ada").id, general)
    second = Role(id=7, name="second", permissions=NO_PERMISSIONS)
    guild.roles[second.id] = second
    guild.members[mod].role_ids.append(second.id)
    general.overwrites.append(Overwrite(target_id=second.id, is_role=True, deny=SEND))
    assert SEND in world.permissions(mod, general)
    general.overwrites.append(Overwrite(target_id=mod, is_role=False, deny=SEND))
    assert SEND not in world.permissions(mod, general)
    assert SEND in world.permissions(world.user("owner").id, general)


def test_who_cannot_see_can_do_nothing(world: World, general: Channel, guild: Guild) -> None:
    """And reads nothing."""
    ada = world.user("ada").id
    general.overwrites = [Overwrite(target_id=guild.id, is_role=True, deny=VIEW)]
    assert world.permissions(ada, general) == NO_PERMISSIONS
    assert world.seen_by(ada, general) == []


def test_an_administrator_may_everything(world: World, general: Channel, guild: Guild) -> None:
    """Whatever the overwrites say."""
    guild.roles[guild.members[world.bot.id].role_ids[0]].permissions |= Permission.ADMINISTRATOR
    general.overwrites = [Overwrite(target_id=world.bot.id, is_role=False, deny=VIEW)]
    assert world.permissions(world.bot.id, general) == ALL_PERMISSIONS


def test_a_conversation_is_open_to_its_two(world: World) -> None:
    """A direct channel is made once; strangers have no part in it."""
    ada = world.user("ada")
    channel = world.direct_channel(ada)
    assert world.direct_channel(ada) is channel
    assert SEND in world.permissions(ada.id, channel)
    assert world.permissions(world.user("ben").id, channel) == NO_PERMISSIONS
