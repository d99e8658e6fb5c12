"""A plain HTTP client that speaks to the Model API without knowing anything of its insides."""

from __future__ import annotations

from dataclasses import dataclass

import aiohttp

from sandbox.model_api import DEFAULT_TOKEN, ModelApiServer
from sandbox.model_api.json_values import JsonObject

MODEL = "openai/gpt-image-1-5/image-to-image"
CAT = "https://pictures.example.com/cat.png"
BOAT = "https://pictures.example.com/boat.jpg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer, read to its end."""

    status: int
    body: bytes
    json: JsonObject
    headers: dict[str, str]


class Client:
    """Speaks to the server as a program would, without knowing anything of its insides."""

    def __init__(self, session: aiohttp.ClientSession, server: ModelApiServer) -> None:
        self._session = session
        self._server = server

    async def call(
        self, method: str, path: str, *, json: object = None, token: str | None = DEFAULT_TOKEN, seconds: float = 5
    ) -> Answer:
        """Call a path, or a whole address."""
        url = path if path.startswith("http") else self._server.url + path
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        timeout = aiohttp.ClientTimeout(total=seconds)
        async with self._session.request(
            method, url, json=json, headers=headers, allow_redirects=False, timeout=timeout
        ) as answer:
            body = await answer.read()
            is_json = answer.content_type == "application/json" and body[:1] == b"{"
            try:
                parsed = await answer.json() if is_json else {}
            except ValueError:
                parsed = {}
            return Answer(status=answer.status, body=body, json=parsed, headers=dict(answer.headers))

    async def submit(self, *, token: str | None = DEFAULT_TOKEN, **inputs: object) -> Answer:
        """Submit to the built-in model; a prompt and one picture unless told otherwise."""
        body = {"prompt": "make it night", "image_urls": [CAT], **inputs}
        return await self.call("POST", f"/v1/models/{MODEL}", json=body, token=token)

    async def status(self, request_id: str) -> Answer:
        """Read the status."""
        return await self.call("GET", f"/v1/requests/{request_id}/status")

    async def result(self, request_id: str, *, query: str = "?include_cost=true") -> Answer:
        """Read the result."""
        return await self.call("GET", f"/v1/requests/{request_id}/result{query}")

    async def cancel(self, request_id: str) -> Answer:
        """Cancel."""
        return await self.call("POST", f"/v1/requests/{request_id}/cancel")
