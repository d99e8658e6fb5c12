"""A little discord.py bot, run as a process of its own: what a real client does is what the sandbox must carry."""

from __future__ import annotations

import logging
from typing import Any, Literal

import discord
from discord import app_commands, ui

from tests.own_bot import run_own_bot

log = logging.getLogger("tiny")


class Reasons(ui.Modal, title="Why?"):
    """A modal with a label of the second version of components."""

    reason: ui.Label[Any] = ui.Label(text="Reason", component=ui.TextInput(default="because", max_length=20))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Say the reason to the person alone."""
        assert isinstance(self.reason.component, ui.TextInput)
        await interaction.response.send_message(f"reason: {self.reason.component.value}", ephemeral=True)


class Again(ui.DynamicItem[ui.Button[Any]], template=r"again:(?P<count>[0-9]+)"):
    """A button whose state is in its custom_id."""

    def __init__(self, count: int) -> None:
        super().__init__(ui.Button(label="Again", custom_id=f"again:{count}"))
        self.count = count

    @classmethod
    async def from_custom_id(cls, _: object, __: object, match: Any, /) -> Again:  # noqa: ANN401 - a re.Match of discord.py's typing
        """Read the count."""
        return cls(int(match["count"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        """Count up in the same message."""
        await interaction.response.edit_message(view=card(f"painted {self.count} times", self.count + 1))


class Why(ui.DynamicItem[ui.Button[Any]], template=r"why"):
    """A button that opens a modal."""

    def __init__(self) -> None:
        super().__init__(ui.Button(label="Why", custom_id="why"))

    @classmethod
    async def from_custom_id(cls, *_: object) -> Why:
        """There is no state."""
        return cls()

    async def callback(self, interaction: discord.Interaction) -> None:
        """Ask."""
        await interaction.response.send_modal(Reasons())


def card(text: str, count: int) -> ui.LayoutView:
    """A card of components V2."""
    view = ui.LayoutView(timeout=None)
    container: ui.Container[Any] = ui.Container(ui.TextDisplay(text))
    dead: ui.Button[Any] = ui.Button(label="Dead", custom_id="dead", disabled=True)
    container.add_item(ui.ActionRow(Again(count), Why(), dead))
    view.add_item(container)
    return view


class TinyBot(discord.Client):
    """Three commands."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True))
        self.tree = app_commands.CommandTree(self)

    async def setup_hook(self) -> None:
        """Register the commands."""
        self.add_dynamic_items(Again, Why)
        add_commands(self.tree)
        await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Log in anew at once: five seconds between two logins are kept for a Discord that counts them."""

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Log what arrives."""
        log.info("interaction %s", interaction.id)

    async def on_resumed(self) -> None:
        """Log a resume."""
        log.info("resumed")

    async def on_ready(self) -> None:
        """Log a login."""
        log.info("ready with %s guilds", len(self.guilds))


def add_commands(tree: app_commands.CommandTree[TinyBot]) -> None:
    """Define the commands."""

    @tree.command(description="Paint a picture.")
    async def paint(
        interaction: discord.Interaction,
        prompt: app_commands.Range[str, 1, 40],
        image: discord.Attachment,
        style: Literal["oil", "ink"] = "oil",
        count: app_commands.Range[int, 1, 5] = 1,
        private: bool = False,  # noqa: FBT001, FBT002 - discord.py reads the options from these
    ) -> None:
        await interaction.response.defer(ephemeral=private, thinking=True)
        data = await image.read()
        text = (
            f"{prompt}: {style} x{count} {image.filename} {image.content_type} {image.width}x{image.height} {len(data)}"
        )
        await interaction.edit_original_response(view=card(text, 1))

    @tree.command(description="Find a picture.")
    async def find(interaction: discord.Interaction, name: str) -> None:
        await interaction.response.send_message(f"found {name}", ephemeral=True)

    @find.autocomplete("name")
    async def suggest(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        del interaction
        return [app_commands.Choice(name=f"{current} {n}", value=f"{current}{n}") for n in range(2)]

    @tree.command(description="Never answer.")
    async def sulk(interaction: discord.Interaction) -> None:
        log.info("sulking over %s", interaction.id)

    @tree.command(description="Only in servers.")
    @app_commands.guild_only()
    async def whoami(interaction: discord.Interaction) -> None:
        assert isinstance(interaction.user, discord.Member)
        manages = interaction.permissions.manage_messages
        posts = interaction.app_permissions.send_messages
        limit = interaction.filesize_limit
        text = f"{interaction.user.name} manages={manages} bot posts={posts} limit={limit} {interaction.context.guild}"
        await interaction.response.send_message(text, ephemeral=True)


if __name__ == "__main__":
    run_own_bot(TinyBot)
