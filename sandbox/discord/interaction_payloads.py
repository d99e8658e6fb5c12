"""The JSON shape of an interaction, as the gateway delivers it."""

from __future__ import annotations

from sandbox.discord.interactions import Interaction
from sandbox.discord.message_payloads import integration_owners, message_payload
from sandbox.discord.payloads import channel_payload, interacting_member_payload, user_payload
from sandbox.discord.wire import JsonObject
from sandbox.discord.world import World


def interaction_payload(world: World, interaction: Interaction) -> JsonObject:
    """An interaction with everything that discord.py and Discord's documentation require of it."""
    channel = world.channels[interaction.channel_id]
    payload: JsonObject = {
        "id": str(interaction.id),
        "application_id": str(world.application.id),
        "type": interaction.type.value,
        "token": interaction.token,
        "version": 1,
        "data": interaction.data,
        "channel": channel_payload(world, channel, for_user_id=interaction.user_id),
        "channel_id": str(channel.id),
        "app_permissions": str(world.permissions(world.bot.id, channel).value),
        "attachment_size_limit": interaction.attachment_size_limit,
        "authorizing_integration_owners": integration_owners(interaction.guild_id),
        "entitlements": [],
        "entitlement_sku_ids": [],
        "context": interaction.context.value,
        "locale": interaction.locale,
    }
    payload |= _who(world, interaction)
    if interaction.message_id is not None:
        payload["message"] = message_payload(world, world.messages[interaction.message_id])
    return payload


def _who(world: World, interaction: Interaction) -> JsonObject:
    """In a guild the member, elsewhere the bare account."""
    if interaction.guild_id is None:
        return {"user": user_payload(world.users[interaction.user_id])}
    guild = world.guilds[interaction.guild_id]
    channel = world.channels[interaction.channel_id]
    return {
        "guild_id": str(guild.id),
        "guild": {"id": str(guild.id), "locale": guild.preferred_locale, "features": []},
        "guild_locale": guild.preferred_locale,
        "member": interacting_member_payload(world, guild.members[interaction.user_id], channel),
    }
