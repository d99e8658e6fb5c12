"""What a member may do in a channel, computed as Discord computes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sandbox.discord.channels import Channel, Overwrite
from sandbox.discord.guilds import Guild
from sandbox.discord.permission_flags import ALL_PERMISSIONS, DIRECT_CONVERSATION, NO_PERMISSIONS, Permission


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
