"""Messages come, change and go: the state's side of every message route."""

from __future__ import annotations

from dataclasses import replace

from sandbox.discord.changes import ChangeKind
from sandbox.discord.channels import Channel
from sandbox.discord.drafts import Draft
from sandbox.discord.files import Attachment
from sandbox.discord.interactions import Interaction
from sandbox.discord.kinds import NO_FLAGS, CommandType, MessageFlag, MessageType
from sandbox.discord.message_payloads import message_payload
from sandbox.discord.messages import MentionedParties, Message, Origin
from sandbox.discord.permission_flags import Permission
from sandbox.discord.rules.attachments import PlannedFile
from sandbox.discord.rules.mentions import mentioned_parties, notified_user_ids, readable_texts
from sandbox.discord.state import DiscordState
from sandbox.discord.threads import awaken
from sandbox.discord.wire import JsonObject


def publish(
    state: DiscordState,
    channel: Channel,
    draft: Draft,
    *,
    author_id: int,
    interaction: Interaction | None = None,
    origin: Origin | None = None,
) -> Message:
    """Put a new message into a channel; ephemeral where its draft wants that and it answers an interaction."""
    is_private = interaction is not None and draft.wants_ephemeral
    message = _blank(state, channel, author_id=author_id, interaction=interaction, origin=origin)
    message.flags |= MessageFlag.EPHEMERAL if is_private else NO_FLAGS
    message.visible_to = interaction.user_id if interaction is not None and is_private else None
    message.nonce = draft.nonce
    message.tts = draft.tts
    _refer(message, draft.reference)
    _apply(state, channel, message, draft)
    _notify(state, channel, message, draft)
    _enter(state, channel, message)
    return message


def publish_thinking(
    state: DiscordState, channel: Channel, *, interaction: Interaction, origin: Origin, is_private: bool
) -> Message:
    """Put a "… is thinking" message into a channel."""
    message = _blank(state, channel, author_id=state.bot.id, interaction=interaction, origin=origin)
    message.flags = MessageFlag.LOADING | (MessageFlag.EPHEMERAL if is_private else NO_FLAGS)
    message.visible_to = interaction.user_id if is_private else None
    _enter(state, channel, message)
    return message


def revise(state: DiscordState, channel: Channel, message: Message, draft: Draft) -> None:
    """Give a message its next state. Filling a "thinking" one is no edit: it gets no time of editing, and it pings."""
    was_loading = message.is_loading
    message.flags &= ~MessageFlag.LOADING
    _apply(state, channel, message, draft)
    if was_loading:
        _notify(state, channel, message, draft)
    else:
        message.edited_at = state.clock.now()
    message.record_revision(state.clock.now())
    _tell_gateway(state, "MESSAGE_UPDATE", message)
    state.tell(ChangeKind.MESSAGE_EDITED, message_id=message.id, channel_id=channel.id)


def remove(state: DiscordState, message: Message) -> None:
    """Take a message away."""
    now = state.clock.now()
    message.deleted_at = now
    message.record_revision(now)
    data: JsonObject = {"id": str(message.id), "channel_id": str(message.channel_id)}
    guild_id = None if message.is_ephemeral else message.guild_id
    if guild_id is not None:
        data["guild_id"] = str(guild_id)
    if _is_told(state, message):
        state.dispatch("MESSAGE_DELETE", data, guild_id=guild_id)
    state.tell(ChangeKind.MESSAGE_DELETED, message_id=message.id, channel_id=message.channel_id)


def _blank(
    state: DiscordState, channel: Channel, *, author_id: int, interaction: Interaction | None, origin: Origin | None
) -> Message:
    return Message(
        id=state.snowflakes.next(),
        channel_id=channel.id,
        guild_id=channel.guild_id,
        author_id=author_id,
        created_at=state.clock.now(),
        type=_type_of(origin),
        interaction_id=interaction.id if interaction else None,
        origin=origin,
    )


def _type_of(origin: Origin | None) -> MessageType:
    if origin is None or origin.command_name is None:
        return MessageType.DEFAULT
    is_slash = origin.command_type == CommandType.CHAT_INPUT
    return MessageType.CHAT_INPUT_COMMAND if is_slash else MessageType.CONTEXT_MENU_COMMAND


def _enter(state: DiscordState, channel: Channel, message: Message) -> None:
    state.messages[message.id] = message
    channel.message_ids.append(message.id)
    if not message.is_ephemeral:
        awaken(state, channel)
    message.record_revision(state.clock.now())
    _tell_gateway(state, "MESSAGE_CREATE", message)
    state.tell(ChangeKind.MESSAGE_CREATED, message_id=message.id, channel_id=channel.id)


def _is_told(state: DiscordState, message: Message) -> bool:
    """Whether the gateway tells the bot: of what it can see, and of its own ephemeral answers wherever they are."""
    if message.is_ephemeral:
        return True
    channel = state.channels.get(message.channel_id)
    return channel is not None and Permission.VIEW_CHANNEL in state.permissions(state.bot.id, channel)


def _tell_gateway(state: DiscordState, event_name: str, message: Message) -> None:
    """An ephemeral message is told as a direct one (Discord's note on Message Create)."""
    if not _is_told(state, message):
        return
    guild_id = None if message.is_ephemeral else message.guild_id
    state.dispatch(event_name, message_payload(state, message, for_gateway=True), guild_id=guild_id)


def _apply(state: DiscordState, channel: Channel, message: Message, draft: Draft) -> None:
    kept = message.flags & (MessageFlag.EPHEMERAL | MessageFlag.LOADING)
    message.flags = kept | draft.flags
    message.content = draft.content
    message.embeds = draft.embeds
    message.components = draft.components
    message.attachments = [_stored(state, channel, file, is_ephemeral=message.is_ephemeral) for file in draft.files]
    message.mentioned = mentioned_parties(
        state,
        channel,
        author_id=message.author_id,
        texts=readable_texts(draft.content, draft.components),
        allowed=draft.allowed_mentions,
    )


def _stored(state: DiscordState, channel: Channel, file: PlannedFile, *, is_ephemeral: bool) -> Attachment:
    if file.kept is not None:
        state.files.by_id[file.kept.id] = file.kept
        return file.kept
    if file.upload is None:
        raise ValueError(file)
    return state.files.keep(
        replace(file.upload, filename=file.filename),
        attachment_id=state.snowflakes.next(),
        folder_id=channel.id,
        description=file.description,
        is_ephemeral=is_ephemeral,
    )


def _refer(message: Message, reference: JsonObject | None) -> None:
    if reference is None:
        return
    message.type = MessageType.REPLY
    message.reference = {
        "type": 0,
        "message_id": str(reference["message_id"]),
        "channel_id": str(message.channel_id),
    }
    if message.guild_id is not None:
        message.reference["guild_id"] = str(message.guild_id)


def _notify(state: DiscordState, channel: Channel, message: Message, draft: Draft) -> None:
    """Note who gets a notification: a private message reaches only its reader, one that is silent nobody."""
    if MessageFlag.SUPPRESS_NOTIFICATIONS in message.flags:
        return
    parties: MentionedParties = message.mentioned
    notified = notified_user_ids(state, channel, parties)
    referenced = state.messages.get(int((draft.reference or {}).get("message_id") or 0))
    if referenced is not None and draft.allowed_mentions.replied_user:
        notified.add(referenced.author_id)
    if message.visible_to is not None:
        notified &= {message.visible_to}
    message.pinged |= notified - {message.author_id}
