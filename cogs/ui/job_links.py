"""Where a job's card stands, as a link."""

from __future__ import annotations

from services.jobs.model import DeliveryRoute, Job


def card_link(job: Job) -> str | None:
    """Return the card's address; None where nobody could follow it (a private card) or there is no card.

    In direct messages Discord's links have `@me` in place of a server.
    """
    delivery = job.delivery
    if delivery.route is DeliveryRoute.UNDELIVERED:
        return None
    if delivery.posted_message_id is not None and delivery.posted_channel_id is not None:
        is_elsewhere = delivery.posted_channel_id != job.channel_id
        place = "@me" if job.guild_id is None or is_elsewhere else str(job.guild_id)
        return f"https://discord.com/channels/{place}/{delivery.posted_channel_id}/{delivery.posted_message_id}"
    if job.is_private or delivery.original_message_id is None:
        return None
    place = "@me" if job.guild_id is None else str(job.guild_id)
    return f"https://discord.com/channels/{place}/{job.channel_id}/{delivery.original_message_id}"
