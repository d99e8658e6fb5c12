"""The state of the local Discord, without any HTTP."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, TypeAlias

from sandbox.discord import payloads
from sandbox.discord.changes import Change, ChangeKind, Changes
from sandbox.discord.channels import Channel
from sandbox.discord.commands import CommandRegistry
from sandbox.discord.files import Attachment, FileStore, Upload
from sandbox.discord.guilds import MEBIBYTE, Guild
from sandbox.discord.interaction_payloads import interaction_payload
from sandbox.discord.interactions import Interaction
from sandbox.discord.kinds import ChannelType, InteractionContext, InteractionType
from sandbox.discord.rules import permissions
from sandbox.discord.users import LoginLimits

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clock import WorldClock
    from sandbox.discord.messages import Message
    from sandbox.discord.snowflakes import Snowflakes
    from sandbox.discord.users import Application, User
    from sandbox.discord.wire import JsonObject

    GatewayListener: TypeAlias = Callable[[str, JsonObject, int | None], None]


class World:
    """Everything that exists: accounts, guilds, channels, messages, commands, interactions and files.

    `gateway_listeners` receive every event as (name, data, guild id or None for what is direct); `changes` tells
    whoever watches (a test, a page) that something visible changed.
    """

    def __init__(
        self, *, clock: WorldClock, snowflakes: Snowflakes, application: Application, bot: User, bot_token: str
    ) -> None:
        self.clock = clock
        self.snowflakes = snowflakes
        self.application = application
        self.bot = bot
        self.bot_token = bot_token
        self.users: dict[int, User] = {bot.id: bot}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, Message] = {}
        self.interactions: dict[int, Interaction] = {}
        self._interactions_by_token: dict[str, Interaction] = {}
        self.commands = CommandRegistry(snowflakes=self.snowflakes)
        self.files = FileStore(clock)
        self.changes = Changes()
        self.gateway_listeners: list[GatewayListener] = []
        self.login_limits = LoginLimits()
        self.direct_upload_limit_bytes = 10 * MEBIBYTE

    # Looking things up

    def user(self, username: str) -> User:
        """The account with this name. Raises: KeyError."""
        found = next((user for user in self.users.values() if user.username == username), None)
        if found is None:
            raise KeyError(username)
        return found

    def channel(self, name: str) -> Channel:
        """The guild channel with this name. Raises: KeyError."""
        found = next((channel for channel in self.channels.values() if channel.name == name), None)
        if found is None:
            raise KeyError(name)
        return found

    def guild_of(self, channel: Channel) -> Guild | None:
        """The guild that a channel belongs to; None for a direct conversation."""
        return None if channel.guild_id is None else self.guilds[channel.guild_id]

    def permissions(self, user_id: int, channel: Channel) -> permissions.Permission:
        """What an account may do in a channel."""
        home = channel if channel.thread is None else self.channels.get(channel.thread.parent_id, channel)
        return permissions.in_channel(self.guild_of(channel), channel, user_id, overwrites=home.overwrites)

    def upload_limit_bytes(self, channel: Channel) -> int:
        """The largest file that may be posted in a channel."""
        guild = self.guild_of(channel)
        return self.direct_upload_limit_bytes if guild is None else guild.upload_limit_bytes

    def messages_in(self, channel: Channel) -> list[Message]:
        """The channel's messages that still exist, ephemeral ones among them, oldest first."""
        messages = (self.messages[message_id] for message_id in channel.message_ids)
        return [message for message in messages if not message.is_deleted]

    def seen_by(self, user_id: int, channel: Channel) -> list[Message]:
        """What one person reads in a channel, oldest first."""
        if permissions.Permission.VIEW_CHANNEL not in self.permissions(user_id, channel):
            return []
        return [m for m in self.messages_in(channel) if m.visible_to in (None, user_id)]

    def interaction_by_token(self, token: str) -> Interaction | None:
        """The interaction that a token belongs to, however old."""
        return self._interactions_by_token.get(token)

    # Making things happen

    def dispatch(self, event_name: str, data: JsonObject, *, guild_id: int | None) -> None:
        """Hand an event to the gateway. Direct events (and ephemeral messages) have no guild."""
        for listener in list(self.gateway_listeners):
            listener(event_name, data, guild_id)

    def add_user(self, user: User) -> User:
        """Let an account exist."""
        self.users[user.id] = user
        return user

    def direct_channel(self, user: User) -> Channel:
        """The conversation between the bot and an account; opened when there is none."""
        for channel in self.channels.values():
            if channel.is_direct and set(channel.recipient_ids) == {user.id, self.bot.id}:
                return channel
        channel = Channel(id=self.snowflakes.next(), type=ChannelType.DM, recipient_ids=[user.id, self.bot.id])
        self.channels[channel.id] = channel
        return channel

    def delete_channel(self, channel: Channel) -> None:
        """Take a channel away with all its messages and threads."""
        for thread in [one for one in self.channels.values() if one.thread and one.thread.parent_id == channel.id]:
            self._take_away(thread)
        self._take_away(channel)
        name = "CHANNEL_DELETE" if channel.thread is None else "THREAD_DELETE"
        self.dispatch(name, payloads.channel_payload(self, channel), guild_id=channel.guild_id)

    def _take_away(self, channel: Channel) -> None:
        channel.is_deleted = True
        del self.channels[channel.id]
        self.tell(ChangeKind.CHANNEL_DELETED, channel_id=channel.id)

    def upload_for_command(self, upload: Upload) -> Attachment:
        """Take in a file that somebody gives to a command: an ephemeral attachment."""
        return self.files.keep(
            upload, attachment_id=self.snowflakes.next(), folder_id=self.application.id, is_ephemeral=True
        )

    def create_interaction(
        self,
        kind: InteractionType,
        data: JsonObject,
        *,
        user: User,
        channel: Channel,
        message: Message | None = None,
        parent: Interaction | None = None,
        deliver: bool = True,
    ) -> Interaction:
        """Let a person do something: the interaction's two clocks start now, the event goes to the gateway.

        `message` carries the component that was used; `parent` is the interaction whose modal is submitted.
        `deliver=False` makes it without the event (see `deliver_interaction`).
        """
        interaction_id = self.snowflakes.next()
        interaction = Interaction(
            id=interaction_id,
            token=f"aW50ZXJhY3Rpb246{interaction_id}.{secrets.token_urlsafe(48)}",
            type=kind,
            data=data,
            user_id=user.id,
            channel_id=channel.id,
            guild_id=channel.guild_id,
            created_at=self.clock.now(),
            context=InteractionContext.BOT_DM if channel.is_direct else InteractionContext.GUILD,
            attachment_size_limit=self.upload_limit_bytes(channel),
            locale=user.locale,
            message_id=message.id if message else None,
            parent_id=parent.id if parent else None,
        )
        self.interactions[interaction.id] = interaction
        self._interactions_by_token[interaction.token] = interaction
        self.tell(ChangeKind.INTERACTION_CREATED, interaction_id=interaction.id, channel_id=channel.id)
        if deliver:
            self.deliver_interaction(interaction)
        return interaction

    def deliver_interaction(self, interaction: Interaction) -> None:
        """Send (or send again) an interaction's event to the gateway."""
        self.dispatch("INTERACTION_CREATE", interaction_payload(self, interaction), guild_id=interaction.guild_id)

    def tell(
        self,
        kind: ChangeKind,
        *,
        message_id: int | None = None,
        interaction_id: int | None = None,
        channel_id: int | None = None,
    ) -> None:
        """Tell the watchers that something changed."""
        self.changes.publish(
            Change(
                kind=kind,
                at=self.clock.now(),
                message_id=message_id,
                interaction_id=interaction_id,
                channel_id=channel_id,
            )
        )
