"""What is sent: a card, files to upload, and files that stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import discord

from cogs.ui.base import Panel
from services.jobs.model import CardFile

if TYPE_CHECKING:
    from discord.types.message import Attachment as AttachmentPayload


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """A file on the local disk that goes with a card."""

    path: Path
    filename: str
    description: str
    size_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Packet:
    """One rendering of a card with its files. `digest` says what it looks like."""

    card: Panel
    digest: str
    uploads: tuple[Upload, ...] = ()
    kept: tuple[CardFile, ...] = ()

    def attachments(self, state: object) -> list[discord.Attachment | discord.File]:
        """Return the whole list of files for discord.py, opened anew: Discord replaces the message's list by it.

        `state` is the client's connection state, which discord.py's attachments hold.
        """
        kept: list[discord.Attachment | discord.File] = [KeptAttachment.of(file, state) for file in self.kept]
        return [*kept, *self.files()]

    def files(self) -> list[discord.File]:
        """Return the files to upload, opened anew: a file is read once."""
        return [
            discord.File(upload.path, filename=upload.filename, description=upload.description or None)
            for upload in self.uploads
        ]


class KeptAttachment(discord.Attachment):
    """An attachment that stays at its message; named by its id, as the API's document has it."""

    @classmethod
    def of(cls, file: CardFile, state: object) -> KeptAttachment:
        """Return the attachment of which only id and name are known."""
        data: Any = {"id": file.attachment_id, "filename": file.filename, "size": 0, "url": "", "proxy_url": ""}
        connection: Any = state
        return cls(data=data, state=connection)

    def to_dict(self) -> AttachmentPayload:
        """Return what an edit needs to keep it; the rest is Discord's to know."""
        return cast("AttachmentPayload", {"id": str(self.id), "filename": self.filename})


def own_files(attachments: Sequence[CardFile], job_id: str) -> tuple[CardFile, ...]:
    """Return those that are results of the job: their names begin with its id."""
    return tuple(file for file in attachments if file.filename.startswith(f"{job_id}-"))
