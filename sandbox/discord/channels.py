"""Channels and who may do what in them."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.discord.kinds import ChannelType
from sandbox.discord.rules.permissions import NO_PERMISSIONS, Permission


@dataclass(slots=True, kw_only=True, frozen=True)
class Overwrite:
    """A channel's exception for one role or one member."""

    target_id: int
    is_role: bool
    allow: Permission = NO_PERMISSIONS
    deny: Permission = NO_PERMISSIONS


@dataclass(slots=True, kw_only=True)
class Channel:
    """A text channel of a guild, or a direct conversation (`guild_id` None) with `recipient_ids`."""

    id: int
    type: ChannelType
    name: str = ""
    guild_id: int | None = None
    topic: str | None = None
    position: int = 0
    is_age_restricted: bool = False
    overwrites: list[Overwrite] = field(default_factory=list)
    recipient_ids: list[int] = field(default_factory=list)
    message_ids: list[int] = field(default_factory=list)
    is_deleted: bool = False

    @property
    def is_direct(self) -> bool:
        """Whether this is a conversation outside any guild."""
        return self.type is ChannelType.DM
