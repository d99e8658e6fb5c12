"""What an interaction tells the core: who asks and what they may do there, and where a job's card begins."""

from __future__ import annotations

from datetime import datetime, timedelta

import discord

from cogs.answers import Deferral
from cogs.services import services_of
from services.jobs.card import CardOrigin
from services.jobs.model import Actor

# Discord takes a token for 15 minutes; half a minute of that is left for clocks that differ, and for the edit itself.
TOKEN_LIFE = timedelta(minutes=14, seconds=30)

Interaction = discord.Interaction[discord.Client]


def actor_of(interaction: Interaction) -> Actor:
    """Return who asks and what they may do here; in direct messages nobody manages anything."""
    roles = interaction.user.roles if isinstance(interaction.user, discord.Member) else ()
    return Actor(
        user_id=interaction.user.id,
        channel_id=interaction.channel_id,
        guild_id=interaction.guild_id,
        role_ids=frozenset(role.id for role in roles),
        may_manage=interaction.guild_id is not None and interaction.permissions.manage_messages,
    )


def token_until(interaction: Interaction) -> datetime:
    """Return until when, by our clock, the interaction's token is good for an edit.

    It counts from when it came, a moment after Discord made it: by Discord's time for that, a clock of ours that is a
    quarter of an hour ahead would give up every token unused, and a private card with it. A token that is used too
    late is refused, and the next way is taken.
    """
    return services_of(interaction.client).clock.now() + TOKEN_LIFE


def card_origin_of(interaction: Interaction, deferral: Deferral) -> CardOrigin:
    """Return where a new job's card begins: the message that the deferral made."""
    return CardOrigin(
        interaction_id=interaction.id,
        application_id=interaction.application_id,
        channel_id=interaction.channel_id or 0,
        token=interaction.token,
        token_until=token_until(interaction),
        upload_limit_bytes=interaction.filesize_limit,
        message_id=deferral.message_id,
    )
