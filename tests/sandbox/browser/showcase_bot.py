"""A discord.py bot of the tests' own: every component, form field, menu and way of answering, run as a process."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands, ui

from tests.own_bot import run_own_bot
from tests.sandbox.browser.showcase_layouts import (
    MARKDOWN,
    PICTURES,
    Galleries,
    Layout,
    buttons,
    embed,
    files,
    string_select,
)


def named(values: Any) -> str:  # noqa: ANN401 - discord.py's menus hand out users, roles, channels and texts alike
    """Say what was chosen."""
    return ", ".join(str(getattr(one, "name", one)) for one in values)


class Form(ui.Modal, title="Tell us everything"):
    """A form with every kind of field."""

    intro: ui.TextDisplay[Any] = ui.TextDisplay("A form with **every** kind of field.")
    name: ui.Label[Any] = ui.Label(
        text="Name", component=ui.TextInput(custom_id="name", min_length=2, max_length=20, placeholder="Somebody")
    )
    story: ui.Label[Any] = ui.Label(
        text="Story",
        description="As long as you like",
        component=ui.TextInput(custom_id="story", style=discord.TextStyle.paragraph, required=False),
    )
    style: ui.Label[Any] = ui.Label(text="Styles", component=string_select())
    file: ui.Label[Any] = ui.Label(text="Pictures", component=ui.FileUpload(custom_id="files", max_values=2))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Say what arrived."""
        name, story, style, upload = (one.component for one in (self.name, self.story, self.style, self.file))
        assert isinstance(name, ui.TextInput)
        assert isinstance(story, ui.TextInput)
        assert isinstance(style, ui.Select)
        assert isinstance(upload, ui.FileUpload)
        sent = [f"{one.filename} ({len(await one.read())} bytes)" for one in upload.values]
        text = f"{name.value} | {story.value} | {named(style.values)} | {', '.join(sent)}"
        await interaction.response.send_message(text, ephemeral=True)


