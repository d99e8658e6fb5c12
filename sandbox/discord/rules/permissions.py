"""What a member may do in a channel, computed as Discord computes it."""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox.discord.channels import Channel, Overwrite
    from sandbox.discord.guilds import Guild


class Permission(IntFlag):
    """Permission bits, as far as this world asks for them."""

    KICK_MEMBERS = 1 << 1
    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    SEND_MESSAGES_IN_THREADS = 1 << 38
    MODERATE_MEMBERS = 1 << 40
    USE_EXTERNAL_APPS = 1 << 50


NO_PERMISSIONS = Permission(0)
ALL_PERMISSIONS = Permission(sum(flag.value for flag in Permission))
PLAIN_MEMBER = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.ADD_REACTIONS
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.USE_EXTERNAL_APPS
)
DIRECT_CONVERSATION = PLAIN_MEMBER | Permission.MENTION_EVERYONE


def in_guild(guild: Guild, user_id: int) -> Permission:
    """A member's permissions before any channel's overwrites; none for somebody who is not a member."""
    member = guild.members.get(user_id)
    if member is None:
        return NO_PERMISSIONS
    if guild.owner_id == user_id:
        return ALL_PERMISSIONS
    permissions = guild.roles[guild.id].permissions
    for role_id in member.role_ids:
        permissions |= guild.roles[role_id].permissions
    return ALL_PERMISSIONS if Permission.ADMINISTRATOR in permissions else permissions


def in_channel(guild: Guild | None, channel: Channel, user_id: int, *, overwrites: Sequence[Overwrite]) -> Permission:
    """A member's permissions in a channel: the base, then @everyone's, the roles' and the member's overwrites.

    A thread has the `overwrites` of its parent. Without VIEW_CHANNEL nothing is left; without the right to write
    nothing that a message would carry.
    """
    if guild is None:
        return DIRECT_CONVERSATION if user_id in channel.recipient_ids else NO_PERMISSIONS
    permissions = in_guild(guild, user_id)
    if user_id not in guild.members or permissions == ALL_PERMISSIONS:
        return permissions
    permissions = _overwritten(permissions, guild, overwrites, user_id)
    if Permission.VIEW_CHANNEL not in permissions:
        return NO_PERMISSIONS
    if channel.speaking not in permissions:
        permissions &= ~(Permission.EMBED_LINKS | Permission.ATTACH_FILES | Permission.MENTION_EVERYONE)
    return permissions


def _overwritten(permissions: Permission, guild: Guild, overwrites: Sequence[Overwrite], user_id: int) -> Permission:
    role_ids = set(guild.members[user_id].role_ids)
    everyone = (o for o in overwrites if o.target_id == guild.id)
    roles = [o for o in overwrites if o.is_role and o.target_id in role_ids]
    own = (o for o in overwrites if not o.is_role and o.target_id == user_id)
    return _applied(_applied(_applied(permissions, everyone), roles), own)


def _applied(permissions: Permission, overwrites: Iterable[Overwrite]) -> Permission:
    allow, deny = NO_PERMISSIONS, NO_PERMISSIONS
    for overwrite in overwrites:
        allow |= overwrite.allow
        deny |= overwrite.deny
    return (permissions & ~deny) | allow
