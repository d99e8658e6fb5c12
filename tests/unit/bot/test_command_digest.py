"""The digest of the commands changes with them and with nothing else."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.command_sync import digest_of


def tree_with(*names: str, description: str = "Do it") -> app_commands.CommandTree[commands.Bot]:
    """Return a tree of simple commands, added in this order."""
    bot = commands.Bot(commands.when_mentioned, intents=discord.Intents.none())

    async def callback(interaction: discord.Interaction[commands.Bot]) -> None:
        await interaction.response.defer()

    for name in names:
        bot.tree.add_command(app_commands.Command(name=name, description=description, callback=callback))
    return bot.tree


def test_the_order_of_loading_is_no_change() -> None:
    """The same commands in another order are the same."""
    assert digest_of(tree_with("edit", "quota")) == digest_of(tree_with("quota", "edit"))


def test_any_text_is_a_change() -> None:
    """A new description or a new command gives another digest."""
    first = digest_of(tree_with("edit"))
    assert digest_of(tree_with("edit", description="Do it now")) != first
    assert digest_of(tree_with("edit", "quota")) != first
