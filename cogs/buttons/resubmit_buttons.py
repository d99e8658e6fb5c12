"""The two buttons by which an unconfirmed job is submitted once more: one warns, one does it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable

from cogs.answers import Deferral, acknowledge, answer_privately, send_privately
from cogs.buttons.persistent_button import Interaction, PersistentButton, Press
from cogs.ownership import is_ours_to_submit
from cogs.permissions import missing_here
from cogs.resubmitting import job_to_resubmit, resubmission_of, submitted_already
from cogs.submission import submit
from cogs.ui.custom_ids import ConfirmResubmitId, Place, ResubmitId
from cogs.ui.job_buttons import resubmit_warning

log = logging.getLogger(__name__)

_NOT_ITS_BUTTON = (
    "This button is not the one of that job, so nothing was submitted and nothing charged. "
    "Press *Submit anew* on its card."
)


class ResubmitButton(PersistentButton[ResubmitId], form=ResubmitId):
    """Offers to submit an unconfirmed job once more, after a warning."""

    is_for_served_places_only = True

    @property
    def card_job_id(self) -> str:
        """The unconfirmed job: its card, a private one too, can then tell what becomes of this press."""
        return self.fields.job_id

    async def press(self, press: Press) -> None:
        """Warn, with the button that does it."""
        job = await job_to_resubmit(press.services, press.interaction, self.fields.job_id)
        if job is not None:
            await send_privately(press.interaction, resubmit_warning(job.job_id, is_private=job.is_private))


class ConfirmResubmitButton(PersistentButton[ConfirmResubmitId], form=ConfirmResubmitId):
    """Submits an unconfirmed job once more."""

    is_for_served_places_only = True

    def acknowledge(self, interaction: Interaction) -> Awaitable[Deferral]:
        """Defer a message of its own: the new job's card."""
        return acknowledge(interaction, private=not self._is_seen_by_all(interaction), as_new_message=True)

    async def is_ours(self, interaction: Interaction, deferral: Deferral) -> bool:
        """Only who acknowledged it submits; a no from here would take the other delivery's message away."""
        return await is_ours_to_submit(interaction, deferral)

    async def press(self, press: Press) -> None:
        """Submit; pressed twice, it is one job (the database decides), and the second press is told so."""
        interaction = press.interaction
        old = await job_to_resubmit(press.services, interaction, self.fields.job_id)
        if old is None:
            return
        if old.is_private and self._is_seen_by_all(interaction):
            # Not an id that we made: what is private stays so, whatever a press says.
            log.warning("job_id=%s a press claims that its private job is public", old.job_id)
            await answer_privately(interaction, _NOT_ITS_BUTTON)
            return
        accepted = await submit(interaction, press.deferral, resubmission_of(old))
        # The same press delivered twice has its card; another press must not leave a second message behind.
        if accepted is not None and accepted.job.interaction_id != interaction.id:
            await answer_privately(interaction, submitted_already(accepted.job))

    def _is_seen_by_all(self, interaction: Interaction) -> bool:
        return self.fields.place is Place.PUBLIC and not missing_here(interaction)
