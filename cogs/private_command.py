"""The base of commands that answer their person alone: registered, acknowledged first, and run once."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import discord
from discord import app_commands
from discord.ext import commands

from cogs.answers import acknowledge

CogT = TypeVar("CogT", bound=commands.Cog)
P = ParamSpec("P")
Interaction = discord.Interaction[discord.Client]


def private_command(
    description: str,
) -> Callable[[Callable[Concatenate[CogT, Interaction, P], Awaitable[None]]], app_commands.Command[CogT, ..., None]]:
    """Make a cog's method a command, in servers and in direct messages.

    It runs once an answer is owed by this process: of several deliveries of one use, one is answered.
    """

    def register(
        callback: Callable[Concatenate[CogT, Interaction, P], Awaitable[None]],
    ) -> app_commands.Command[CogT, ..., None]:
        @functools.wraps(callback)
        async def acknowledged(self: CogT, interaction: Interaction, *args: P.args, **kwargs: P.kwargs) -> None:
            deferral = await acknowledge(interaction, private=True)
            if deferral.is_ours:
                await callback(self, interaction, *args, **kwargs)

        made: Any = app_commands.command(description=description)(acknowledged)  # type: ignore[arg-type] # discord.py reads the wrapped one's parameters
        app_commands.allowed_contexts(guilds=True, dms=True)(made)
        app_commands.allowed_installs(guilds=True)(made)
        command: app_commands.Command[CogT, ..., None] = made
        return command

    return register
