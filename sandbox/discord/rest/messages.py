"""The routes of channels and their messages."""

from __future__ import annotations

from datetime import timedelta

from sandbox.discord import payloads, posting
from sandbox.discord.changes import ChangeKind
from sandbox.discord.channels import Channel
from sandbox.discord.drafts import Draft, DraftSource, read_draft
from sandbox.discord.message_payloads import message_payload
from sandbox.discord.messages import Message
from sandbox.discord.permission_flags import Permission
from sandbox.discord.rest.errors import (
    closed_direct_messages,
    edited_by_another,
    invalid_form,
    locked_thread,
    missing_access,
    missing_permissions,
    unknown_channel,
    unknown_message,
)
from sandbox.discord.rest.responses import NO_CONTENT, Answer
from sandbox.discord.rest.routing import Context, route
from sandbox.discord.threads import check_editable

NONCE_MEMORY = timedelta(minutes=5)
_MOST_LISTED = 100
_USUALLY_LISTED = 50


def get_channel(context: Context) -> Answer:
    """A channel that the bot can see."""
    return Answer(body=payloads.channel_payload(context.state, _channel(context)))


def send_typing(context: Context) -> Answer:
    """Show that the bot is typing."""
    channel = _channel_to_write_in(context)
    context.state.tell(ChangeKind.TYPING, channel_id=channel.id)
    return NO_CONTENT


def create_message(context: Context) -> Answer:
    """Post a message; an enforced nonce that was used a few minutes ago returns the first message instead."""
    channel = _channel_to_write_in(context)
    _check_recipients(context, channel)
    _check_uploads(context, channel)
    draft = read_draft(_source(context, channel))
    if draft.embeds and not _has(context, channel, Permission.EMBED_LINKS):
        raise missing_permissions()
    _check_reference(context, channel, draft)
    state = context.state
    message = _repeated(context, channel, draft) if draft.enforces_nonce and draft.nonce is not None else None
    if message is None:
        message = posting.publish(state, channel, draft, author_id=state.bot.id)
    return Answer(body=message_payload(state, message))


def list_messages(context: Context) -> Answer:
    """A page of the channel's messages, newest first; empty without the right to read the history."""
    channel = _channel(context)
    if not _has(context, channel, Permission.READ_MESSAGE_HISTORY):
        return Answer(body=[])
    visible = [message for message in context.state.messages_in(channel) if not message.is_ephemeral]
    page = _page(context, visible)
    return Answer(body=[message_payload(context.state, message) for message in page])


def get_message(context: Context) -> Answer:
    """One message."""
    channel = _channel(context, Permission.READ_MESSAGE_HISTORY)
    return Answer(body=message_payload(context.state, _message(context, channel)))


def edit_message(context: Context) -> Answer:
    """Edit one of the bot's own messages; those older than an hour only a few times."""
    channel = _channel(context)
    message = _message(context, channel)
    if message.author_id != context.state.bot.id:
        raise edited_by_another()
    check_editable(channel, message)
    _check_uploads(context, channel)
    draft = read_draft(_source(context, channel, present=message))
    context.rate_limits.admit_old_edit(message)
    posting.revise(context.state, channel, message, draft)
    return Answer(body=message_payload(context.state, message))


def delete_message(context: Context) -> Answer:
    """Delete a message: one's own, or anybody's with Manage Messages."""
    channel = _channel(context)
    message = _message(context, channel)
    is_own = message.author_id == context.state.bot.id
    if not is_own and not _has(context, channel, Permission.MANAGE_MESSAGES):
        raise missing_permissions()
    posting.remove(context.state, message)
    return NO_CONTENT


def _channel(context: Context, *needed: Permission) -> Channel:
    """The call's channel. Raises: ApiError 10003, 50001 when it cannot be seen, 50013 when a permission is missing."""
    channel = context.state.channels.get(context.id("channel_id"))
    if channel is None:
        raise unknown_channel()
    if not _has(context, channel, Permission.VIEW_CHANNEL):
        raise missing_access()
    if not all(_has(context, channel, permission) for permission in needed):
        raise missing_permissions()
    return channel


