"""The route by which an application answers an interaction first."""

from __future__ import annotations

from sandbox.discord.answers import answer
from sandbox.discord.interactions import Interaction
from sandbox.discord.kinds import CallbackType
from sandbox.discord.message_payloads import message_payload
from sandbox.discord.rest.errors import unknown_interaction
from sandbox.discord.rest.responses import NO_CONTENT, Answer
from sandbox.discord.rest.routing import Context, route
from sandbox.discord.state import DiscordState
from sandbox.discord.wire import JsonObject

_WITH_RESOURCE = (CallbackType.MESSAGE, CallbackType.UPDATE_MESSAGE)


def create_callback(context: Context) -> Answer:
    """Take the first answer; with `with_response` tell what came of it."""
    interaction = context.state.interactions.get(context.id("interaction_id"))
    if interaction is None or interaction.token != context.call.parameters["interaction_token"]:
        raise unknown_interaction()
    answer(context.state, interaction, context.form, context.uploads)
    if not context.asks_for("with_response"):
        return NO_CONTENT
    return Answer(body=_response(context.state, interaction))


def _response(state: DiscordState, interaction: Interaction) -> JsonObject:
    told: JsonObject = {
        "id": str(interaction.id),
        "type": interaction.type.value,
        "channel_id": str(interaction.channel_id),
    }
    if interaction.guild_id is not None:
        told["guild_id"] = str(interaction.guild_id)
    response: JsonObject = {"interaction": told}
    message = state.messages.get(interaction.original_message_id or 0)
    if message is None:
        return response
    told |= {
        "response_message_id": str(message.id),
        "response_message_loading": message.is_loading,
        "response_message_ephemeral": message.is_ephemeral,
    }
    if interaction.callback_type in _WITH_RESOURCE:
        kind = interaction.callback_type
        response["resource"] = {"type": kind.value, "message": message_payload(state, message)}
    return response


ROUTES = (route("POST /interactions/{interaction_id}/{interaction_token}/callback", create_callback, needs_bot=False),)
