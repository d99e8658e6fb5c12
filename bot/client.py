"""The bot at Discord: what it may see, which commands and buttons it has, and where it answers."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot.clock_check import ClockWatch
from bot.command_sync import register_commands
from bot.login import NotDiscord
from bot.patience import keep_trying
from bot.tracing import request_trace
from cogs.answers import answer_privately, typed_prompt, with_prompt
from cogs.discord_py.patient_shards import PatientShards
from cogs.discord_py.readable_tree import ReadableTree
from cogs.errors import UnreadableInteraction, on_tree_error
from cogs.services import BotServices
from cogs.ui.sentences import NOT_SET_UP_HERE

log = logging.getLogger(__name__)

DynamicItem = type[discord.ui.DynamicItem[discord.ui.Item[discord.ui.LayoutView]]]


class GuardedTree(ReadableTree["ComfyBot"]):
    """Commands that answer only in the servers of the operator's choice."""

    async def interaction_check(self, interaction: discord.Interaction[ComfyBot], /) -> bool:
        """Refuse, privately, where the bot is not set up: once servers are named, also in direct messages."""
        if interaction.client.services.serve(interaction.guild_id):
            return True
        if interaction.type is discord.InteractionType.autocomplete:
            await interaction.response.autocomplete([])
        else:
            content, file = with_prompt(NOT_SET_UP_HERE, typed_prompt(interaction))
            await answer_privately(interaction, content, file=file, plain=NOT_SET_UP_HERE)
        return False

    async def on_unreadable(self, interaction: discord.Interaction[ComfyBot], error: Exception) -> None:
        """Answer like any other error."""
        log.warning("interaction=%d cannot be read: %r", interaction.id, error)
        if interaction.type is not discord.InteractionType.autocomplete:
            await on_tree_error(interaction, UnreadableInteraction())

    async def on_error(
        self, interaction: discord.Interaction[ComfyBot], error: app_commands.AppCommandError, /
    ) -> None:
        """Answer with the sentence for the error."""
        await on_tree_error(interaction, error)


class ComfyBot(PatientShards):
    """The connection to Discord. It sees servers and their channels, no messages, no members, and pings nobody."""

    def __init__(
        self, services: BotServices, *, extensions: Sequence[str], dynamic_items: Sequence[DynamicItem] = ()
    ) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=GuardedTree,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            http_trace=request_trace(ClockWatch(services.clock)),
        )
        self.services = services
        self._extensions = tuple(extensions)
        self._dynamic_items = tuple(dynamic_items)
        self._registering: asyncio.Task[None] | None = None

    async def load_commands(self) -> None:
        """Load every extension and every button; the first that fails is an error."""
        for name in self._extensions:
            await self.load_extension(name)
        self.add_dynamic_items(*self._dynamic_items)

    async def setup_hook(self) -> None:
        """Make ready between login and the gateway: commands, buttons, their sync, the number of shards."""
        await self.load_commands()
        self._registering = asyncio.create_task(
            register_commands(self.tree, self.services.key_values), name="register commands"
        )
        # Told beforehand, the library goes to the gateway address of the settings, not to the one of this answer.
        try:
            self.shard_count, _, limits = await keep_trying("ask for the gateway", self.http.get_bot_gateway)
            remaining = limits["remaining"]
        except (TypeError, KeyError, ValueError) as error:
            raise NotDiscord from error
        log.info("%d shard(s), %d session starts left today", self.shard_count, remaining)
        # What a start leaves behind is never garbage: without this the collector looks through all of it again in the
        # middle of each burst, for tens of milliseconds.
        gc.collect()
        gc.freeze()

    async def close(self) -> None:
        """Leave Discord; commands that are not registered yet are the next start's."""
        if self._registering is not None:
            self._registering.cancel()
            await asyncio.wait({self._registering})
        await super().close()

    async def on_ready(self) -> None:
        """Say once a (re)start is through: who we are and in how many servers."""
        log.info("ready as %s in %d server(s)", self.user, len(self.guilds))

    @property
    def is_connected(self) -> bool:
        """Whether every shard has an open connection to the gateway, after the first start was complete."""
        shards = self.shards.values()
        return self.is_ready() and bool(shards) and not any(shard.is_closed() for shard in shards)
