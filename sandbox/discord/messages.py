"""Messages, with every state in which people could see them."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.discord.files import Attachment
from sandbox.discord.kinds import NO_FLAGS, InteractionType, MessageFlag, MessageType
from sandbox.discord.wire import JsonObject


@dataclass(slots=True, kw_only=True, frozen=True)
class Revision:
    """One visible state of a message. `is_deleted`: from here on nobody sees it."""

    at: datetime
    content: str
    embeds: list[JsonObject]
    components: list[JsonObject]
    attachments: tuple[Attachment, ...]
    flags: MessageFlag
    is_deleted: bool = False


@dataclass(slots=True, kw_only=True, frozen=True)
class Origin:
    """The interaction that a message answers."""

    interaction_id: int
    type: InteractionType
    user_id: int
    command_name: str | None = None
    command_type: int | None = None
    original_response_id: int | None = None
    interacted_message_id: int | None = None
    trigger: Origin | None = None


@dataclass(slots=True, kw_only=True, frozen=True)
class MentionedParties:
    """Whom a text names after `allowed_mentions` was applied."""

    user_ids: tuple[int, ...] = ()
    role_ids: tuple[int, ...] = ()
    everyone: bool = False


@dataclass(slots=True, kw_only=True)
class Message:
    """A message. `visible_to` is the one person who sees an ephemeral message, None for everybody in the channel.

    `pinged` collects who got a notification; `revisions` every state that could be seen, oldest first.
    """

    id: int
    channel_id: int
    author_id: int
    created_at: datetime
    guild_id: int | None = None
    type: MessageType = MessageType.DEFAULT
    content: str = ""
    embeds: list[JsonObject] = field(default_factory=list)
    components: list[JsonObject] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    flags: MessageFlag = NO_FLAGS
    mentioned: MentionedParties = field(default_factory=MentionedParties)
    pinged: set[int] = field(default_factory=set)
    tts: bool = False
    nonce: str | int | None = None
    reference: JsonObject | None = None
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    visible_to: int | None = None
    interaction_id: int | None = None
    origin: Origin | None = None
    revisions: list[Revision] = field(default_factory=list)

    @property
    def is_ephemeral(self) -> bool:
        """Whether only one person sees it."""
        return MessageFlag.EPHEMERAL in self.flags

    @property
    def is_loading(self) -> bool:
        """Whether it reads "… is thinking"."""
        return MessageFlag.LOADING in self.flags

    @property
    def is_deleted(self) -> bool:
        """Whether it is gone."""
        return self.deleted_at is not None

    @property
    def uses_components_v2(self) -> bool:
        """Whether its components are its whole content."""
        return MessageFlag.IS_COMPONENTS_V2 in self.flags

    def record_revision(self, at: datetime) -> None:
        """Keep the present state as one that people could see from `at` on."""
        self.revisions.append(
            Revision(
                at=at,
                content=self.content,
                embeds=copy.deepcopy(self.embeds),
                components=copy.deepcopy(self.components),
                attachments=tuple(self.attachments),
                flags=self.flags,
                is_deleted=self.is_deleted,
            )
        )
