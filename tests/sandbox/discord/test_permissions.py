"""Permissions are computed from roles and overwrites, in Discord's order."""

from __future__ import annotations

import pytest

from sandbox.clock import SandboxClock
from sandbox.discord.channels import Channel, Overwrite
from sandbox.discord.guilds import Guild, Role
from sandbox.discord.permission_flags import ALL_PERMISSIONS, NO_PERMISSIONS, PLAIN_MEMBER, Permission
from sandbox.discord.population import populated_state
from sandbox.discord.state import DiscordState

SEND = Permission.SEND_MESSAGES
VIEW = Permission.VIEW_CHANNEL


@pytest.fixture
def state() -> DiscordState:
    """A fresh state."""
    return populated_state(SandboxClock())


@pytest.fixture
def general(state: DiscordState) -> Channel:
    """The usual channel."""
    return state.channel("general")


@pytest.fixture
def guild(state: DiscordState, general: Channel) -> Guild:
    """The usual guild."""
    found = state.guild_of(general)
    assert found is not None
    return found


def test_who_may_what_at_first(state: DiscordState, general: Channel) -> None:
    """A plain member posts, a moderator manages messages, the owner may everything, a stranger nothing."""
    assert state.permissions(state.user("ada").id, general) == PLAIN_MEMBER
    assert state.permissions(state.user("mod").id, general) == PLAIN_MEMBER | Permission.MANAGE_MESSAGES
    assert state.permissions(state.user("owner").id, general) == ALL_PERMISSIONS
    assert state.permissions(5, general) == NO_PERMISSIONS


def test_the_bot_may_not_post_in_announcements(state: DiscordState) -> None:
    """It reads there; what a message would carry is gone with the right to post."""
    allowed = state.permissions(state.bot.id, state.channel("announcements"))
    assert VIEW in allowed
    assert not allowed & (SEND | Permission.ATTACH_FILES | Permission.EMBED_LINKS)


def test_a_member_s_overwrite_beats_roles_and_these_beat_everyone(
    state: DiscordState, general: Channel, guild: Guild
) -> None:
    """Everyone's first, then the roles' together (allow wins), then the member's own."""
    mod = state.user("mod").id
    role = guild.members[mod].role_ids[0]
    general.overwrites = [Overwrite(target_id=guild.id, is_role=True, deny=SEND)]
    assert SEND not in state.permissions(mod, general)
    general.overwrites.append(Overwrite(target_id=role, is_role=True, allow=SEND))
    assert SEND in state.permissions(mod, general)
    assert SEND not in state.permissions(state.user("ada").id, general)
    second = Role(id=7, name="second", permissions=NO_PERMISSIONS)
    guild.roles[second.id] = second
    guild.members[mod].role_ids.append(second.id)
    general.overwrites.append(Overwrite(target_id=second.id, is_role=True, deny=SEND))
    assert SEND in state.permissions(mod, general)
    general.overwrites.append(Overwrite(target_id=mod, is_role=False, deny=SEND))
    assert SEND not in state.permissions(mod, general)
    assert SEND in state.permissions(state.user("owner").id, general)


def test_who_cannot_see_can_do_nothing(state: DiscordState, general: Channel, guild: Guild) -> None:
    """And reads nothing."""
    ada = state.user("ada").id
    general.overwrites = [Overwrite(target_id=guild.id, is_role=True, deny=VIEW)]
    assert state.permissions(ada, general) == NO_PERMISSIONS
    assert state.seen_by(ada, general) == []


def test_an_administrator_may_everything(state: DiscordState, general: Channel, guild: Guild) -> None:
    """Whatever the overwrites say."""
    guild.roles[guild.members[state.bot.id].role_ids[0]].permissions |= Permission.ADMINISTRATOR
    general.overwrites = [Overwrite(target_id=state.bot.id, is_role=False, deny=VIEW)]
    assert state.permissions(state.bot.id, general) == ALL_PERMISSIONS


def test_a_conversation_is_open_to_its_two(state: DiscordState) -> None:
    """A direct channel is made once; strangers have no part in it."""
    ada = state.user("ada")
    channel = state.direct_channel(ada)
    assert state.direct_channel(ada) is channel
    assert SEND in state.permissions(ada.id, channel)
    assert state.permissions(state.user("ben").id, channel) == NO_PERMISSIONS
