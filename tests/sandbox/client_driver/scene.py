"""A world with clients but without a socket; the bot is one session that writes down what it is told."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sandbox.client_driver import Channels, ClientDrivers
from sandbox.clock import WorldClock
from sandbox.discord.changes import ChangeKind
from sandbox.discord.gateway import Gateway, Intent
from sandbox.discord.gateway.of_world import WorldSource
from sandbox.discord.gateway.session import Session, Shard
from sandbox.discord.interactions import Interaction
from sandbox.discord.kinds import CallbackType, MessageFlag
from sandbox.discord.messages import Message
from sandbox.discord.population import populated_world
from sandbox.discord.wire import JsonObject
from sandbox.discord.world import World

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

    world: World
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
        self.world.commands.overwrite(guild_id, whole)

    def answer(self, interaction: Interaction, kind: CallbackType) -> None:
        """Let the bot's first answer have arrived."""
        interaction.callback_type = kind
        interaction.responded_at = self.world.clock.now()
        self.world.tell(ChangeKind.INTERACTION_ANSWERED, interaction_id=interaction.id)

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
        channel, now = self.channels.general.channel, self.world.clock.now()
        message = Message(
            id=self.world.snowflakes.next(),
            channel_id=channel.id,
            guild_id=channel.guild_id,
            author_id=author_id or self.world.bot.id,
            created_at=now,
            content=content,
            components=components or [],
            embeds=embeds or [],
            flags=flags,
            visible_to=visible_to,
        )
        message.record_revision(now)
        self.world.messages[message.id] = message
        channel.message_ids.append(message.id)
        self.world.tell(ChangeKind.MESSAGE_CREATED, message_id=message.id)
        return message


def make_scene(*, is_connected: bool = True) -> Scene:
    """A world in which the bot has logged in, unless it is not connected."""
    world = populated_world(WorldClock())
    gateway = Gateway(WorldSource(world), clock=world.clock, url=lambda: "ws://127.0.0.1/gateway")
    ear = Ear()

    def listener(event: str, data: dict[str, Any], guild_id: int | None) -> None:
        gateway.dispatch(event, data, guild_id=guild_id)

    world.gateway_listeners.append(listener)
    if is_connected:
        session = Session(session_id="s", shard=Shard(), intents=Intent.GUILDS, bot_user_id="1", line=ear)
        gateway.sessions.append(session)
    return Scene(world=world, gateway=gateway, clients=ClientDrivers(world, gateway), channels=Channels(world), ear=ear)
