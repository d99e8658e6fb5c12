"""What every layout of ours stands on."""

from __future__ import annotations

from collections.abc import Iterable

import discord
from discord import ui

NO_MENTIONS = discord.AllowedMentions.none()


class Panel(ui.LayoutView):
    """A layout that keeps nothing in memory: its buttons are dynamic items, found by their custom_id after any restart.

    It is finished from the start, so that discord.py never puts it into its view store: thousands of cards would stay
    there, since a view without a time-out is never dropped.
    """

    def __init__(self, items: Iterable[ui.Item[Panel]] = ()) -> None:
        super().__init__(timeout=None)
        for item in items:
            self.add_item(item)
        self.stop()
