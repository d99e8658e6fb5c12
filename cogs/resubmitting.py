"""Submitting an unconfirmed job once more: what has to hold, and the new job made of the old one."""

from __future__ import annotations

from datetime import datetime

import discord

from cogs.answers import answer_privately, with_prompt
from cogs.errors import sentence
from cogs.places import CannotPost, require_place
from cogs.services import BotServices
from services.errors import NotAllowed
from services.jobs.ids import new_job_id
from services.jobs.model import Delivery, Job, NewJob
from services.models.signed_links import has_dead_links

_SOMEBODY_ELSES = "This job is somebody else's: only they may submit it anew. Nothing was charged."


async def job_to_submit_anew(
    services: BotServices, interaction: discord.Interaction[discord.Client], job_id: str
) -> Job | None:
    """Return the unconfirmed job that this person may submit anew here; None where they were told why they may not.

    Raises: JobNotFound, InvalidTransition (it is not unconfirmed any more), StoreUnavailable.
    """
    try:
        job = await services.jobs.require_unconfirmed(job_id, interaction.user.id)
    except NotAllowed:
        await answer_privately(interaction, _SOMEBODY_ELSES)
        return None
    retry = await services.jobs.find_retry(job_id)
    if retry is not None:
        # The same press delivered twice has its card.
        if retry.interaction_id != interaction.id:
            await answer_privately(interaction, submitted_already(retry))
        return None
    refusal = _refusal(job, interaction, now=services.clock.now())
    if refusal is not None:
        told = f"It was not submitted anew, and nothing was charged now. {refusal}"
        content, file = with_prompt(told, job.prompt)
        await answer_privately(interaction, content, file=file, plain=told)
        return None
    return job


def submitted_already(retry: Job) -> str:
    """Return what a press reads that came after another one."""
    return f"It was submitted anew already, as job `{retry.job_id}`. This press charged nothing."


def _refusal(job: Job, interaction: discord.Interaction[discord.Client], *, now: datetime) -> str | None:
    if has_dead_links(job.inputs, now=now):
        return (
            "Its pictures were attached so long ago that Discord's links to them are dead. "
            f"Use `/{job.command}` again with the pictures."
        )
    if not job.is_private:
        try:
            require_place(interaction, pressed_for=job.command)
        except CannotPost as error:
            return sentence(error)
    return None


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
