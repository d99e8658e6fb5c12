"""A whole slash command through discord.py's own objects."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import discord
from PIL import Image

from sandbox.discord.channels import Channel
from sandbox.discord.interactions import Interaction
from sandbox.discord.kinds import MessageFlag
from sandbox.discord.server import DiscordServer

Raise = Callable[[Interaction], Any]


def picture() -> discord.File:
    """A small PNG."""
    buffer = io.BytesIO()
    Image.new("RGB", (4, 3), "red").save(buffer, "PNG")
    buffer.seek(0)
    return discord.File(buffer, "result.png", description="A red square")


def card(*, text: str = "Done", media: str = "attachment://result.png") -> discord.ui.LayoutView:
    """A layout with text, a picture and a button."""
    container: discord.ui.Container[discord.ui.LayoutView] = discord.ui.Container(
        discord.ui.TextDisplay(text),
        discord.ui.MediaGallery(discord.MediaGalleryItem(media, description="A red square")),
        discord.ui.ActionRow(discord.ui.Button(label="Cancel", custom_id="cancel:1")),
    )
    return discord.ui.LayoutView(timeout=None).add_item(container)


async def test_a_deferred_command_is_filled_with_a_layout_and_a_file(
    server: DiscordServer, invoke: Callable[..., Interaction], raise_interaction: Raise, general: Channel
) -> None:
    """defer() tells the message's id; the edit fills that message with components, file and alt text."""
    interaction = raise_interaction(invoke())
    response = await interaction.response.defer()
    assert response.is_thinking()
    thinking = server.state.messages[response.message_id]
    assert thinking.is_loading
    message = await interaction.edit_original_response(view=card(), attachments=[picture()])
    assert message.id == thinking.id
    assert message.flags.components_v2
    assert [MessageFlag.LOADING in seen.flags for seen in thinking.revisions] == [True, False]
    assert message.attachments[0].description == "A red square"
    assert (message.attachments[0].width, message.attachments[0].height) == (4, 3)
    gallery = message.components[0].children[1]
    assert gallery.items[0].media.attachment_id == message.attachments[0].id
    assert await message.attachments[0].read()
    assert message.edited_at is None
    assert server.state.seen_by(server.state.user("ben").id, general) == [thinking]


async def test_a_direct_answer_carries_its_message(
    invoke: Callable[..., Interaction], raise_interaction: Raise
) -> None:
    """with_response brings the message of a type-4 answer."""
    interaction = raise_interaction(invoke())
    response = await interaction.response.send_message("No.", ephemeral=True)
    assert response.resource.content == "No."
    assert response.resource.flags.ephemeral
    assert response.is_ephemeral()
    assert response.resource.interaction_metadata.user.name == "ada"
    await interaction.edit_original_response(content="Still no.")
    assert (await interaction.original_response()).content == "Still no."


async def test_the_first_followup_of_a_public_defer_is_public(
    server: DiscordServer, invoke: Callable[..., Interaction], raise_interaction: Raise
) -> None:
    """The followup becomes the deferred message and loses its ephemeral flag."""
    interaction = raise_interaction(invoke())
    response = await interaction.response.defer()
    followup = await interaction.followup.send("Secret", ephemeral=True, wait=True)
    assert followup.id == response.message_id
    assert MessageFlag.EPHEMERAL not in server.state.messages[followup.id].flags


async def test_a_followup_after_deleting_the_deferred_message_is_private(
    server: DiscordServer, invoke: Callable[..., Interaction], raise_interaction: Raise, general: Channel
) -> None:
    """Delete @original first, then the ephemeral followup is private."""
    interaction = raise_interaction(invoke())
    response = await interaction.response.defer()
    await interaction.delete_original_response()
    followup = await interaction.followup.send("Secret", ephemeral=True, wait=True)
    assert followup.id != response.message_id
    assert followup.flags.ephemeral
    state = server.state
    assert [m.content for m in state.seen_by(state.user("ada").id, general)] == ["Secret"]
    assert state.seen_by(state.user("ben").id, general) == []


async def test_a_layout_goes_through_a_partial_message(
    client: discord.Client, general: Channel, server: DiscordServer
) -> None:
    """A bot's own message takes a layout with a file without being fetched first."""
    channel = client.get_partial_messageable(general.id, guild_id=general.guild_id)
    sent = await channel.send(view=card(), files=[picture()], nonce="job-1")
    again = await channel.send(view=card(), files=[picture()], nonce="job-1")
    assert sent.id == again.id
    edited = await channel.get_partial_message(sent.id).edit(
        view=card(text="Again", media="attachment://result.png"), attachments=list(sent.attachments)
    )
    assert edited.attachments[0].id == sent.attachments[0].id
    assert server.state.messages[sent.id].revisions[-1].components[0]["components"][0]["content"] == "Again"


async def test_a_layout_goes_through_a_webhook_of_the_token(
    client: discord.Client, invoke: Callable[..., Interaction], raise_interaction: Raise
) -> None:
    """Webhook.partial with the interaction's token edits the original response after a restart."""
    raised = invoke()
    await raise_interaction(raised).response.defer(ephemeral=True)
    webhook = discord.Webhook.partial(client.application_id or 0, raised.token, client=client)
    message = await webhook.edit_message(raised.original_message_id or 0, view=card(), attachments=[picture()])
    assert message.flags.ephemeral
    assert message.flags.components_v2
