"""What the components that show files may look like."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence

from sandbox.discord.rules.attachments import PlannedFile
from sandbox.discord.rules.fields import Fields
from sandbox.discord.wire import JsonObject

MOST_GALLERY_ITEMS = 10
LONGEST_DESCRIPTION = 1024
_LOCAL_FILE = "attachment://"


class MediaCheck:
    """Knows the message's files, so that `attachment://` references can be followed."""

    def __init__(self, files: Sequence[PlannedFile]) -> None:
        self._files = {file.filename: file for file in files}

    def gallery(self, gallery: Fields) -> JsonObject:
        """One to ten pictures or videos."""
        items = gallery.items("items", at_least=1, at_most=MOST_GALLERY_ITEMS, required=True)
        return {"items": [self._described(item, only_pictures=True) for item in items]}

    def thumbnail(self, thumbnail: Fields) -> JsonObject:
        """A small picture beside a section's text."""
        return self._described(thumbnail, only_pictures=True)

    def file(self, component: Fields) -> JsonObject:
        """One of the message's own files, to be downloaded."""
        media = component.child("file")
        url = self._url(media, schemes=("attachment",)) if media is not None else None
        return {"file": {"url": url or ""}, "spoiler": component.flag("spoiler")}

    def _described(self, holder: Fields, *, only_pictures: bool) -> JsonObject:
        media = holder.child("media")
        url = self._url(media, schemes=("http", "https", "attachment")) if media is not None else None
        if media is not None and url is not None and only_pictures:
            self._check_picture(media, url)
        return {
            "media": {"url": url or ""},
            "description": holder.text("description", at_least=1, at_most=LONGEST_DESCRIPTION),
            "spoiler": holder.flag("spoiler"),
        }

    def _url(self, media: Fields, *, schemes: tuple[str, ...]) -> str | None:
        url = media.url("url", schemes=schemes)
        if url is not None and url.startswith(_LOCAL_FILE) and url.removeprefix(_LOCAL_FILE) not in self._files:
            code = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
            media.complain("url", code, "The referenced attachment was not found in this message")
            return None
        return url

    def _check_picture(self, media: Fields, url: str) -> None:
        """Galleries and thumbnails show pictures and videos only; of links elsewhere nothing is known."""
        if not url.startswith(_LOCAL_FILE):
            return
        file = self._files[url.removeprefix(_LOCAL_FILE)]
        kind = file.content_type or mimetypes.guess_type(file.filename)[0] or ""
        if not kind.startswith(("image/", "video/")):
            media.complain("url", "UNFURLED_MEDIA_ITEM_INVALID_TYPE", "Only images and videos can be shown here")
