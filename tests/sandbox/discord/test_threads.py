"""What is different in a thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import discord
import pytest

from sandbox.discord.channels import Channel, Overwrite
from sandbox.discord.interactions import Interaction
from sandbox.discord.kinds import InteractionType
from sandbox.discord.permission_flags import Permission
from sandbox.discord.server import DiscordServer
from sandbox.discord.threads import archive, open_thread
from sandbox.discord.users import User
from tests.sandbox.discord.conftest import Invoke
from tests.sandbox.discord.wire_client import WireClient

HELLO = {"content": "Hello"}


@pytest.fixture
def thread(server: DiscordServer, general: Channel, ada: User) -> Channel:
    """A thread of Ada's in general."""
    return open_thread(server.state, general, "sketches", owner=ada)


@pytest.fixture
def base(thread: Channel) -> str:
    """The path of the thread's messages."""
    return f"/channels/{thread.id}/messages"


async def test_discord_py_takes_it_for_a_thread(
    wire: WireClient,
    invoke: Invoke,
    thread: Channel,
    general: Channel,
    raise_interaction: Callable[[Interaction], Any],
) -> None:
    """An interaction carries the thread whole, and so does GET."""
    interaction = raise_interaction(invoke(channel=thread))
    assert isinstance(interaction.channel, discord.Thread)
    assert (interaction.channel.parent_id, interaction.channel.name) == (general.id, "sketches")
    assert interaction.app_permissions.send_messages_in_threads
    told = (await wire("GET", f"/channels/{thread.id}")).body
    assert (told["type"], told["parent_id"]) == (11, str(general.id))


async def test_who_may_write(server: DiscordServer, wire: WireClient, base: str, general: Channel) -> None:
    """Send Messages in Threads decides, in the parent's overwrites: else 50013."""

    def deny(permission: Permission) -> None:
        general.overwrites = [Overwrite(target_id=server.state.bot.id, is_role=False, deny=permission)]

    deny(Permission.SEND_MESSAGES)
    assert (await wire("POST", base, HELLO, files={"a.txt": b"a"})).status == 200
    deny(Permission.SEND_MESSAGES_IN_THREADS)
    assert (await wire("POST", base, HELLO)).code == (403, 50013)
    deny(Permission.VIEW_CHANNEL)
    assert (await wire("POST", base, HELLO)).code == (403, 50001)


async def test_in_the_archive_nothing_is_edited(
    server: DiscordServer, wire: WireClient, invoke: Invoke, base: str, thread: Channel
) -> None:
    """400 / 50083 by every way, until a message is posted; an ephemeral message is not in the thread."""
    public, private = invoke(channel=thread), invoke(channel=thread)
    await wire.callback(public, 4, HELLO)
    await wire.callback(private, 4, {**HELLO, "flags": 64})
    message = server.state.messages[public.original_message_id or 0]
    click = invoke(InteractionType.COMPONENT, {"custom_id": "b", "component_type": 2}, message=message, channel=thread)
    archive(server.state, thread)
    edited = {"content": "Edited"}
    assert (await wire("PATCH", f"{base}/{message.id}", edited)).code == (400, 50083)
    assert (await wire("PATCH", wire.original(public), edited)).code == (400, 50083)
    assert (await wire.callback(click, 7, edited)).code == (400, 50083)
    assert (await wire("PATCH", wire.original(private), edited)).status == 200
    assert (await wire("POST", base, HELLO)).status == 200
    assert (await wire("PATCH", f"{base}/{message.id}", edited)).status == 200


async def test_a_locked_thread_takes_no_messages(
    server: DiscordServer, wire: WireClient, base: str, thread: Channel, general: Channel
) -> None:
    """400 / 160005, but to who manages threads."""
    archive(server.state, thread, is_locked=True)
    assert (await wire("POST", base, HELLO)).code == (400, 160005)
    allowed = Overwrite(target_id=server.state.bot.id, is_role=False, allow=Permission.MANAGE_THREADS)
    general.overwrites = [allowed]
    assert (await wire("POST", base, HELLO)).status == 200
