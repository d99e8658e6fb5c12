"""Servers, their roles and members."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.discord.permission_flags import Permission

MEBIBYTE = 1024 * 1024
_UPLOAD_LIMITS = {0: 10 * MEBIBYTE, 1: 10 * MEBIBYTE, 2: 50 * MEBIBYTE, 3: 100 * MEBIBYTE}


@dataclass(slots=True, kw_only=True)
class Role:
    """A role; the one with the guild's own id is @everyone."""

    id: int
    name: str
    permissions: Permission
    position: int = 0
    is_mentionable: bool = False
    is_managed: bool = False


@dataclass(slots=True, kw_only=True)
class Member:
    """An account's membership in a guild."""

    user_id: int
    joined_at: datetime
    nick: str | None = None
    role_ids: list[int] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Guild:
    """A server. `upload_limit_bytes` stands in for the figure that its premium tier gives."""

    id: int
    name: str
    owner_id: int
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    premium_tier: int = 0
    preferred_locale: str = "en-US"
    custom_upload_limit_bytes: int | None = None

    @property
    def upload_limit_bytes(self) -> int:
        """The largest file that may be posted here: 10, 50 or 100 MiB, or what a test has set."""
        if self.custom_upload_limit_bytes is not None:
            return self.custom_upload_limit_bytes
        return _UPLOAD_LIMITS[self.premium_tier]
