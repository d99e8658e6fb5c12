"""A card's buttons: dynamic items, found by their custom_id after any restart; whose job it is, the database knows."""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from typing import Self, cast

import discord
from discord import ui

from cogs.answers import Acknowledgement, acknowledge, answer_privately, send_privately
from cogs.cancelling import outcome_sentence
from cogs.errors import guarded
from cogs.interaction_facts import actor_of, token_until
from cogs.ownership import is_ours_to_submit
from cogs.permissions import missing_here
from cogs.resubmitting import job_to_submit_anew, resubmission_of, submitted_already
from cogs.services import BotServices, services_of
from cogs.submission import submit
from cogs.ui.base import Panel
from cogs.ui.sentences import NOT_SET_UP_HERE
from services.errors import JobNotFound
from services.jobs.cancelling import CancelOutcome
from services.jobs.model import JobStatus

log = logging.getLogger(__name__)

Interaction = discord.Interaction[discord.Client]
Button = ui.Button[ui.LayoutView]
AnyItem = ui.Item[ui.LayoutView]

_JOB = r"(?P<job_id>[a-z0-9]{1,32})"
_NOT_ITS_BUTTON = (
    "This button is not the one of that job, so nothing was submitted and nothing charged. "
    "Press *Submit anew* on its card."
)
_WARNING_COLOUR = 0xDA373C


class CancelButton(ui.DynamicItem[Button], template=f"cc:cancel:{_JOB}"):
    """Cancels a job that does not run yet. `is_asked`: somebody has pressed it already."""

    def __init__(self, job_id: str, *, is_asked: bool = False) -> None:
        label = "Cancelling…" if is_asked else "Cancel"
        super().__init__(Button(label=label, custom_id=f"cc:cancel:{job_id}", disabled=is_asked))
        self.job_id = job_id

    @classmethod
    async def from_custom_id(cls, _interaction: Interaction, _item: AnyItem, match: re.Match[str], /) -> Self:
        """Make the button that was pressed."""
        return cls(match["job_id"])

    @guarded
    async def callback(self, interaction: Interaction) -> None:
        """Cancel; what the card will show anyway is not said twice."""
        services = services_of(interaction.client)
        # A press whose acknowledgement failed was still a press: whoever pressed wants it cancelled. But its token may
        # be good for nothing, and must not take the place of one that is.
        deferral = await acknowledge(interaction, private=True)
        if deferral.acknowledgement is Acknowledgement.TAKEN:
            return  # the same press, delivered twice: its other delivery does all this
        if deferral.acknowledgement is Acknowledgement.ARRIVED:
            await _renew_token(services, interaction, self.job_id)
        outcome = await services.jobs.cancel(self.job_id, actor_of(interaction))
        log.info("job_id=%s cancel pressed by %d: %s", self.job_id, interaction.user.id, outcome)
        if outcome is not CancelOutcome.CANCELLED:
            await answer_privately(interaction, outcome_sentence(outcome))


class SubmitAnewButton(ui.DynamicItem[Button], template=f"cc:anew:{_JOB}"):
    """Offers to submit an unconfirmed job once more, after a warning."""

    def __init__(self, job_id: str) -> None:
        super().__init__(Button(label="Submit anew", custom_id=f"cc:anew:{job_id}"))
        self.job_id = job_id

    @classmethod
    async def from_custom_id(cls, _interaction: Interaction, _item: AnyItem, match: re.Match[str], /) -> Self:
        """Make the button that was pressed."""
        return cls(match["job_id"])

    @guarded
    async def callback(self, interaction: Interaction) -> None:
        """Warn, with the button that does it."""
        services = services_of(interaction.client)
        if not services.serve(interaction.guild_id):
            await answer_privately(interaction, NOT_SET_UP_HERE)
            return
        deferral = await acknowledge(interaction, private=True)
        if not deferral.is_ours:
            return
        if deferral.acknowledgement is Acknowledgement.ARRIVED:
            # So that the card, a private one too, can tell what becomes of this press.
            await _renew_token(services, interaction, self.job_id)
        job = await job_to_submit_anew(services, interaction, self.job_id)
        if job is not None:
            await send_privately(interaction, anew_warning(self.job_id, is_private=job.is_private))


