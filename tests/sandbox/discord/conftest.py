"""A local Discord, and a real discord.py client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import discord
import pytest
from discord.http import Route

from sandbox.clock import SandboxClock
from sandbox.discord.channels import Channel
from sandbox.discord.conformance import Conformance
from sandbox.discord.interaction_delivery import create_interaction
from sandbox.discord.interactions import Interaction
from sandbox.discord.kinds import InteractionType
from sandbox.discord.messages import Message
from sandbox.discord.server import DiscordServer
from sandbox.discord.users import User
from tests.rig import openapi_document
from tests.sandbox.discord.wire_client import WireClient

Invoke = Callable[..., Interaction]


@pytest.fixture(scope="session")
def conformance() -> Conformance | None:
    """Discord's own document, where it is at hand."""
    document = openapi_document()
    return Conformance(document) if document else None


@pytest.fixture
async def server(conformance: Conformance | None) -> AsyncIterator[DiscordServer]:
    """A fresh local Discord; afterwards its own answers are held against Discord's document."""
    async with DiscordServer(clock=SandboxClock()) as running:
        yield running
        assert running.violations == []
        if conformance is not None:
            assert conformance.response_violations(running.traffic) == []


@pytest.fixture
async def client(server: DiscordServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[discord.Client]:
    """discord.py, logged in over REST."""
    monkeypatch.setattr(Route, "BASE", server.api_url)
    bot = discord.Client(intents=discord.Intents.none(), max_ratelimit_timeout=30)
    async with bot:
        await bot.login(server.state.bot_token)
        yield bot


@pytest.fixture
async def wire(server: DiscordServer) -> AsyncIterator[WireClient]:
    """A bare HTTP client."""
    async with aiohttp.ClientSession() as session:
        yield WireClient(server, session)


@pytest.fixture
def ada(server: DiscordServer) -> User:
    """A plain member."""
    return server.state.user("ada")


@pytest.fixture
def general(server: DiscordServer) -> Channel:
    """The channel where everybody may write."""
    return server.state.channel("general")


@pytest.fixture
def invoke(server: DiscordServer, ada: User, general: Channel) -> Invoke:
    """Let Ada use a slash command (or do something else) in general."""

    def do(
        kind: InteractionType = InteractionType.COMMAND,
        data: dict[str, Any] | None = None,
        *,
        message: Message | None = None,
        parent: Interaction | None = None,
        channel: Channel | None = None,
    ) -> Interaction:
        body = data or {"id": "1", "name": "edit", "type": 1, "options": []}
        return create_interaction(
            server.state, kind, body, user=ada, channel=channel or general, message=message, parent=parent
        )

    return do


@pytest.fixture
def raise_interaction(server: DiscordServer, client: discord.Client) -> Callable[[Interaction], Any]:
    """Build discord.py's own object of an interaction, as the gateway would."""
    from sandbox.discord.interaction_payloads import interaction_payload  # noqa: PLC0415 - only here

    def build(interaction: Interaction) -> Any:  # noqa: ANN401 - discord.py's class is generic over private types
        payload: Any = interaction_payload(server.state, interaction)
        return discord.Interaction(data=payload, state=client._connection)  # noqa: SLF001 - as the gateway does

    return build
