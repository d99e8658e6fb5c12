"""Uploaded files and the signed links under which they can be fetched for a day."""

from __future__ import annotations

import hashlib
import hmac
import io
import mimetypes
import re
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from PIL import Image, UnidentifiedImageError

from sandbox.clock import SandboxClock

LINK_SECONDS = 24 * 3600


@dataclass(slots=True, kw_only=True, frozen=True)
class Upload:
    """A file as somebody handed it over."""

    filename: str
    data: bytes
    content_type: str | None = None


@dataclass(slots=True, kw_only=True, frozen=True)
class Attachment:
    """A file that Discord keeps. `folder_id` is the channel's id, or the application's for a command's files."""

    id: int
    filename: str
    data: bytes = field(repr=False)
    content_type: str | None
    folder_id: int
    width: int | None = None
    height: int | None = None
    description: str | None = None
    is_ephemeral: bool = False
    is_spoiler: bool = False

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return len(self.data)

    def described(self, description: str | None) -> Attachment:
        """The same file with another alt text."""
        return replace(self, description=description)


def safe_filename(filename: str) -> str:
    """The name that Discord keeps: blanks and odd characters become underscores."""
    return re.sub(r"[^\w.\-]", "_", filename) or "unknown"


class FileStore:
    """Every file of the local Discord, and the signatures of their links."""

    def __init__(self, clock: SandboxClock) -> None:
        self.base_url = "http://cdn.invalid"
        self.by_id: dict[int, Attachment] = {}
        self._clock = clock
        self._key = hashlib.sha256(b"the world's own key for links").digest()

    def keep(
        self,
        upload: Upload,
        *,
        attachment_id: int,
        folder_id: int,
        description: str | None = None,
        is_ephemeral: bool = False,
        is_spoiler: bool = False,
    ) -> Attachment:
        """Take a file in; its true type and measures are read from its bytes."""
        found = read_picture(upload.data)
        guessed = mimetypes.guess_type(upload.filename)[0]
        attachment = Attachment(
            id=attachment_id,
            filename=safe_filename(upload.filename),
            data=upload.data,
            content_type=found.content_type if found else upload.content_type or guessed,
            folder_id=folder_id,
            width=found.width if found else None,
            height=found.height if found else None,
            description=description,
            is_ephemeral=is_ephemeral,
            is_spoiler=is_spoiler or upload.filename.startswith("SPOILER_"),
        )
        self.by_id[attachment.id] = attachment
        return attachment

    def url(self, attachment: Attachment) -> str:
        """A link to the file that works for a day from now."""
        now = int(self._clock.now().timestamp())
        path = self.path(attachment)
        expires, issued = f"{now + LINK_SECONDS:x}", f"{now:x}"
        return f"{self.base_url}{path}?ex={expires}&is={issued}&hm={self._signature(path, expires, issued)}&"

    def opens(self, path: str, *, expires: str, issued: str, signature: str) -> bool:
        """Whether a link's signature is right and its time not over, by the sandbox's clock."""
        if not hmac.compare_digest(signature.encode(), self._signature(path, expires, issued).encode()):
            return False
        return self._clock.now().timestamp() < int(expires, 16)

    def path(self, attachment: Attachment) -> str:
        """The path of the file's link."""
        folder = "ephemeral-attachments" if attachment.is_ephemeral else "attachments"
        return f"/{folder}/{attachment.folder_id}/{attachment.id}/{quote(attachment.filename)}"

    def _signature(self, path: str, expires: str, issued: str) -> str:
        return hmac.new(self._key, f"{path}|{expires}|{issued}".encode(), hashlib.sha256).hexdigest()


@dataclass(slots=True, kw_only=True, frozen=True)
class PictureFacts:
    """A picture's true type and measures."""

    content_type: str | None
    width: int
    height: int


def read_picture(data: bytes) -> PictureFacts | None:
    """Read type and measures from a picture's bytes; None where they are no picture's."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return PictureFacts(content_type=picture.get_format_mimetype(), width=picture.width, height=picture.height)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return None
