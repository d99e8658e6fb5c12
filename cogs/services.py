"""What the cogs are given: the use cases and the few things around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

import discord

from services.clock import Clock
from services.jobs.copies import CopyWatch
from services.jobs.failover import Failover
from services.jobs.outbox import CardOutbox
from services.jobs.ports import KeyValueStore, ResultStorage
from services.jobs.service import JobService
from services.models.catalog import Catalog


@dataclass(frozen=True, kw_only=True, slots=True)
class BotServices:
    """Everything a cog may use; made once by `bot.wiring`. `guilds` is empty where every server may use the bot."""

    jobs: JobService
    outbox: CardOutbox
    catalog: Catalog
    results: ResultStorage
    clock: Clock
    guilds: frozenset[int]
    key_values: KeyValueStore
    copies: CopyWatch
    failover: Failover

    def serve(self, guild_id: int | None) -> bool:
        """Whether the bot may be used there; once servers are named, not in direct messages (None) either."""
        return not self.guilds or guild_id in self.guilds


class HasServices(Protocol):
    """The bot, as far as a cog knows it beyond discord.py."""

    services: BotServices


def services_of(client: discord.Client) -> BotServices:
    """Return what the bot was given; buttons, which live in no cog, come by it through their interaction."""
    return cast("HasServices", client).services
