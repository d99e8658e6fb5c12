"""The button that cancels a job."""

from __future__ import annotations

import logging

from cogs.answers import Acknowledgement, Deferral, answer_privately
from cogs.buttons.persistent_button import Interaction, PersistentButton, Press
from cogs.interaction_facts import actor_of
from cogs.ui.custom_ids import CancelId
from cogs.ui.sentences import cancel_sentence
from services.jobs.cancelling import CancelOutcome

log = logging.getLogger(__name__)


class CancelButton(PersistentButton[CancelId], form=CancelId):
    """Cancels a job that does not run yet."""

    @property
    def card_job_id(self) -> str:
        """The job that it cancels."""
        return self.fields.job_id

    async def is_ours(self, _interaction: Interaction, deferral: Deferral) -> bool:
        """A press whose acknowledgement failed was still a press: whoever pressed wants it cancelled."""
        # Delivered twice, its other delivery does all this.
        return deferral.acknowledgement is not Acknowledgement.TAKEN

    async def press(self, press: Press) -> None:
        """Cancel; what the card will show anyway is not said twice."""
        job_id, interaction = self.fields.job_id, press.interaction
        outcome = await press.services.jobs.cancel(job_id, actor_of(interaction))
        log.info("job_id=%s cancel pressed by %d: %s", job_id, interaction.user.id, outcome)
        if outcome is not CancelOutcome.CANCELLED:
            await answer_privately(interaction, cancel_sentence(outcome))
