"""What every layout of ours stands on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import discord
from discord import ui

from cogs.ui.text import encodable

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

    def to_components(self) -> list[dict[str, Any]]:
        """Return the payload, whatever a person, the API or the settings wrote into it, as a request can carry it."""
        return [_encodable(component) for component in super().to_components()]  # type: ignore[no-untyped-call] # discord.py's


def _encodable(value: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {key: _encodable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_encodable(each) for each in value]
    return value
