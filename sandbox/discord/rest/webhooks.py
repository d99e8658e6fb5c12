"""The routes that an interaction's token opens: its original response and its followups."""

from __future__ import annotations

from sandbox.discord import posting
from sandbox.discord.answers import draft_source, origin_of
from sandbox.discord.channels import Channel
from sandbox.discord.drafts import read_draft
from sandbox.discord.interactions import Interaction
from sandbox.discord.kinds import InteractionType
from sandbox.discord.message_payloads import message_payload
from sandbox.discord.messages import Message
from sandbox.discord.rest.errors import dead_webhook_token, unknown_channel, unknown_message, unknown_webhook
from sandbox.discord.rest.responses import NO_CONTENT, Answer
from sandbox.discord.rest.routing import Context, route
from sandbox.discord.state import DiscordState
from sandbox.discord.threads import check_editable

_BASE = "/webhooks/{webhook_id}/{webhook_token}"


def create_followup(context: Context) -> Answer:
    """Post a followup; while the deferred message still thinks, it becomes that one, as private or public as it is.

    Raises: ApiError 10015 after suggestions, which no message follows.
    """
    state, interaction, channel = _opened(context)
    if interaction.type is InteractionType.AUTOCOMPLETE:
        raise unknown_webhook()
    original = state.messages.get(interaction.original_message_id or 0)
    if original is not None and original.is_loading and not original.is_deleted:
        return _revised(context, channel, original)
    draft = read_draft(draft_source(state, channel, context.form, context.uploads))
    message = posting.publish(
        state,
        channel,
        draft,
        author_id=state.bot.id,
        interaction=interaction,
        origin=origin_of(state, interaction, is_followup=True),
    )
    interaction.followup_ids.append(message.id)
    return Answer(body=message_payload(state, message))


def get_message(context: Context) -> Answer:
    """Read a message of the interaction."""
    _, _, message = _found(context)
    return Answer(body=message_payload(context.state, message))


def edit_message(context: Context) -> Answer:
    """Edit a message of the interaction; a thinking one is filled by it."""
    _, channel, message = _found(context)
    return _revised(context, channel, message)


def delete_message(context: Context) -> Answer:
    """Delete a message of the interaction."""
    _, _, message = _found(context)
    posting.remove(context.state, message)
    return NO_CONTENT


def _revised(context: Context, channel: Channel, message: Message) -> Answer:
    check_editable(channel, message)
    source = draft_source(context.state, channel, context.form, context.uploads, present=message)
    posting.revise(context.state, channel, message, read_draft(source))
    return Answer(body=message_payload(context.state, message))


def _opened(context: Context) -> tuple[DiscordState, Interaction, Channel]:
    """What the token opens.

    Raises: ApiError 10015 for another application or before the first answer, 50027 for a token that is wrong or
    older than 15 minutes, 10003 when the channel is gone.
    """
    state = context.state
    if context.id("webhook_id") != state.application.id:
        raise unknown_webhook()
    interaction = state.interaction_by_token(context.call.parameters["webhook_token"])
    if interaction is None or state.clock.now() > interaction.token_until:
        raise dead_webhook_token()
    if interaction.responded_at is None:
        raise unknown_webhook()
    channel = state.channels.get(interaction.channel_id)
    if channel is None:
        raise unknown_channel()
    return state, interaction, channel


def _found(context: Context) -> tuple[Interaction, Channel, Message]:
    state, interaction, channel = _opened(context)
    if "message_id" in context.call.parameters:
        message_id = context.id("message_id")
        if message_id not in (interaction.original_message_id, *interaction.followup_ids):
            raise unknown_message()
    else:
        message_id = interaction.original_message_id or 0
    message = state.messages.get(message_id)
    if message is None or message.is_deleted:
        raise unknown_message()
    return interaction, channel, message


ROUTES = (
    route(f"POST {_BASE}", create_followup, needs_bot=False),
    route(f"GET {_BASE}/messages/@original", get_message, needs_bot=False),
    route(f"PATCH {_BASE}/messages/@original", edit_message, needs_bot=False),
    route(f"DELETE {_BASE}/messages/@original", delete_message, needs_bot=False),
    route(f"GET {_BASE}/messages/{{message_id}}", get_message, needs_bot=False),
    route(f"PATCH {_BASE}/messages/{{message_id}}", edit_message, needs_bot=False),
    route(f"DELETE {_BASE}/messages/{{message_id}}", delete_message, needs_bot=False),
)
