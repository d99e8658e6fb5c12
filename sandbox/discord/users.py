"""Accounts: people and the bot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class User:
    """An account. `accepts_direct_messages` off: whoever writes to it meets 50007."""

    id: int
    username: str
    global_name: str | None = None
    is_bot: bool = False
    avatar: str | None = None
    locale: str = "en-US"
    accepts_direct_messages: bool = True

    @property
    def display_name(self) -> str:
        """The name that others read."""
        return self.global_name or self.username

    @property
    def mention(self) -> str:
        """The text that mentions this account."""
        return f"<@{self.id}>"


@dataclass(slots=True, kw_only=True)
class LoginLimits:
    """What GET /gateway/bot tells: how many shards, and how often the bot may still log in today."""

    shards: int = 1
    total: int = 1000
    remaining: int = 1000
    reset_after_seconds: float = 24 * 3600.0
    max_concurrency: int = 1


@dataclass(slots=True, kw_only=True)
class Application:
    """The application that the bot belongs to; `owner_id` is the account of its developer."""

    id: int
    name: str
    owner_id: int
    verify_key: str
    description: str = ""
    flags: int = 0
    is_public: bool = True
