"""Submitting an unconfirmed job once more: what has to hold, and the new job made of the old one."""

from __future__ import annotations

from datetime import datetime

import discord

from cogs.answers import answer_privately, with_prompt
from cogs.permissions import require_can_post
from cogs.services import BotServices
from cogs.ui.sentences import sentence
from services.errors import CannotPost, NotAllowed
from services.jobs.model import GenerationRequest, Job, Parent, Relation
from services.models.signed_links import has_dead_links

_SOMEBODY_ELSES = "This job is somebody else's: only they may submit it anew. Nothing was charged."


async def job_to_resubmit(
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
    there = await services.jobs.get_resubmission(job_id)
    if there is not None:
        # The same press delivered twice has its card.
        if there.interaction_id != interaction.id:
            await answer_privately(interaction, submitted_already(there))
        return None
    refusal = _refusal(job, interaction, now=services.clock.now())
    if refusal is not None:
        told = f"It was not submitted anew, and nothing was charged now. {refusal}"
        content, file = with_prompt(told, job.prompt)
        await answer_privately(interaction, content, file=file, plain=told)
        return None
    return job


def submitted_already(job: Job) -> str:
    """Return what a press reads that came after another one."""
    return f"It was submitted anew already, as job `{job.job_id}`. This press charged nothing."


def _refusal(job: Job, interaction: discord.Interaction[discord.Client], *, now: datetime) -> str | None:
    if not job.is_sendable:
        return f"This bot's record of what was asked for is damaged. Use `/{job.command}` again."
    if has_dead_links(job.inputs, now=now):
        return (
            "Its pictures were attached so long ago that Discord's links to them are dead. "
            f"Use `/{job.command}` again with the pictures."
        )
    if not job.is_private:
        try:
            require_can_post(interaction, pressed_for=job.command)
        except CannotPost as error:
            return sentence(error)
    return None


def resubmission_of(old: Job) -> GenerationRequest:
    """Return the same request once more, in place of the old job."""
    return GenerationRequest(
        command=old.command,
        model_id=old.model_id,
        prompt=old.prompt,
        inputs=old.inputs,
        media=old.media,
        is_private=old.is_private,
        parent=Parent(job_id=old.job_id, relation=Relation.RESUBMISSION),
    )
