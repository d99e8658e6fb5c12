"""The JSON shape of an interaction, as the gateway delivers it."""

from __future__ import annotations

from sandbox.discord.interactions import Interaction
from sandbox.discord.message_payloads import integration_owners, message_payload
from sandbox.discord.payloads import channel_payload, interacting_member_payload, user_payload
from sandbox.discord.state import DiscordState
from sandbox.discord.wire import JsonObject


def interaction_payload(state: DiscordState, interaction: Interaction) -> JsonObject:
    """An interaction with everything that discord.py and Discord's documentation require of it."""
    channel = state.channels[interaction.channel_id]
    payload: JsonObject = {
        "id": str(interaction.id),
        "application_id": str(state.application.id),
        "type": interaction.type.value,
        "token": interaction.token,
        "version": 1,
        "data": interaction.data,
        "channel": channel_payload(state, channel, for_user_id=interaction.user_id),
        "channel_id": str(channel.id),
        "app_permissions": str(state.permissions(state.bot.id, channel).value),
        "attachment_size_limit": interaction.attachment_size_limit,
        "authorizing_integration_owners": integration_owners(interaction.guild_id),
        "entitlements": [],
        "entitlement_sku_ids": [],
        "context": interaction.context.value,
        "locale": interaction.locale,
    }
    payload |= _who(state, interaction)
    if interaction.message_id is not None:
        payload["message"] = message_payload(state, state.messages[interaction.message_id])
    return payload


def _who(state: DiscordState, interaction: Interaction) -> JsonObject:
    """In a guild the member, elsewhere the bare account."""
    if interaction.guild_id is None:
        return {"user": user_payload(state.users[interaction.user_id])}
    guild = state.guilds[interaction.guild_id]
    channel = state.channels[interaction.channel_id]
    return {
        "guild_id": str(guild.id),
        "guild": {"id": str(guild.id), "locale": guild.preferred_locale, "features": []},
        "guild_locale": guild.preferred_locale,
        "member": interacting_member_payload(state, guild.members[interaction.user_id], channel),
    }
