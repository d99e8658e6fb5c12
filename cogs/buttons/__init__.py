"""What presses on our buttons do, after any restart; what the buttons look like is drawn in `cogs.ui`."""

from __future__ import annotations

from cogs.buttons.cancel_button import CancelButton
from cogs.buttons.history_button import HistoryButton
from cogs.buttons.resubmit_buttons import ConfirmResubmitButton, ResubmitButton

# What the bot's client registers at its start.
DYNAMIC_ITEMS = (CancelButton, ResubmitButton, ConfirmResubmitButton, HistoryButton)
