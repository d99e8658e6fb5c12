"""What every button of ours goes through when it is pressed, whichever process has drawn it."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypeVar

import discord
from discord import ui

from cogs.answers import Acknowledgement, Deferral, acknowledge, answer_privately
from cogs.errors import guarded
from cogs.interaction_facts import token_until
from cogs.services import BotServices, services_of
from cogs.ui.custom_ids import CustomId
from cogs.ui.sentences import NOT_SET_UP_HERE
from services.errors import JobNotFound
from services.jobs.model import JobStatus

Interaction = discord.Interaction[discord.Client]
IdT = TypeVar("IdT", bound=CustomId)


@dataclass(frozen=True, kw_only=True, slots=True)
class Press:
    """A press that is acknowledged, and is this process's to answer."""

    interaction: Interaction
    services: BotServices
    deferral: Deferral


class PersistentButton(ui.DynamicItem[ui.Button[ui.LayoutView]], ABC, Generic[IdT], template="(?!)"):
    """A button that is found by its custom_id alone, after any restart.

    A subclass names the form of its custom_ids, as in `class CancelButton(PersistentButton[CancelId], form=CancelId)`,
    says in `press` what it does, and is listed in `DYNAMIC_ITEMS`. What it looks like is drawn in `cogs.ui`.
    """

    form: ClassVar[type[CustomId]]
    # Whether a press can lead to a charge: such a one counts only where the bot is set up.
    is_for_served_places_only: ClassVar[bool] = False

    def __init_subclass__(cls, *, form: type[IdT]) -> None:
        super().__init_subclass__(template=form.template())
        cls.form = form

    def __init__(self, custom_id: IdT) -> None:
        super().__init__(ui.Button(custom_id=str(custom_id)))
        self.fields = custom_id

    @classmethod
    async def from_custom_id(cls, _interaction: Interaction, _item: ui.Item[Any], match: re.Match[str], /) -> Self:
        """Make the button that was pressed."""
        return cls(cls.form.from_match(match))  # type: ignore[arg-type] # `form` is the class of IdT

    @guarded
    async def callback(self, interaction: Interaction) -> None:
        """Acknowledge first; then do what this button is for, if the press is this process's to answer."""
        services = services_of(interaction.client)
        if self.is_for_served_places_only and not services.serve(interaction.guild_id):
            await answer_privately(interaction, NOT_SET_UP_HERE)
            return
        deferral = await self.acknowledge(interaction)
        if not await self.is_ours(interaction, deferral):
            return
        job_id = self.card_job_id
        # A token whose acknowledgement failed may be good for nothing, and must not take the place of one that is.
        if job_id is not None and deferral.acknowledgement is Acknowledgement.ARRIVED:
            await _renew_token(services, interaction, job_id)
        await self.press(Press(interaction=interaction, services=services, deferral=deferral))

    @property
    def card_job_id(self) -> str | None:
        """The job on whose card this button stands: a press renews the card's token."""
        return None

    def acknowledge(self, interaction: Interaction) -> Awaitable[Deferral]:
        """Defer; by default the pressed message stays as it is."""
        return acknowledge(interaction, private=True)

    async def is_ours(self, _interaction: Interaction, deferral: Deferral) -> bool:
        """Whether to go on after this deferral: a press that is delivered twice is answered once."""
        return deferral.is_ours

    @abstractmethod
    async def press(self, press: Press) -> None:
        """Do what the button is for."""


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
