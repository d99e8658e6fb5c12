"""A command tree that answers what the library cannot read of an interaction, instead of dropping it."""

from __future__ import annotations

import abc
from typing import TypeVar

import discord
from discord import app_commands

ClientT = TypeVar("ClientT", bound=discord.Client)


class ReadableTree(app_commands.CommandTree[ClientT], abc.ABC):
    """discord.py 2.7.1 reads options before it calls anything of ours, and an odd one ends the interaction's task."""

    async def _call(self, interaction: discord.Interaction[ClientT]) -> None:
        try:
            await super()._call(interaction)
        except app_commands.AppCommandError:
            raise
        except Exception as error:  # noqa: BLE001 - a person waits for an answer
            await self.on_unreadable(interaction, error)

    @abc.abstractmethod
    async def on_unreadable(self, interaction: discord.Interaction[ClientT], error: Exception) -> None:
        """Answer an interaction that the library could not read."""
