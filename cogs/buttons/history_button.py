"""The buttons that turn the pages of /history."""

from __future__ import annotations

from cogs.answers import show_privately
from cogs.buttons.persistent_button import PersistentButton, Press
from cogs.ui.custom_ids import HistoryId
from cogs.ui.history_view import render_history


class HistoryButton(PersistentButton[HistoryId], form=HistoryId):
    """Turns to a page. The page is all that it holds: whose jobs they are is who presses it."""

    async def press(self, press: Press) -> None:
        """Show the page in place of the one before."""
        page = await press.services.jobs.history(press.interaction.user.id, page=self.fields.page)
        await show_privately(press.interaction, render_history(page), plain=lambda: render_history(page, is_plain=True))
