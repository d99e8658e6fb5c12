"""A bare HTTP client, for what discord.py would not send or would hide."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from sandbox.discord.interactions import Interaction
from sandbox.discord.server import DiscordServer


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """An answer as it came."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> tuple[int, int]:
        """HTTP status and Discord's code."""
        return self.status, self.body["code"]


class WireClient:
    """Speaks to one local Discord with the bot's token."""

    def __init__(self, server: DiscordServer, session: aiohttp.ClientSession) -> None:
        self.server = server
        self._session = session

    async def __call__(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        files: Mapping[str, bytes] | None = None,
        token: str | None = None,
    ) -> Reply:
        """Send one call; `files` by name makes it multipart."""
        headers = {"Authorization": f"Bot {token or self.server.state.bot_token}"}
        data: aiohttp.FormData | bytes | None = None
        if files is not None:
            data = aiohttp.FormData(quote_fields=False)
            data.add_field("payload_json", json.dumps(body), content_type="application/json")
            for number, (name, content) in enumerate(files.items()):
                data.add_field(f"files[{number}]", content, filename=name)
        elif body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        url = self.server.api_url + path
        async with self._session.request(method, url, data=data, headers=headers) as response:
            raw = await response.read()
            return Reply(status=response.status, body=json.loads(raw) if raw else None, headers=response.headers)

    async def callback(self, interaction: Interaction, kind: int, data: object = None) -> Reply:
        """Answer an interaction first."""
        body = {"type": kind} if data is None else {"type": kind, "data": data}
        path = f"/interactions/{interaction.id}/{interaction.token}/callback?with_response=1"
        return await self("POST", path, body)

    def hook(self, interaction: Interaction) -> str:
        """The path that an interaction's token opens."""
        return f"/webhooks/{self.server.state.application.id}/{interaction.token}"

    def original(self, interaction: Interaction) -> str:
        """The path of an interaction's original response."""
        return f"{self.hook(interaction)}/messages/@original"
