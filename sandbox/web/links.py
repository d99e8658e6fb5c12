"""Links to files as the page shows them: the same from view to view, and none that leads out of the sandbox."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import quote, urlsplit

from sandbox.discord.files import LINK_SECONDS, Attachment
from sandbox.discord.message_payloads import attachment_named
from sandbox.discord.messages import Message
from sandbox.discord.state import DiscordState
from sandbox.discord.wire import JsonObject

_RENEWED_AFTER_SECONDS = LINK_SECONDS / 2
_EMBED_PICTURES = ("image", "thumbnail", "video")
_EMBED_ICONS = ("author", "footer")


class Links:
    """Signed links carry the time at which they were made; a page that got new ones each time would load all anew.

    `hosts` exist only in the sandbox: their pictures are served by the page's own server, under /hosted/.
    """

    def __init__(self, state: DiscordState, *, hosts: Collection[str] = (), own_origins: Collection[str] = ()) -> None:
        self._state = state
        self._hosts = frozenset(hosts)
        self._own_origins = frozenset(own_origins)
        self._made: dict[int, tuple[str, float]] = {}

    def to(self, attachment: Attachment) -> str:
        """Return the link to a file; the same for half the time that it works."""
        now = self._state.clock.monotonic()
        made = self._made.get(attachment.id)
        if made is None or now - made[1] > _RENEWED_AFTER_SECONDS:
            made = self._made[attachment.id] = (self._state.files.url(attachment), now)
        return made[0]

    def shown(self, url: str) -> str | None:
        """Return where the page loads a link's picture from; None: nowhere, it is elsewhere."""
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}" in self._own_origins or url.startswith("data:image/"):
            return url
        if parts.hostname in self._hosts:
            return f"/hosted/{parts.hostname}{quote(parts.path, safe='/%')}"
        return None

    def settle(self, message: Message, payload: JsonObject) -> JsonObject:
        """Give a message's JSON lasting links, in place; pictures of embeds leave its list of files, as at Discord."""
        used: set[str] = set()
        for embed in payload["embeds"]:
            used |= self._settle_embed(message, embed)
        payload["attachments"] = [one for one in payload["attachments"] if one["id"] not in used]
        self._walk(payload["attachments"])
        self._walk(payload["components"])
        return payload

    def _settle_embed(self, message: Message, embed: JsonObject) -> set[str]:
        used: set[str] = set()
        places = [(embed.get(key), "url", "proxy_url") for key in _EMBED_PICTURES]
        places += [(embed.get(key), "icon_url", "proxy_icon_url") for key in _EMBED_ICONS]
        for holder, key, proxy in places:
            if not holder or not holder.get(key):
                continue
            attachment = attachment_named(message, holder[key])
            if attachment is not None:
                used.add(str(attachment.id))
                holder[key] = self.to(attachment)
                if key == "url":
                    holder["width"], holder["height"] = attachment.width, attachment.height
            holder[proxy] = self.shown(holder[key])
        return used

    def _walk(self, value: object) -> None:
        if isinstance(value, list):
            for one in value:
                self._walk(one)
        elif isinstance(value, dict):
            if "proxy_url" in value:
                self._settle_medium(value)
            for one in value.values():
                self._walk(one)

    def _settle_medium(self, medium: JsonObject) -> None:
        file_id = str(medium.get("attachment_id") or medium.get("id") or "")
        attachment = self._state.files.by_id.get(int(file_id)) if file_id.isdecimal() else None
        if attachment is not None:
            medium["url"] = self.to(attachment)
        medium["proxy_url"] = self.shown(medium["url"])