class Choices(ui.Modal, title="Choose"):
    """A form of choices alone."""

    size: ui.Label[Any] = ui.Label(
        text="Size",
        component=ui.RadioGroup(
            custom_id="size",
            options=[discord.RadioGroupOption(label=one, value=one.lower()) for one in ("Small", "Large")],
        ),
    )
    extras: ui.Label[Any] = ui.Label(
        text="Extras",
        component=ui.CheckboxGroup(
            custom_id="extras",
            options=[discord.CheckboxGroupOption(label=one, value=one.lower()) for one in ("Moon", "Stars", "Rain")],
            max_values=2,
        ),
    )
    agreed: ui.Label[Any] = ui.Label(text="Agreed", component=ui.Checkbox(custom_id="agreed"))
    friend: ui.Label[Any] = ui.Label(text="Friend", component=ui.UserSelect(custom_id="friend", required=False))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Say what arrived."""
        size, extras, agreed, friend = (one.component for one in (self.size, self.extras, self.agreed, self.friend))
        assert isinstance(size, ui.RadioGroup)
        assert isinstance(extras, ui.CheckboxGroup)
        assert isinstance(agreed, ui.Checkbox)
        assert isinstance(friend, ui.UserSelect)
        text = f"{size.value} | {', '.join(sorted(extras.values))} | {agreed.value} | {named(friend.values)}"
        await interaction.response.send_message(text, ephemeral=True)


def menus() -> ui.View:
    """Return a menu of every kind."""
    view = ui.View(timeout=None)
    view.add_item(string_select())
    view.add_item(ui.UserSelect(custom_id="who", placeholder="Who"))
    view.add_item(ui.RoleSelect(custom_id="role", placeholder="Which role"))
    view.add_item(ui.MentionableSelect(custom_id="anybody", placeholder="Anybody", max_values=2))
    view.add_item(ui.ChannelSelect(custom_id="where", placeholder="Where"))
    return view


class ShowcaseBot(discord.Client):
    """All of it."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True), allowed_mentions=discord.AllowedMentions.none())
        self.tree = app_commands.CommandTree(self)

    async def setup_hook(self) -> None:
        """Register the commands."""
        add_shows(self.tree)
        add_questions(self.tree)
        add_apps(self.tree)
        await self.tree.sync()

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Answer what is pressed or chosen on any message; a button "Secondary" gets no answer."""
        if interaction.type is not discord.InteractionType.component:
            return
        data: Any = interaction.data
        if data["custom_id"] == "secondary":
            return
        if data["custom_id"] == "success":
            await interaction.response.edit_message(content="The message was edited", view=None)
            return
        chosen = ", ".join(data.get("values", []))
        await interaction.response.send_message(f"used {data['custom_id']} {chosen}".strip(), ephemeral=True)


def add_shows(tree: app_commands.CommandTree[ShowcaseBot]) -> None:
    """Define the commands that show something."""

    @tree.command(description="Show a layout with every component.")
    async def layout(interaction: discord.Interaction) -> None:
        attached = files("cat.png", "boat.jpg", "house.webp", "notes.txt", "sound.wav")
        await interaction.response.send_message(view=Layout(), files=attached)

    @tree.command(description="Show galleries.")
    async def galleries(interaction: discord.Interaction, counts: str) -> None:
        view = Galleries([int(one) for one in counts.split()])
        await interaction.response.send_message(view=view, files=files("cat.png", "boat.jpg", "house.webp"))

    @tree.command(description="Show Discord's markdown.")
    async def markdown(interaction: discord.Interaction) -> None:
        assert interaction.guild is not None
        text = MARKDOWN.format(
            user=interaction.user.id,
            role=interaction.guild.default_role.id,
            channel=interaction.channel_id,
            now=int(discord.utils.utcnow().timestamp()),
        )
        await interaction.response.send_message(text)

    @tree.command(name="embed", description="Show an embed.")
    async def show_embed(interaction: discord.Interaction) -> None:
        attached = files("cat.png", "house.webp")
        await interaction.response.send_message("With an embed", embed=embed(), files=attached)

    @tree.command(name="files", description="Show files.")
    async def show_files(interaction: discord.Interaction) -> None:
        attached = files("cat.png", "boat.jpg", "sound.wav", "notes.txt")
        await interaction.response.send_message("Four files", files=attached)

    @tree.command(name="buttons", description="Show buttons.")
    async def show_buttons(interaction: discord.Interaction) -> None:
        view = ui.View(timeout=None)
        for button in buttons():
            view.add_item(button)
        await interaction.response.send_message("Press one", view=view)

    @tree.command(name="menus", description="Show a menu of every kind.")
    async def show_menus(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Choose", view=menus())


def add_questions(tree: app_commands.CommandTree[ShowcaseBot]) -> None:
    """Define the commands that ask, and those that answer late or never."""

    @tree.command(name="form", description="Open a form.")
    async def open_form(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Form())

    @tree.command(name="choices", description="Open a form of choices.")
    async def open_choices(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Choices())

    @tree.command(description="Never answer.")
    async def sulk(interaction: discord.Interaction) -> None:
        del interaction

    @tree.command(description="Think, and never say what of.")
    async def think(interaction: discord.Interaction) -> None:
        await interaction.response.defer(thinking=True)

    @tree.command(description="Order a picture.")
    async def order(
        interaction: discord.Interaction,
        title: app_commands.Range[str, 2, 10],
        count: app_commands.Range[int, 1, 5],
        place: str,
        friend: discord.Member | None = None,
        urgent: bool = False,  # noqa: FBT001, FBT002 - discord.py reads the options from these
    ) -> None:
        text = f"{title} | {count} | {place} | {friend.name if friend else 'nobody'} | {urgent}"
        await interaction.response.send_message(text, ephemeral=True)

    @order.autocomplete("place")
    async def suggest(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        del interaction
        return [app_commands.Choice(name=f"Place {current}{n}", value=f"place-{current}{n}") for n in range(1, 4)]


def add_apps(tree: app_commands.CommandTree[ShowcaseBot]) -> None:
    """Define the commands of the Apps menus."""

    @tree.context_menu(name="Inspect message")
    async def inspect_message(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"inspected “{message.content}”", ephemeral=True)

    @tree.context_menu(name="Greet member")
    async def greet(interaction: discord.Interaction, user: discord.Member) -> None:
        await interaction.response.send_message(f"hello {user.name}")


if __name__ == "__main__":
    files(*PICTURES)  # painted before anybody waits for them: Discord gives an answer three seconds
    run_own_bot(ShowcaseBot)
