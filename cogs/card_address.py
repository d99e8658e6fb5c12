"""Where a new job's card stands, and for how long its interaction's token reaches it."""

from __future__ import annotations

from datetime import datetime, timedelta

import discord

from cogs.answers import Deferral
from services.jobs.model import Delivery

# Discord takes a token for 15 minutes; half a minute of that is left for clocks that differ, and for the edit itself.
TOKEN_LIFE = timedelta(minutes=14, seconds=30)


def token_until(interaction: discord.Interaction[discord.Client]) -> datetime:
    """Return until when the interaction's token is good for an edit."""
    return interaction.created_at + TOKEN_LIFE


def address_of(interaction: discord.Interaction[discord.Client], deferral: Deferral) -> Delivery:
    """Return the card's first address: the message that the deferral made, reached by the interaction's token."""
    return Delivery(
        application_id=interaction.application_id,
        token=interaction.token,
        token_until=token_until(interaction),
        upload_limit_bytes=interaction.filesize_limit,
        original_message_id=deferral.message_id,
    )
