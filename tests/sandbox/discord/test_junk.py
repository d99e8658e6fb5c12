"""Whatever a client sends, this Discord answers as Discord would: never with a failure of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import pytest

from sandbox.discord.channels import Channel
from sandbox.discord.interactions import Interaction
from sandbox.discord.kinds import InteractionType
from sandbox.discord.server import DiscordServer
from tests.sandbox.discord.wire_client import WireClient

JUNK: tuple[object, ...] = (5, -1, 1e30, "x", True, None, [], {}, [5], [[]], [{}], [None], {"a": []}, [{"type": [1]}])
MESSAGE = (
    "content",
    "embeds",
    "components",
    "attachments",
    "flags",
    "allowed_mentions",
    "message_reference",
    "nonce",
    "tts",
)
MENTIONS = ("parse", "users", "roles", "replied_user")
KINDS = (1, 2, 3, 5, 9, 10, 11, 12, 13, 14, 17, 18)
PARTS = (
    "components",
    "accessory",
    "items",
    "media",
    "file",
    "content",
    "style",
    "custom_id",
    "label",
    "options",
    "url",
)
COMMAND = ("name", "description", "options", "contexts", "integration_types", "type", "default_member_permissions")
OPTION = ("name", "type", "choices", "required", "min_length", "max_length", "options", "autocomplete")
FORM = ("title", "custom_id", "components")


def message_bodies() -> Iterator[object]:
    """Messages with one field that is junk, on the first and on deeper levels."""
    yield from JUNK
    for name, junk in product(MESSAGE, JUNK):
        yield {"content": "x", name: junk}
    for name, junk in product(MENTIONS, JUNK):
        yield {"content": "<@1>", "allowed_mentions": {name: junk}}
    for kind, name, junk in product(KINDS, PARTS, JUNK):
        yield {"flags": 1 << 15, "components": [{"type": kind, name: junk}]}
    for name, junk in product(("fields", "title", "footer", "author", "color"), JUNK):
        yield {"embeds": [{name: junk}]}


def command_bodies() -> Iterator[object]:
    """Registrations of the same sort."""
    yield from JUNK
    for name, junk in product(COMMAND, JUNK):
        yield [{"name": "edit", "description": "x", name: junk}]
    for kind, name, junk in product((1, 2, 3, 4, 7, 11), OPTION, JUNK):
        yield [{"name": "a", "description": "x", "options": [{"type": kind, "name": "b", name: junk}]}]


def answer_bodies() -> Iterator[object]:
    """First answers of the same sort."""
    yield from JUNK
    for kind, junk in product((*range(10), "x", None), JUNK):
        yield {"type": kind, "data": junk}
    for name, junk in product(FORM, JUNK):
        yield {"type": 9, "data": {"title": "T", "custom_id": "c", "components": [], name: junk}}
    for name, junk in product(("component", "components", "label"), JUNK):
        yield {"type": 9, "data": {"title": "T", "custom_id": "c", "components": [{"type": 18, name: junk}]}}
    for junk in JUNK:
        yield {"type": 8, "data": {"choices": junk}}


@pytest.fixture
def unlimited(server: DiscordServer) -> DiscordServer:
    """Without rate limits."""
    server.rate_limits.enabled = False
    return server


async def test_junk_in_messages_is_refused_or_heeded(
    unlimited: DiscordServer, wire: WireClient, general: Channel
) -> None:
    """In a new message, and in an edit."""
    base = f"/channels/{general.id}/messages"
    own = (await wire("POST", base, {"content": "x"})).body["id"]
    for body in message_bodies():
        assert (await wire("POST", base, body)).status in (200, 400), body
        assert (await wire("PATCH", f"{base}/{own}", body)).status in (200, 400), body
    assert unlimited.violations == []


async def test_junk_in_registrations_is_refused_or_heeded(unlimited: DiscordServer, wire: WireClient) -> None:
    """In a bulk overwrite."""
    path = f"/applications/{unlimited.state.application.id}/commands"
    for body in command_bodies():
        assert (await wire("PUT", path, body)).status in (200, 400), body
    assert unlimited.violations == []


async def test_junk_in_answers_is_refused_or_heeded(
    unlimited: DiscordServer, wire: WireClient, invoke: Callable[..., Interaction]
) -> None:
    """In the first answer to a command and to an autocomplete."""
    data = {"id": "1", "name": "edit", "type": 1, "options": []}
    for body in answer_bodies():
        for kind in (InteractionType.COMMAND, InteractionType.AUTOCOMPLETE):
            interaction = invoke(kind, data)
            path = f"/interactions/{interaction.id}/{interaction.token}/callback"
            assert (await wire("POST", path, body)).status in (204, 400), body
    assert unlimited.violations == []
