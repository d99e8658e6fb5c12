"""Files and avatars under signed links that end by the sandbox's clock."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Awaitable, Callable
from typing import TypeAlias
from urllib.parse import quote

from aiohttp import web
from PIL import Image

from sandbox.discord.files import Attachment
from sandbox.discord.state import DiscordState

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.Response]]


_MISSING = "This content is no longer available."
_AVATAR_FOLDERS = ("avatars", "embed", "icons", "app-icons")
_AVATAR_SIDE = 128


def file_handler(state: DiscordState) -> Handler:
    """Serve attachments of `state`; 404 for a link that has no signature, a wrong one, or one whose time is over."""

    async def serve(request: web.Request) -> web.Response:
        path = "/" + request.match_info["tail"]
        folder = path.split("/")[1]
        if folder in _AVATAR_FOLDERS:
            return web.Response(body=_avatar(path), content_type="image/png")
        attachment = _attachment(state, request)
        if attachment is None:
            return web.Response(status=404, text=_MISSING)
        content_type = attachment.content_type or "application/octet-stream"
        return web.Response(body=attachment.data, headers={"Content-Type": content_type})

    return serve


def _attachment(state: DiscordState, request: web.Request) -> Attachment | None:
    parts = request.match_info["tail"].split("/")
    if len(parts) != 4 or not parts[2].isdecimal():  # noqa: PLR2004 - folder kind, folder id, file id, name
        return None
    attachment = state.files.by_id.get(int(parts[2]))
    if attachment is None or state.files.path(attachment) != "/" + quote(request.match_info["tail"]):
        return None
    query = request.query
    opens = state.files.opens(
        state.files.path(attachment),
        expires=query.get("ex", ""),
        issued=query.get("is", ""),
        signature=query.get("hm", ""),
    )
    return attachment if opens else None


def _avatar(path: str) -> bytes:
    """A plain square whose colour follows from the address, so that faces differ."""
    red, green, blue = hashlib.sha256(path.encode()).digest()[:3]
    buffer = io.BytesIO()
    Image.new("RGB", (_AVATAR_SIDE, _AVATAR_SIDE), (red, green, blue)).save(buffer, "PNG")
    return buffer.getvalue()
