"""The state of the local Discord, without any HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sandbox.clock import SandboxClock
from sandbox.discord.changes import Change, ChangeKind, Changes
from sandbox.discord.channels import Channel
from sandbox.discord.commands import CommandRegistry
from sandbox.discord.files import Attachment, FileStore, Upload
from sandbox.discord.guilds import MEBIBYTE, Guild
from sandbox.discord.interactions import Interaction
from sandbox.discord.kinds import ChannelType
from sandbox.discord.messages import Message
from sandbox.discord.permission_flags import Permission
from sandbox.discord.rules.permissions import in_channel
from sandbox.discord.snowflakes import Snowflakes
from sandbox.discord.users import Application, LoginLimits, User
from sandbox.discord.wire import JsonObject

GatewayListener: TypeAlias = Callable[[str, JsonObject, int | None], None]


class DiscordState:
    """Everything that exists: accounts, guilds, channels, messages, commands, interactions and files.

    `gateway_listeners` receive every event as (name, data, guild id or None for what is direct); `changes` tells
    whoever watches (a test, a page) that something visible changed.
    """

    def __init__(
        self, *, clock: SandboxClock, snowflakes: Snowflakes, application: Application, bot: User, bot_token: str
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

    def permissions(self, user_id: int, channel: Channel) -> Permission:
        """What an account may do in a channel."""
        home = channel if channel.thread is None else self.channels.get(channel.thread.parent_id, channel)
        return in_channel(self.guild_of(channel), channel, user_id, overwrites=home.overwrites)

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
        if Permission.VIEW_CHANNEL not in self.permissions(user_id, channel):
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

    def upload_for_command(self, upload: Upload) -> Attachment:
        """Take in a file that somebody gives to a command: an ephemeral attachment."""
        return self.files.keep(
            upload, attachment_id=self.snowflakes.next(), folder_id=self.application.id, is_ephemeral=True
        )

    def add_interaction(self, interaction: Interaction) -> None:
        """Let an interaction exist; its token finds it from now on."""
        self.interactions[interaction.id] = interaction
        self._interactions_by_token[interaction.token] = interaction
        self.tell(ChangeKind.INTERACTION_CREATED, interaction_id=interaction.id, channel_id=interaction.channel_id)

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
