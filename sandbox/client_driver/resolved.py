"""What an interaction tells whole of the things that it names: Discord's `resolved`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from sandbox.client_driver.refusals import NotThere
from sandbox.discord.channels import Channel
from sandbox.discord.files import Upload
from sandbox.discord.guilds import Role
from sandbox.discord.message_payloads import attachment_payload, message_payload
from sandbox.discord.messages import Message
from sandbox.discord.payloads import channel_payload, interacting_member_payload, role_payload, user_payload
from sandbox.discord.state import DiscordState
from sandbox.discord.users import User
from sandbox.discord.wire import JsonObject
from sandbox.pictures import Picture

Entity: TypeAlias = User | Role | Channel
_NOT_IN_RESOLVED = ("user", "deaf", "mute")


@dataclass(kw_only=True, slots=True)
class Resolved:
    """Collects the entities of one interaction in `channel`; each `add_…` returns the id that stands for it there."""

    state: DiscordState
    channel: Channel
    payload: JsonObject = field(default_factory=dict)

    def add(self, entity: Entity) -> str:
        """Name a user, a role or a channel."""
        match entity:
            case User():
                return self._add_user(entity)
            case Role():
                return self._enter("roles", entity.id, role_payload(entity))
            case Channel():
                return self._enter("channels", entity.id, channel_payload(self.state, entity, for_user_id=0))

    def add_file(self, file: Picture) -> str:
        """Upload a file, and name it."""
        upload = Upload(filename=file.name, data=file.data, content_type=file.content_type)
        attachment = self.state.upload_for_command(upload)
        return self._enter("attachments", attachment.id, attachment_payload(self.state, attachment))

    def add_message(self, message: Message) -> str:
        """Name a message."""
        return self._enter("messages", message.id, message_payload(self.state, message))

    def find(self, entity_id: int) -> Entity:
        """Return the user, role or channel of this place with an id.

        Raises: NotThere where there is none such.
        """
        guild = self.state.guild_of(self.channel)
        if (user := self.state.users.get(entity_id)) is not None:
            return user
        if guild is not None and entity_id in guild.roles:
            return guild.roles[entity_id]
        channel = self.state.channels.get(entity_id)
        if channel is None or channel.guild_id != self.channel.guild_id:
            raise NotThere(f"there is no user, role or channel {entity_id} here")
        return channel

    def _add_user(self, user: User) -> str:
        guild = self.state.guild_of(self.channel)
        member = guild.members.get(user.id) if guild else None
        if member is not None:
            told = interacting_member_payload(self.state, member, self.channel)
            self._enter("members", user.id, {key: told[key] for key in told if key not in _NOT_IN_RESOLVED})
        return self._enter("users", user.id, user_payload(user))

    def _enter(self, kind: str, entity_id: int, payload: JsonObject) -> str:
        self.payload.setdefault(kind, {})[str(entity_id)] = payload
        return str(entity_id)
