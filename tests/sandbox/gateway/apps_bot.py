"""A discord.py bot with Apps menus, every kind of menu and option, and a form with every kind of field."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands, ui

from tests.own_bot import run_own_bot


def names(chosen: Any) -> str:  # noqa: ANN401 - discord.py's menus hand out users, roles and channels alike
    """Say what was chosen, with the type that discord.py made of it."""
    return ", ".join(f"{type(one).__name__} {getattr(one, 'name', one)}" for one in chosen)


class Menus(ui.View):
    """One menu of each kind that names things; the answer says what arrived."""

    @ui.select(cls=ui.UserSelect, placeholder="Who", custom_id="who", max_values=2)
    async def who(self, interaction: discord.Interaction, select: ui.UserSelect[Any]) -> None:
        """Users."""
        await interaction.response.send_message(names(select.values), ephemeral=True)

    @ui.select(cls=ui.RoleSelect, placeholder="Role", custom_id="role")
    async def role(self, interaction: discord.Interaction, select: ui.RoleSelect[Any]) -> None:
        """Roles."""
        await interaction.response.send_message(names(select.values), ephemeral=True)

    @ui.select(cls=ui.MentionableSelect, placeholder="Anybody", custom_id="anybody", max_values=2)
    async def anybody(self, interaction: discord.Interaction, select: ui.MentionableSelect[Any]) -> None:
        """Users and roles."""
        await interaction.response.send_message(names(select.values), ephemeral=True)

    @ui.select(cls=ui.ChannelSelect, placeholder="Where", custom_id="where")
    async def where(self, interaction: discord.Interaction, select: ui.ChannelSelect[Any]) -> None:
        """Channels."""
        await interaction.response.send_message(names(select.values), ephemeral=True)


class Everything(ui.Modal, title="Everything"):
    """A form with every kind of field but the plain ones."""

    files: ui.Label[Any] = ui.Label(text="Files", component=ui.FileUpload(custom_id="files", max_values=2))
    person: ui.Label[Any] = ui.Label(text="Person", component=ui.UserSelect(custom_id="person"))
    agreed: ui.Label[Any] = ui.Label(text="Agreed", component=ui.Checkbox(custom_id="agreed"))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Say what arrived."""
        assert isinstance(self.files.component, ui.FileUpload)
        assert isinstance(self.person.component, ui.UserSelect)
        assert isinstance(self.agreed.component, ui.Checkbox)
        files = [f"{one.filename} {len(await one.read())}" for one in self.files.component.values]
        text = f"{', '.join(files)}; {names(self.person.component.values)}; {self.agreed.component.value}"
        await interaction.response.send_message(text, ephemeral=True)


class AppsBot(discord.Client):
    """All of it."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True))
        self.tree = app_commands.CommandTree(self)

    async def setup_hook(self) -> None:
        """Register the commands."""
        self.add_view(Menus(timeout=None))
        add_commands(self.tree)
        await self.tree.sync()


def add_commands(tree: app_commands.CommandTree[AppsBot]) -> None:
    """Define the commands."""

    @tree.context_menu(name="Inspect")
    async def inspect(interaction: discord.Interaction, message: discord.Message) -> None:
        text = f"{message.author.name}: {message.content} ({len(message.attachments)} files)"
        await interaction.response.send_message(text, ephemeral=True)

    @tree.context_menu(name="Greet")
    async def greet(interaction: discord.Interaction, user: discord.Member) -> None:
        await interaction.response.send_message(f"hello {user.name} since {user.joined_at is not None}")

    @tree.command(description="Show every menu.")
    async def menus(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("choose", view=Menus(timeout=None))

    @tree.command(description="Ask for everything.")
    async def ask(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Everything())

    @tree.command(description="Name things.")
    async def name(
        interaction: discord.Interaction,
        user: discord.Member,
        role: discord.Role,
        channel: discord.TextChannel,
        anybody: discord.Member | discord.Role | None = None,
    ) -> None:
        text = names([user, role, channel, *([anybody] if anybody else [])])
        await interaction.response.send_message(text, ephemeral=True)


if __name__ == "__main__":
    run_own_bot(AppsBot)
