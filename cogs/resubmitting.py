"""Submitting an unconfirmed job once more: what has to hold, and the new job made of the old one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import discord

from services.jobs.ids import new_job_id
from services.jobs.model import Delivery, Job, Json, NewJob

_DISCORD_HOSTS = (".discordapp.com", ".discordapp.net")


def job_in_place_of(old: Job, interaction: discord.Interaction[discord.Client], delivery: Delivery) -> NewJob:
    """Return the new job: the same model and inputs, a card of its own where the button was pressed."""
    return NewJob(
        job_id=new_job_id(),
        interaction_id=interaction.id,
        owner_id=old.owner_id,
        guild_id=interaction.guild_id,
        channel_id=interaction.channel_id or old.channel_id,
        command=old.command,
        model_id=old.model_id,
        prompt=old.prompt,
        inputs=old.inputs,
        input_names=old.input_names,
        is_private=old.is_private,
        delivery=delivery,
        retry_of=old.job_id,
    )


def has_dead_links(job: Job, *, now: datetime) -> bool:
    """Whether a picture was attached so long ago that Discord's signed link to it is dead: it could only fail.

    The time of death stands in the link as `ex`, in hexadecimal seconds since 1970.
    """
    return any(_dies_at(url) <= now for url in _strings(job.inputs) if _is_signed(url))


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _strings(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)


def _is_signed(text: str) -> bool:
    if not text.startswith("https://"):
        return False
    parts = urlsplit(text)
    return (parts.hostname or "").endswith(_DISCORD_HOSTS) and "ex" in parse_qs(parts.query)


def _dies_at(url: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(parse_qs(urlsplit(url).query)["ex"][0], 16), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.max.replace(tzinfo=UTC)
