"""The models' slash commands: what a person asks for becomes an accepted job; its card is the announcer's."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import discord
from discord.ext import commands

from cogs.answers import acknowledge
from cogs.inputs import GivenFile, given_prompt, read_request
from cogs.options import CommandPlan, Role, plan_command
from cogs.permissions import require_can_post
from cogs.services import BotServices, services_of
from cogs.slash_command import SlashCommand, build_command
from cogs.submission import refuse, submit_if_ours
from services.errors import ComfycordError

Interaction = discord.Interaction[discord.Client]


class Generate(commands.Cog):
    """One slash command for each model of the catalogue."""

    def __init__(self, bot: commands.Bot, services: BotServices) -> None:
        self._bot = bot
        self._services = services
        self._commands: list[SlashCommand] = []

    async def cog_load(self) -> None:
        """Add the commands to the tree. Raises: InvalidSchema for a model that no command can offer."""
        for command in self._services.catalog.commands:
            plan = plan_command(command)
            self._commands.append(build_command(plan, partial(self.run, plan)))
        for built in self._commands:
            self._bot.tree.add_command(built)

    async def cog_unload(self) -> None:
        """Take the commands off the tree."""
        for built in self._commands:
            self._bot.tree.remove_command(built.name)

    async def run(self, plan: CommandPlan, interaction: Interaction, values: Mapping[str, object]) -> None:
        """Check what needs no I/O, acknowledge, submit."""
        try:
            request = read_request(plan, values, _files(plan, values), now=self._services.clock.now())
            if not request.is_private:
                require_can_post(interaction)
        except ComfycordError as error:
            await refuse(interaction, error, given_prompt(plan, values))
            return
        deferral = await acknowledge(interaction, private=request.is_private)
        await submit_if_ours(interaction, deferral, request)


def _files(plan: CommandPlan, values: Mapping[str, object]) -> Mapping[str, GivenFile]:
    given = {option.name: values.get(option.name) for option in plan.of(Role.PICTURE)}
    return {name: value for name, value in given.items() if isinstance(value, discord.Attachment)}


async def setup(bot: commands.Bot) -> None:
    """Load the cog."""
    await bot.add_cog(Generate(bot, services_of(bot)))