class ConfirmAnewButton(ui.DynamicItem[Button], template=f"cc:confirm:(?P<place>private|public):{_JOB}"):
    """Submits an unconfirmed job once more. Whether its card is private stands in the id: the defer comes first."""

    def __init__(self, job_id: str, *, is_private: bool) -> None:
        place = "private" if is_private else "public"
        super().__init__(
            Button(
                style=discord.ButtonStyle.danger,
                label="Submit anew",
                custom_id=f"cc:confirm:{place}:{job_id}",
            )
        )
        self.job_id = job_id
        self.is_private = is_private

    @classmethod
    async def from_custom_id(cls, _interaction: Interaction, _item: AnyItem, match: re.Match[str], /) -> Self:
        """Make the button that was pressed."""
        return cls(match["job_id"], is_private=match["place"] == "private")

    @guarded
    async def callback(self, interaction: Interaction) -> None:
        """Submit; pressed twice, it is one job (the database decides), and the second press is told so."""
        services = services_of(interaction.client)
        if not services.serve(interaction.guild_id):
            await answer_privately(interaction, NOT_SET_UP_HERE)
            return
        is_seen_by_all = not self.is_private and not missing_here(interaction)
        deferral = await acknowledge(interaction, private=not is_seen_by_all, as_new_message=True)
        if not await is_ours_to_submit(interaction, deferral):
            # Delivered twice, its other delivery does all this: a no from here would take that one's message away.
            return
        old = await job_to_submit_anew(services, interaction, self.job_id)
        if old is None:
            return
        if old.is_private and is_seen_by_all:
            # Not an id that we made: what is private stays so, whatever a press says.
            log.warning("job_id=%s a press claims that its private job is public", self.job_id)
            await answer_privately(interaction, _NOT_ITS_BUTTON)
            return
        accepted = await submit(interaction, deferral, resubmission_of(old))
        # The same press delivered twice has its card; another press must not leave a second message behind.
        if accepted is not None and accepted.job.interaction_id != interaction.id:
            await answer_privately(interaction, submitted_already(accepted.job))


def anew_warning(job_id: str, *, is_private: bool) -> Panel:
    """Return what stands between a press and a second charge."""
    frame: ui.Container[Panel] = ui.Container(
        ui.TextDisplay(
            "### Submit it anew?\nThe first submission may have reached RunComfy: then **it is charged twice**, "
            "and the first result is lost. It counts towards your quota like any new job."
        ),
        row_of(ConfirmAnewButton(job_id, is_private=is_private)),
        accent_colour=_WARNING_COLOUR,
    )
    return Panel([frame])


def row_of(*buttons: ui.DynamicItem[Button]) -> ui.ActionRow[Panel]:
    """Return the buttons side by side. A dynamic item fits any view; discord.py's types do not say so."""
    return ui.ActionRow(*cast("tuple[ui.Item[Panel], ...]", buttons))


async def _renew_token(services: BotServices, interaction: Interaction, job_id: str) -> None:
    """A press on one's own card brings a token that reaches the card for another quarter of an hour."""
    if interaction.message is None:
        return
    # Somebody else's job: a moderator's press; the card is public then, and reached without a token.
    with suppress(JobNotFound):
        job = await services.jobs.require_own(job_id, interaction.user.id)
        if not job.status.is_terminal or job.status is JobStatus.UNCONFIRMED:
            await services.jobs.renew_token(
                job_id, token=interaction.token, until=token_until(interaction), message_id=interaction.message.id
            )


# What the bot's client registers at its start.
DYNAMIC_ITEMS = (CancelButton, SubmitAnewButton, ConfirmAnewButton)
