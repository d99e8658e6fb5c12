"""The cogs' one way to a job: whoever was acknowledged submits it, and whoever asked learns why it was refused."""

from __future__ import annotations

import logging

import discord

from cogs.answers import Acknowledgement, Deferral, answer_privately, with_prompt
from cogs.interaction_facts import actor_of, card_origin_of
from cogs.ownership import is_ours_to_submit
from cogs.services import services_of
from cogs.ui.sentences import sentence
from services.errors import ComfycordError, StoreUnavailable
from services.jobs.model import GenerationRequest
from services.jobs.ports import Accepted

log = logging.getLogger(__name__)

Interaction = discord.Interaction[discord.Client]


async def submit_if_ours(interaction: Interaction, deferral: Deferral, request: GenerationRequest) -> Accepted | None:
    """Submit what was asked for with this interaction; None where it was refused, which the person is told.

    Only who acknowledged it submits: of several deliveries of one event, to this process, to others on its database,
    or to a copy of the bot with a database of its own, one is paid for.
    """
    if deferral.acknowledgement is Acknowledgement.TAKEN:
        failover = services_of(interaction.client).failover
        failover.watch(request, actor_of(interaction), card_origin_of(interaction, deferral))
    try:
        if not await is_ours_to_submit(interaction, deferral):
            return None
    except ComfycordError as error:
        await refuse(interaction, error, request.prompt)
        return None
    return await submit(interaction, deferral, request)


async def submit(interaction: Interaction, deferral: Deferral, request: GenerationRequest) -> Accepted | None:
    """Submit what this process has acknowledged; None where it was refused, which the person is told."""
    jobs = services_of(interaction.client).jobs
    actor, origin = actor_of(interaction), card_origin_of(interaction, deferral)
    try:
        try:
            return await jobs.submit(request, actor, origin)
        except StoreUnavailable:
            log.warning("interaction=%d the database did not answer; tried once more", interaction.id)
            # Its commit may have been one: the interaction's id keeps that one job.
            return await jobs.submit(request, actor, origin)
    except ComfycordError as error:
        await refuse(interaction, error, request.prompt)
        return None


async def refuse(interaction: Interaction, error: ComfycordError, prompt: str) -> None:
    """Tell in private why nothing was submitted, and give the prompt back."""
    log.info("interaction=%d refused: %s", interaction.id, type(error).__name__)
    # A commit whose answer was lost may have been one: there only the history knows.
    charged = "" if isinstance(error, StoreUnavailable) else " Nothing was charged."
    told = f"{sentence(error)}{charged}"
    content, file = with_prompt(told, prompt)
    await answer_privately(interaction, content, file=file, plain=told)
