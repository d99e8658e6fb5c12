"""How an application's first answer changes the state."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.discord import posting
from sandbox.discord.changes import ChangeKind
from sandbox.discord.channels import Channel
from sandbox.discord.drafts import DraftSource, read_draft
from sandbox.discord.files import Upload
from sandbox.discord.interactions import Interaction
from sandbox.discord.kinds import CallbackType, InteractionType, MessageFlag
from sandbox.discord.messages import Message, Origin
from sandbox.discord.rest.errors import (
    FormErrors,
    already_acknowledged,
    unknown_channel,
    unknown_interaction,
    unknown_message,
)
from sandbox.discord.rules.autocomplete import check_choices
from sandbox.discord.rules.fields import Fields
from sandbox.discord.rules.mentions import USERS_ONLY
from sandbox.discord.rules.modals import check_modal
from sandbox.discord.state import DiscordState
from sandbox.discord.threads import check_editable
from sandbox.discord.wire import JsonObject

_ANSWERS_WITH_MESSAGES = (CallbackType.MESSAGE, CallbackType.DEFERRED_MESSAGE)
_ANSWERS_BY_UPDATE = (CallbackType.DEFERRED_UPDATE, CallbackType.UPDATE_MESSAGE)


def allowed_answers(interaction: Interaction) -> tuple[CallbackType, ...]:
    """The kinds of first answer that an interaction takes."""
    updates = _ANSWERS_BY_UPDATE if interaction.message_id is not None else ()
    match interaction.type:
        case InteractionType.COMMAND:
            return (*_ANSWERS_WITH_MESSAGES, CallbackType.MODAL)
        case InteractionType.COMPONENT:
            return (*_ANSWERS_WITH_MESSAGES, *updates, CallbackType.MODAL)
        case InteractionType.MODAL_SUBMIT:
            return (*_ANSWERS_WITH_MESSAGES, *updates)
        case InteractionType.AUTOCOMPLETE:
            return (CallbackType.AUTOCOMPLETE_RESULT,)
        case InteractionType.PING:
            return (CallbackType.PONG,)


def check_clock(state: DiscordState, interaction: Interaction) -> None:
    """Raises: ApiError 10062 for an answer that comes too late, 40060 for a second one."""
    now = state.clock.now()
    if now > interaction.token_until:
        raise unknown_interaction()
    if interaction.responded_at is not None:
        raise already_acknowledged()
    if now > interaction.respond_until:
        raise unknown_interaction()


def answer(state: DiscordState, interaction: Interaction, body: JsonObject, uploads: Mapping[int, Upload]) -> None:
    """Take an application's first answer.

    Raises: ApiError 10062, 40060, 50035, 50006, 40005; then the interaction is as unanswered as before.
    """
    check_clock(state, interaction)
    errors = FormErrors()
    kind = Fields(errors=errors, value=body, path=()).choice("type", allowed_answers(interaction))
    errors.raise_if_any()
    callback = CallbackType(kind or 0)
    data = body.get("data")
    _TAKERS[callback](state, interaction, data if isinstance(data, dict) else {}, uploads)
    interaction.callback_type = callback
    interaction.responded_at = state.clock.now()
    state.tell(ChangeKind.INTERACTION_ANSWERED, interaction_id=interaction.id, channel_id=interaction.channel_id)


def origin_of(state: DiscordState, interaction: Interaction, *, is_followup: bool = False) -> Origin:
    """What a message says of the interaction that it answers."""
    parent = state.interactions.get(interaction.parent_id or 0)
    is_command = interaction.type is InteractionType.COMMAND
    return Origin(
        interaction_id=interaction.id,
        type=interaction.type,
        user_id=interaction.user_id,
        command_name=str(interaction.data.get("name")) if is_command and not is_followup else None,
        command_type=interaction.data.get("type", 1) if is_command and not is_followup else None,
        original_response_id=interaction.original_message_id if is_followup else None,
        interacted_message_id=interaction.message_id,
        trigger=origin_of(state, parent) if parent is not None else None,
    )


def draft_source(
    state: DiscordState,
    channel: Channel,
    body: JsonObject,
    uploads: Mapping[int, Upload],
    *,
    present: Message | None = None,
    path: tuple[str, ...] = (),
) -> DraftSource:
    """A body that comes with an interaction's token."""
    return DraftSource(
        body=body,
        uploads=uploads,
        upload_limit_bytes=state.upload_limit_bytes(channel),
        present=present,
        path=path,
        default_mentions=USERS_ONLY,
    )


def _channel(state: DiscordState, interaction: Interaction) -> Channel:
    """The interaction's channel. Raises: ApiError 10003 when it was deleted meanwhile."""
    channel = state.channels.get(interaction.channel_id)
    if channel is None:
        raise unknown_channel()
    return channel


def _take_message(
    state: DiscordState, interaction: Interaction, data: JsonObject, uploads: Mapping[int, Upload]
) -> None:
    channel = _channel(state, interaction)
    draft = read_draft(draft_source(state, channel, data, uploads, path=("data",)))
    message = posting.publish(
        state,
        channel,
        draft,
        author_id=state.bot.id,
        interaction=interaction,
        origin=origin_of(state, interaction),
    )
    interaction.original_message_id = message.id


def _take_defer(state: DiscordState, interaction: Interaction, data: JsonObject, uploads: Mapping[int, Upload]) -> None:
    del uploads
    flags = data.get("flags")
    message = posting.publish_thinking(
        state,
        _channel(state, interaction),
        interaction=interaction,
        origin=origin_of(state, interaction),
        is_private=isinstance(flags, int) and bool(flags & MessageFlag.EPHEMERAL.value),
    )
    interaction.original_message_id = message.id


def _take_deferred_update(
    state: DiscordState, interaction: Interaction, data: JsonObject, uploads: Mapping[int, Upload]
) -> None:
    del state, data, uploads
    interaction.original_message_id = interaction.message_id


def _take_update(
    state: DiscordState, interaction: Interaction, data: JsonObject, uploads: Mapping[int, Upload]
) -> None:
    channel = _channel(state, interaction)
    message = state.messages[interaction.message_id or 0]
    if message.is_deleted:
        raise unknown_message()
    check_editable(channel, message)
    draft = read_draft(draft_source(state, channel, data, uploads, present=message, path=("data",)))
    posting.revise(state, channel, message, draft)
    interaction.original_message_id = message.id


def _take_choices(
    state: DiscordState, interaction: Interaction, data: JsonObject, uploads: Mapping[int, Upload]
) -> None:
    del state, uploads
    interaction.choices = check_choices(data, path=("data",))


def _take_modal(state: DiscordState, interaction: Interaction, data: JsonObject, uploads: Mapping[int, Upload]) -> None:
    del state, uploads
    interaction.modal = check_modal(data, path=("data",))


def _take_pong(state: DiscordState, interaction: Interaction, data: JsonObject, uploads: Mapping[int, Upload]) -> None:
    del state, interaction, data, uploads


_TAKERS = {
    CallbackType.PONG: _take_pong,
    CallbackType.MESSAGE: _take_message,
    CallbackType.DEFERRED_MESSAGE: _take_defer,
    CallbackType.DEFERRED_UPDATE: _take_deferred_update,
    CallbackType.UPDATE_MESSAGE: _take_update,
    CallbackType.AUTOCOMPLETE_RESULT: _take_choices,
    CallbackType.MODAL: _take_modal,
}
