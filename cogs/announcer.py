"""The announcer: the only one who edits cards. It runs from the cog's load to its unload."""

from __future__ import annotations

import asyncio
import logging

from discord.ext import commands

from cogs.delivery.calls import Calls
from cogs.delivery.card_client import CardClient
from cogs.delivery.card_delivery import DeliveryContext
from cogs.delivery.loop import AnnounceLoop
from cogs.services import BotServices, services_of
from services.jobs.result_downloads import Downloads

log = logging.getLogger(__name__)


class Announcer(commands.Cog):
    """Shows every change of every job, again and again until it is acknowledged."""

    def __init__(self, bot: commands.Bot, services: BotServices) -> None:
        card_client = CardClient(bot)
        longest = services.outbox.longest_edit_seconds
        self._downloads = Downloads(services.results, services.clock)
        self._loop = AnnounceLoop(
            DeliveryContext(
                card_client=card_client,
                calls=Calls(longest_seconds=longest, after_cut=card_client.free_others),
                outbox=services.outbox,
                downloads=self._downloads,
                catalog=services.catalog,
                clock=services.clock,
            )
        )
        self._task: asyncio.Task[None] | None = None

    async def cog_load(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._loop.run(), name="announcer")

    async def cog_unload(self) -> None:
        """Stop: what is being edited is cut short, and edited again after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None
        await self._downloads.close()


async def setup(bot: commands.Bot) -> None:
    """Load the cog."""
    await bot.add_cog(Announcer(bot, services_of(bot)))
