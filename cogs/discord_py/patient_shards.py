"""A bot whose shards wait for their first connection as long as the gateway is away."""

from __future__ import annotations

import yarl
from discord.ext import commands


class _TryAgain(Exception):
    """The first connection of a shard failed, and the library's pause is over: the way out of its recursion."""


class PatientShards(commands.AutoShardedBot):
    """After each failure discord.py 2.7.1 calls `launch_shard` once more from inside of itself, five seconds later.

    Left to it, a process ends after 80 minutes, at Python's limit for recursion.
    """

    _is_launching = False

    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        """Connect a shard for the first time, however long its gateway is away."""
        if self._is_launching:
            raise _TryAgain
        while not self.is_closed():
            self._is_launching = True
            try:
                await super().launch_shard(gateway, shard_id, initial=initial)
            except _TryAgain:
                initial = False
            else:
                return
            finally:
                self._is_launching = False
