"""The state as the gateway's source of events."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from sandbox.discord import payloads
from sandbox.discord.gateway.gateway import Gateway, GatewayPace
from sandbox.discord.gateway.wire import Intent
from sandbox.discord.server import DiscordServer
from sandbox.discord.state import DiscordState

_SWITCHES = {
    Intent.GUILD_PRESENCES: (1 << 12) | (1 << 13),
    Intent.GUILD_MEMBERS: (1 << 14) | (1 << 15),
    Intent.MESSAGE_CONTENT: (1 << 18) | (1 << 19),
}
"""Which of the application's flags (verified and limited) switch a privileged intent on."""


class StateSource:
    """Answers the gateway's questions from the state."""

    def __init__(self, state: DiscordState) -> None:
        self._state = state

    @property
    def allowed_intents(self) -> Intent:
        """The privileged intents that the application's flags switch on."""
        flags = self._state.application.flags
        return Intent(sum(intent for intent, switches in _SWITCHES.items() if flags & switches))

    @property
    def guild_ids(self) -> Sequence[int]:
        """The guilds that have the bot as a member."""
        return [guild.id for guild in self._state.guilds.values() if self._state.bot.id in guild.members]

    def accepts_token(self, token: str) -> bool:
        """Say whether `token` is the bot's."""
        return hmac.compare_digest(token.encode(), self._state.bot_token.encode())

    def bot_user(self) -> Mapping[str, object]:
        """Return the bot's own user object."""
        return payloads.own_user_payload(self._state.bot)

    def application(self) -> Mapping[str, object]:
        """Return the application's id and flags."""
        return {"id": str(self._state.application.id), "flags": self._state.application.flags}

    def guild(self, guild_id: int) -> Mapping[str, object]:
        """Return the guild with its channels, roles and members."""
        return payloads.gateway_guild_payload(self._state, self._state.guilds[guild_id])

    def members(self, guild_id: int) -> Sequence[Mapping[str, object]]:
        """Return every member of the guild."""
        members = self._state.guilds[guild_id].members.values()
        return [payloads.member_payload(member, user=self._state.users[member.user_id]) for member in members]


@asynccontextmanager
async def serving_gateway(discord: DiscordServer, *, pace: GatewayPace | None = None) -> AsyncIterator[Gateway]:
    """Serve the gateway of a local Discord: it hands out everything that its state dispatches."""
    state = discord.state
    gateway = Gateway(StateSource(state), clock=state.clock, url=lambda: discord.gateway_url, pace=pace)

    def listener(event: str, data: Mapping[str, object], guild_id: int | None) -> None:
        gateway.dispatch(event, data, guild_id=guild_id)

    state.gateway_listeners.append(listener)
    discord.attach_gateway(gateway.handle)
    try:
        yield gateway
    finally:
        state.gateway_listeners.remove(listener)
        await gateway.close()
