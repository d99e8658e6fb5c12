"""Layouts with every component of a message, for the page to draw."""

from __future__ import annotations

import io
from typing import Any

import discord
from discord import ui

from sandbox.model_api.sample_media import sound
from sandbox.pictures import not_a_picture, paint

Styles = discord.ButtonStyle
PICTURES = ("cat.png", "boat.jpg", "house.webp")

MARKDOWN = """\
# First heading
## Second heading
### Third heading
-# small print
**bold** *italic* _also_ __under__ ~~gone~~ ***both*** `code` ||secret||
> a quote with **bold**
> over two lines
- one
- two
  - nested
    - deeper
3. three
4. four
```py
def paint(cat: str) -> int:  # a comment
    return len("cat") + 42
```
[a link](https://example.com/page) and https://example.com/plain_(one). Not \\*italic\\*
<@{user}> <@&{role}> <#{channel}> @everyone <:wave:123456789012345678>
<t:{now}:t> <t:{now}:T> <t:{now}:d> <t:{now}:D> <t:{now}:f> <t:{now}:F> <t:{now}:R>
<script>alert(1)</script> & <b>no html</b>"""


def files(*names: str) -> list[discord.File]:
    """Return pictures, a sound (sound.wav) and a text (notes.txt) by their names."""
    made = []
    for name in names:
        if name == "sound.wav":
            data = sound().data
        elif name == "notes.txt":
            data = not_a_picture().data
        else:
            data = paint(name).data
        made.append(discord.File(io.BytesIO(data), name))
    return made


def _gallery(count: int) -> ui.MediaGallery[Any]:
    items = [
        discord.MediaGalleryItem(f"attachment://{PICTURES[n % 3]}", description=f"picture {n + 1}", spoiler=n == 2)
        for n in range(count)
    ]
    return ui.MediaGallery(*items)


class Layout(ui.LayoutView):
    """A container with an accent, and every component in it."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        self.add_item(ui.TextDisplay("Above the container"))
        container: ui.Container[Any] = ui.Container(accent_colour=discord.Colour.green())
        container.add_item(ui.TextDisplay("### In the container\n-# small print"))
        container.add_item(
            ui.Section(
                ui.TextDisplay("A section with a **thumbnail**"),
                accessory=ui.Thumbnail("attachment://cat.png", description="a cat"),
            )
        )
        button: ui.Button[Any] = ui.Button(label="Accessory", style=Styles.primary, custom_id="accessory")
        container.add_item(ui.Section(ui.TextDisplay("A section with a button"), accessory=button))
        container.add_item(ui.Separator(spacing=discord.SeparatorSpacing.large))
        container.add_item(_gallery(3))
        container.add_item(ui.File("attachment://notes.txt"))
        container.add_item(ui.File("attachment://sound.wav"))
        container.add_item(ui.Separator(visible=False))
        container.add_item(ui.ActionRow(*buttons()))
        container.add_item(ui.ActionRow(string_select()))
        self.add_item(container)
        self.add_item(ui.Container(ui.TextDisplay("Hidden words"), spoiler=True))


class Galleries(ui.LayoutView):
    """Galleries of the sizes that are arranged differently."""

    def __init__(self, counts: list[int]) -> None:
        super().__init__(timeout=None)
        for count in counts:
            self.add_item(ui.TextDisplay(f"{count} pictures"))
            self.add_item(_gallery(count))


def buttons() -> list[ui.Button[Any]]:
    """Return a button of each style, one with an emoji."""
    return [
        ui.Button(label="Primary", style=Styles.primary, custom_id="primary"),
        ui.Button(label="Secondary", style=Styles.secondary, custom_id="secondary", emoji="🎨"),
        ui.Button(label="Success", style=Styles.success, custom_id="success"),
        ui.Button(label="Danger", style=Styles.danger, custom_id="danger", disabled=True),
        ui.Button(label="Link", url="https://example.com/"),
    ]


def string_select() -> ui.Select[Any]:
    """Return a menu of texts, several of which may be chosen."""
    options = [
        discord.SelectOption(label="Oil", value="oil", description="Thick and slow", emoji="🖌️"),
        discord.SelectOption(label="Ink", value="ink", description="Thin and quick"),
        discord.SelectOption(label="Chalk", value="chalk"),
    ]
    return ui.Select(custom_id="style", placeholder="Choose styles", options=options, min_values=1, max_values=2)


def embed() -> discord.Embed:
    """Return an embed with every part."""
    made = discord.Embed(
        title="A **title**", url="https://example.com/", description="Words with `code`", colour=discord.Colour.orange()
    )
    made.set_author(name="An author", url="https://example.com/author")
    for number in range(1, 4):
        made.add_field(name=f"Field {number}", value=f"value {number}")
    made.add_field(name="Wide", value="a field of its own row", inline=False)
    made.set_thumbnail(url="attachment://house.webp")
    made.set_image(url="attachment://cat.png")
    made.set_footer(text="A footer")
    made.timestamp = discord.utils.utcnow()
    return made
