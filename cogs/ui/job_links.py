"""Where a job's card stands, as a link."""

from __future__ import annotations

from services.jobs.card import Card, DeliveryRoute
from services.jobs.model import Job


def card_link(job: Job, card: Card | None) -> str | None:
    """Return the card's address; None where nobody could follow it (a private card) or there is no card.

    In direct messages Discord's links have `@me` in place of a server.
    """
    if card is None or card.route is DeliveryRoute.UNDELIVERED:
        return None
    if card.posted_message_id is not None and card.posted_channel_id is not None:
        is_elsewhere = card.posted_channel_id != job.channel_id
        place = "@me" if job.guild_id is None or is_elsewhere else str(job.guild_id)
        return f"https://discord.com/channels/{place}/{card.posted_channel_id}/{card.posted_message_id}"
    if job.is_private or card.original_message_id is None:
        return None
    place = "@me" if job.guild_id is None else str(job.guild_id)
    return f"https://discord.com/channels/{place}/{job.channel_id}/{card.original_message_id}"
