from __future__ import annotations

import importlib

from discord.ext import commands

from bot.settings import RESERVED_COMMANDS
from cogs import EXTENSIONS


def test_the_bots_own_commands_are_reserved() -> None:
    """A model's command cannot have the name of one of them, and every other name is free."""
    modules = [importlib.import_module(name) for name in EXTENSIONS]
    cogs = [each for module in modules for each in vars(module).values() if isinstance(each, commands.CogMeta)]
    assert {command.name for cog in cogs for command in cog.__cog_app_commands__} == RESERVED_COMMANDS
