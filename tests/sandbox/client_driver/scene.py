"""A sandbox with clients but without a socket; the bot is one session that writes down what it is told."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sandbox.client_driver import Channels, ClientDrivers
from sandbox.clock import SandboxClock
from sandbox.discord.changes import ChangeKind
from sandbox.discord.gateway import Gateway, Intent
from sandbox.discord.gateway.session import Session, Shard
from sandbox.discord.gateway.state_source import StateSource
from sandbox.discord.interactions import Interaction
from sandbox.discord.kinds import CallbackType, MessageFlag
from sandbox.discord.messages import Message
from sandbox.discord.population import populated_state
from sandbox.discord.state import DiscordState
from sandbox.discord.wire import JsonObject

PLAIN_FLAGS = MessageFlag(0)


@dataclass(kw_only=True)
class Ear:
    """The bot's end of the gateway."""

    heard: list[JsonObject] = field(default_factory=list)

    def send(self, text: str) -> None:
        """Note an event."""
        self.heard.append(json.loads(text))

    def close(self, code: int) -> None:
        """Nothing to close."""

    def reset(self) -> None:
        """Nothing to reset."""


@dataclass(kw_only=True)
class Scene:
    """People, a bot that listens, and the means to answer in its place."""

    state: DiscordState
    gateway: Gateway
    clients: ClientDrivers
    channels: Channels
    ear: Ear

    @property
    def interactions(self) -> list[JsonObject]:
        """The interactions that the bot was told of, one for each delivery."""
        return [frame["d"] for frame in self.ear.heard if frame["t"] == "INTERACTION_CREATE"]

    def register(self, *definitions: JsonObject, guild_id: int | None = None) -> None:
        """Register commands; descriptions and types are filled in."""
        whole = [{"type": 1, "description": "A command.", **definition} for definition in definitions]
        self.state.commands.overwrite(guild_id, whole)

    def answer(self, interaction: Interaction, kind: CallbackType) -> None:
        """Let the bot's first answer have arrived."""
        interaction.callback_type = kind
        interaction.responded_at = self.state.clock.now()
        self.state.tell(ChangeKind.INTERACTION_ANSWERED, interaction_id=interaction.id)

    def post(
        self,
        *,
        content: str = "",
        components: list[JsonObject] | None = None,
        embeds: list[JsonObject] | None = None,
        flags: MessageFlag = PLAIN_FLAGS,
        visible_to: int | None = None,
        author_id: int | None = None,
    ) -> Message:
        """Let a message of the bot stand in #general."""
        channel, now = self.channels.general.channel, self.state.clock.now()
        message = Message(
            id=self.state.snowflakes.next(),
            channel_id=channel.id,
            guild_id=channel.guild_id,
            author_id=author_id or self.state.bot.id,
            created_at=now,
            content=content,
            components=components or [],
            embeds=embeds or [],
            flags=flags,
            visible_to=visible_to,
        )
        message.record_revision(now)
        self.state.messages[message.id] = message
        channel.message_ids.append(message.id)
        self.state.tell(ChangeKind.MESSAGE_CREATED, message_id=message.id)
        return message


def make_scene(*, is_connected: bool = True) -> Scene:
    """A sandbox in which the bot has logged in, unless it is not connected."""
    state = populated_state(SandboxClock())
    gateway = Gateway(StateSource(state), clock=state.clock, url=lambda: "ws://127.0.0.1/gateway")
    ear = Ear()

    def listener(event: str, data: dict[str, Any], guild_id: int | None) -> None:
        gateway.dispatch(event, data, guild_id=guild_id)

    state.gateway_listeners.append(listener)
    if is_connected:
        session = Session(session_id="s", shard=Shard(), intents=Intent.GUILDS, bot_user_id="1", line=ear)
        gateway.sessions.append(session)
    return Scene(state=state, gateway=gateway, clients=ClientDrivers(state, gateway), channels=Channels(state), ear=ear)
