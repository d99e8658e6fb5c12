"""Channels and who may do what in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.discord.kinds import ChannelType
from sandbox.discord.permission_flags import NO_PERMISSIONS, Permission


@dataclass(slots=True, kw_only=True, frozen=True)
class Overwrite:
    """A channel's exception for one role or one member."""

    target_id: int
    is_role: bool
    allow: Permission = NO_PERMISSIONS
    deny: Permission = NO_PERMISSIONS


@dataclass(slots=True, kw_only=True, frozen=True)
class Thread:
    """What a channel has that is a thread in another. `is_locked`: only who manages threads may write there."""

    parent_id: int
    owner_id: int
    created_at: datetime
    archive_changed_at: datetime
    is_archived: bool = False
    is_locked: bool = False


@dataclass(slots=True, kw_only=True)
class Channel:
    """A text channel of a guild, a thread in one, or a direct conversation (`guild_id` None) with `recipient_ids`."""

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
    thread: Thread | None = None

    @property
    def is_direct(self) -> bool:
        """Whether this is a conversation outside any guild."""
        return self.type is ChannelType.DM

    @property
    def speaking(self) -> Permission:
        """The permission that one needs to write here."""
        return Permission.SEND_MESSAGES if self.thread is None else Permission.SEND_MESSAGES_IN_THREADS
