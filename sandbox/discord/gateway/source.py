"""What the gateway has to know of the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from sandbox.discord.gateway.wire import Intent


class EventSource(Protocol):
    """The state as the gateway sees it: who may log in, and what a fresh session is told first."""

    @property
    def allowed_intents(self) -> Intent:
        """The privileged intents that are switched on for the application."""
        ...

    @property
    def guild_ids(self) -> Sequence[int]:
        """The guilds that the bot is a member of."""
        ...

    def accepts_token(self, token: str) -> bool:
        """Say whether `token` is the bot's."""
        ...

    def bot_user(self) -> Mapping[str, object]:
        """Return the bot's user object."""
        ...

    def application(self) -> Mapping[str, object]:
        """Return the partial application object of READY: `id` and `flags`."""
        ...

    def guild(self, guild_id: int) -> Mapping[str, object]:
        """Return the guild with its channels, roles and members, as GUILD_CREATE carries it."""
        ...

    def members(self, guild_id: int) -> Sequence[Mapping[str, object]]:
        """Return the guild's members, as GUILD_MEMBERS_CHUNK carries them."""
        ...
