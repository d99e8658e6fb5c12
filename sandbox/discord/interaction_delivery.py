"""How an interaction comes into being and reaches the bot through the gateway."""

from __future__ import annotations

import secrets

from sandbox.discord.channels import Channel
from sandbox.discord.interaction_payloads import interaction_payload
from sandbox.discord.interactions import Interaction
from sandbox.discord.kinds import InteractionContext, InteractionType
from sandbox.discord.messages import Message
from sandbox.discord.state import DiscordState
from sandbox.discord.users import User
from sandbox.discord.wire import JsonObject


def create_interaction(
    state: DiscordState,
    kind: InteractionType,
    data: JsonObject,
    *,
    user: User,
    channel: Channel,
    message: Message | None = None,
    parent: Interaction | None = None,
    deliver: bool = True,
) -> Interaction:
    """Create an interaction of `user`'s: its two clocks start now, the event goes to the gateway.

    `message` carries the component that was used; `parent` is the interaction whose modal is submitted.
    `deliver=False` creates it without the event (see `deliver_interaction`).
    """
    interaction_id = state.snowflakes.next()
    interaction = Interaction(
        id=interaction_id,
        token=f"aW50ZXJhY3Rpb246{interaction_id}.{secrets.token_urlsafe(48)}",
        type=kind,
        data=data,
        user_id=user.id,
        channel_id=channel.id,
        guild_id=channel.guild_id,
        created_at=state.clock.now(),
        context=InteractionContext.BOT_DM if channel.is_direct else InteractionContext.GUILD,
        attachment_size_limit=state.upload_limit_bytes(channel),
        locale=user.locale,
        message_id=message.id if message else None,
        parent_id=parent.id if parent else None,
    )
    state.add_interaction(interaction)
    if deliver:
        deliver_interaction(state, interaction)
    return interaction


def deliver_interaction(state: DiscordState, interaction: Interaction) -> None:
    """Send (or send again) an interaction's event to the gateway."""
    state.dispatch("INTERACTION_CREATE", interaction_payload(state, interaction), guild_id=interaction.guild_id)
