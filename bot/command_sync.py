"""Tells Discord our commands when they changed, and only then: it counts how often they are written."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from typing import TypeVar

import discord
from discord import app_commands

from bot.patience import keep_trying
from services.jobs.ports import KeyValueStore

log = logging.getLogger(__name__)

ClientT = TypeVar("ClientT", bound=discord.Client)

KEY = "commands"


def digest_of(tree: app_commands.CommandTree[ClientT]) -> str:
    """Return what changes when any global command does."""
    payload = sorted((command.to_dict(tree) for command in tree.get_commands()), key=lambda entry: str(entry["name"]))
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _value(digest: str, application_id: int | None, commands: Sequence[app_commands.AppCommand]) -> str:
    """Write down what was synced: for which application, what, and the ids that Discord gave."""
    ids = ",".join(str(command.id) for command in sorted(commands, key=lambda command: command.id))
    return f"{application_id} {digest} {ids}"


async def sync_commands(tree: app_commands.CommandTree[ClientT], key_values: KeyValueStore) -> int:
    """Write the commands to Discord and note it; return how many there are.

    Raises: discord.HTTPException, discord.app_commands.CommandSyncFailure; StoreUnavailable.
    """
    commands = await tree.sync()
    await key_values.put_value(KEY, _value(digest_of(tree), tree.client.application_id, commands))
    log.info("synced %d commands", len(commands))
    return len(commands)


async def sync_changed_commands(tree: app_commands.CommandTree[ClientT], key_values: KeyValueStore) -> None:
    """Write the commands to Discord where ours changed since the last sync, or Discord's are not those we left.

    Raises: as `sync_commands`.
    """
    noted = await key_values.get_value(KEY)
    if noted and noted == _value(digest_of(tree), tree.client.application_id, await tree.fetch_commands()):
        log.info("the commands have not changed since they were synced")
        return
    await sync_commands(tree, key_values)


async def register_commands(tree: app_commands.CommandTree[ClientT], key_values: KeyValueStore) -> None:
    """Sync the commands as soon as Discord takes them, beside all else: nobody is kept offline by it.

    A refusal for good is told and stops nothing: accepted jobs are followed to their end by a bot whose new commands
    Discord does not take.
    """
    try:
        await keep_trying("register the commands", lambda: sync_changed_commands(tree, key_values))
    except app_commands.CommandSyncFailure as error:
        log.error("Discord refuses the commands, the old ones stay: %s", error)
    except discord.HTTPException as error:
        log.error("the commands could not be synced, the next start tries again: %s", error)
    except (TypeError, KeyError, ValueError, AttributeError):
        # The library takes any 2xx for Discord's answer, and trips over a page where it looks for names and ids.
        log.exception("the commands could not be synced, the next start tries again: that is not Discord's answer")
