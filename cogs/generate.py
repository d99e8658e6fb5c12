"""The models' slash commands: what a person asks for becomes an accepted job; its card is the announcer's."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial

import discord
from discord.ext import commands

from cogs.answers import Acknowledgement, Deferral, acknowledge, answer_privately, with_prompt
from cogs.card_address import address_of
from cogs.errors import sentence
from cogs.inputs import GivenFile, Wish, given_prompt, read_wish
from cogs.options import CommandPlan, Role, plan_command
from cogs.ownership import is_ours_to_submit
from cogs.places import require_place
from cogs.services import BotServices, services_of
from cogs.slash_command import SlashCommand, build_command
from services.errors import ComfycordError, StoreUnavailable
from services.jobs.ids import new_job_id
from services.jobs.model import NewJob

log = logging.getLogger(__name__)

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
        """Check what needs no I/O, acknowledge, submit; a refusal is private and gives the prompt back.

        Only who acknowledged it submits: of several deliveries of one event, to this process, to others on its
        database, or to a copy of the bot with a database of its own, one is paid for.
        """
        prompt = given_prompt(plan, values)
        try:
            wish = read_wish(plan, values, _files(plan, values), now=self._services.clock.now())
            if not wish.is_private:
                require_place(interaction)
        except ComfycordError as error:
            await _refuse(interaction, error, prompt)
            return
        deferral = await acknowledge(interaction, private=wish.is_private)
        new = _new_job(plan, wish, interaction, deferral)
        if deferral.acknowledgement is Acknowledgement.TAKEN:
            self._services.failover.watch(new)
        try:
            if await is_ours_to_submit(interaction, deferral):
                await self._submit(new)
        except ComfycordError as error:
            await _refuse(interaction, error, prompt)

    async def _submit(self, new: NewJob) -> None:
        """Submit, once more where the database did not answer: the interaction's id keeps that one job."""
        try:
            await self._services.jobs.submit(new)
        except StoreUnavailable:
            log.warning("job_id=%s the database did not answer; tried once more", new.job_id)
            await self._services.jobs.submit(new)


def _files(plan: CommandPlan, values: Mapping[str, object]) -> Mapping[str, GivenFile]:
    given = {option.name: values.get(option.name) for option in plan.of(Role.PICTURE)}
    return {name: value for name, value in given.items() if isinstance(value, discord.Attachment)}


def _new_job(plan: CommandPlan, wish: Wish, interaction: Interaction, deferral: Deferral) -> NewJob:
    return NewJob(
        job_id=new_job_id(),
        interaction_id=interaction.id,
        owner_id=interaction.user.id,
        guild_id=interaction.guild_id,
        channel_id=interaction.channel_id or 0,
        command=plan.name,
        model_id=plan.spec.model_id,
        prompt=wish.prompt,
        inputs=wish.inputs,
        input_names=wish.input_names,
        is_private=wish.is_private,
        delivery=address_of(interaction, deferral),
    )


async def _refuse(interaction: Interaction, error: ComfycordError, prompt: str) -> None:
    log.info("interaction=%d refused: %s", interaction.id, type(error).__name__)
    # A commit whose answer was lost may have been one: there only the history knows.
    charged = "" if isinstance(error, StoreUnavailable) else " Nothing was charged."
    told = f"{sentence(error)}{charged}"
    content, file = with_prompt(told, prompt)
    await answer_privately(interaction, content, file=file, plain=told)


async def setup(bot: commands.Bot) -> None:
    """Load the cog."""
    await bot.add_cog(Generate(bot, services_of(bot)))