def _channel_to_write_in(context: Context) -> Channel:
    """Raises: ApiError as `_channel` does, and 160005 for a locked thread, but to who manages threads."""
    channel = _channel(context)
    if not _has(context, channel, channel.speaking):
        raise missing_permissions()
    is_locked = channel.thread is not None and channel.thread.is_locked
    if is_locked and not _has(context, channel, Permission.MANAGE_THREADS):
        raise locked_thread()
    return channel


def _has(context: Context, channel: Channel, permission: Permission) -> bool:
    return permission in context.state.permissions(context.state.bot.id, channel)


def _message(context: Context, channel: Channel) -> Message:
    """The call's message. Raises: ApiError 10008, also for an ephemeral one, which no channel knows."""
    message = context.state.messages.get(context.id("message_id"))
    if message is None or message.channel_id != channel.id or message.is_deleted or message.is_ephemeral:
        raise unknown_message()
    return message


def _source(context: Context, channel: Channel, *, present: Message | None = None) -> DraftSource:
    return DraftSource(
        body=context.form,
        uploads=context.uploads,
        upload_limit_bytes=context.state.upload_limit_bytes(channel),
        present=present,
    )


def _check_uploads(context: Context, channel: Channel) -> None:
    """Raises: ApiError 50013 for files where the bot may attach none."""
    if context.uploads and not _has(context, channel, Permission.ATTACH_FILES):
        raise missing_permissions()


def _check_recipients(context: Context, channel: Channel) -> None:
    """Raises: ApiError 50007 for who closed direct messages or shares no guild with the bot."""
    if not channel.is_direct:
        return
    state = context.state
    for user_id in channel.recipient_ids:
        shares_a_guild = any({user_id, state.bot.id} <= guild.members.keys() for guild in state.guilds.values())
        if not (shares_a_guild and state.users[user_id].accepts_direct_messages):
            raise closed_direct_messages()


def _check_reference(context: Context, channel: Channel, draft: Draft) -> None:
    """The message that is answered must be there, unless the body says that it need not."""
    if draft.reference is None:
        return
    referenced = context.state.messages.get(int(draft.reference["message_id"]))
    gone = referenced is None or referenced.is_deleted or referenced.channel_id != channel.id
    if gone and draft.reference.get("fail_if_not_exists", True):
        raise invalid_form(("message_reference",), "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")


def _repeated(context: Context, channel: Channel, draft: Draft) -> Message | None:
    """The bot's message of the last minutes with the same nonce."""
    state = context.state
    since = state.clock.now() - NONCE_MEMORY
    for message in state.messages_in(channel):
        is_own = message.author_id == state.bot.id
        if is_own and str(message.nonce) == str(draft.nonce) and message.created_at > since:
            return message
    return None


def _page(context: Context, visible: list[Message]) -> list[Message]:
    query = context.call.query
    limit = _number(context, "limit", default=_USUALLY_LISTED)
    if not 1 <= limit <= _MOST_LISTED:
        raise invalid_form(("limit",), "NUMBER_TYPE_MAX", f"int value should be between 1 and {_MOST_LISTED}.")
    newest_first = visible[::-1]
    if "around" in query:
        centre = _number(context, "around")
        later = [message for message in visible if message.id > centre][: limit // 2]
        earlier = [message for message in newest_first if message.id <= centre][: limit - limit // 2]
        return later[::-1] + earlier
    if "before" in query:
        return [message for message in newest_first if message.id < _number(context, "before")][:limit]
    if "after" in query:
        later = [message for message in visible if message.id > _number(context, "after")]
        return later[:limit][::-1]
    return newest_first[:limit]


def _number(context: Context, name: str, *, default: int = 0) -> int:
    raw = context.call.query.get(name, str(default))
    if not raw.isdecimal():
        raise invalid_form((name,), "NUMBER_TYPE_COERCE", f'Value "{raw}" is not int.')
    return int(raw)


_MESSAGES = "/channels/{channel_id}/messages"
ROUTES = (
    route("GET /channels/{channel_id}", get_channel),
    route("POST /channels/{channel_id}/typing", send_typing),
    route(f"POST {_MESSAGES}", create_message),
    route(f"GET {_MESSAGES}", list_messages),
    route(f"GET {_MESSAGES}/{{message_id}}", get_message),
    route(f"PATCH {_MESSAGES}/{{message_id}}", edit_message),
    route(f"DELETE {_MESSAGES}/{{message_id}}", delete_message),
)
