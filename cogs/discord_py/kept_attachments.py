"""Attachments that stay at a message of which only their ids are known."""

from __future__ import annotations

from typing import Any

import discord


class KeptAttachment(discord.Attachment):
    """An attachment that stays at its message; named by its id, as the API's document has it.

    discord.py 2.7.1 makes attachments of what Discord sent alone, and sends their ids as numbers.
    """

    @classmethod
    def of(cls, client: discord.Client, *, attachment_id: int, filename: str) -> KeptAttachment:
        """Return the attachment of which only id and name are known."""
        data: Any = {"id": attachment_id, "filename": filename, "size": 0, "url": "", "proxy_url": ""}
        return cls(data=data, state=client._connection)  # noqa: SLF001 - what discord.py's own objects hold

    def to_dict(self) -> Any:  # noqa: ANN401 - the library's typed dict, which cannot be imported at run time
        """Return what an edit needs to keep it; the rest is Discord's to know."""
        return {"id": str(self.id), "filename": self.filename}
