"""What one has used, and what is left: /quota."""

from __future__ import annotations

import discord
from discord import ui
from discord.ext import commands

from cogs.answers import show_privately
from cogs.interaction_facts import actor_of
from cogs.private_command import private_command
from cogs.services import BotServices, services_of
from cogs.ui import text
from cogs.ui.base import Panel
from services.jobs.quota import QuotaLimits, Usage

Interaction = discord.Interaction[discord.Client]


class Quota(commands.Cog):
    """Shows a person's own quota."""

    def __init__(self, services: BotServices) -> None:
        self._services = services

    @private_command("How many jobs you have used and when the next one is free")
    async def quota(self, interaction: Interaction) -> None:
        """Show one's own quota."""
        usage, limits = await self._services.jobs.quota(actor_of(interaction))
        await show_privately(interaction, render_quota(usage, limits))


def render_quota(usage: Usage, limits: QuotaLimits) -> Panel:
    """Render what is used of each limit, and when the day's next place comes free."""
    lines = [
        "### Your quota",
        f"**{usage.today} of {limits.per_day}** jobs in the last 24 hours",
        f"**{usage.in_flight} of {limits.running}** running at once",
        f"**{usage.waiting} of {limits.waiting}** waiting for their turn",
    ]
    if usage.today and usage.resets_at is not None:
        lines.append(f"The oldest job leaves the count {text.relative(usage.resets_at)}.")
    lines.append("-# Jobs that were cancelled, failed, expired, are late or stayed unconfirmed are given back.")
    return Panel([ui.Container(ui.TextDisplay("\n".join(lines)))])


async def setup(bot: commands.Bot) -> None:
    """Load the cog."""
    await bot.add_cog(Quota(services_of(bot)))
