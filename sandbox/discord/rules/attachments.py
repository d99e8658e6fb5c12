"""Which files a message has after a body is applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandbox.discord.files import Attachment, Upload, safe_filename
from sandbox.discord.rest.errors import too_large
from sandbox.discord.rules.fields import Fields

LARGEST_COUNT = 10
LONGEST_DESCRIPTION = 1024


@dataclass(slots=True, kw_only=True, frozen=True)
class PlannedFile:
    """A file that the message will have: one that stays, or an upload."""

    filename: str
    kept: Attachment | None = None
    upload: Upload | None = None
    description: str | None = None

    @property
    def content_type(self) -> str | None:
        """What is known of its type before it is stored."""
        return self.kept.content_type if self.kept else None


def planned_files(
    body: Fields, uploads: Mapping[int, Upload], present: Sequence[Attachment], *, limit_bytes: int
) -> list[PlannedFile]:
    """The message's files, in order.

    An `attachments` list names those that stay (by id) and describes uploads (by their number); without it all stay.
    An upload that the list does not name is attached all the same. Raises: ApiError 413 / 40005.
    """
    if any(len(upload.data) > limit_bytes for upload in uploads.values()):
        raise too_large()
    unnamed = dict(uploads)
    planned: list[PlannedFile] = []
    if "attachments" in body.value:
        by_id = {attachment.id: attachment for attachment in present}
        for entry in body.items("attachments", at_most=LARGEST_COUNT):
            file = _named(entry, by_id, unnamed)
            if file is not None:
                planned.append(file)
    else:
        planned.extend(_kept(attachment) for attachment in present)
    planned.extend(_uploaded(upload) for _, upload in sorted(unnamed.items()))
    if len(planned) > LARGEST_COUNT:
        body.complain("attachments", "BASE_TYPE_MAX_LENGTH", f"Must be {LARGEST_COUNT} or fewer in length.")
    return planned


def _named(entry: Fields, by_id: dict[int, Attachment], unnamed: dict[int, Upload]) -> PlannedFile | None:
    """The file an entry means; ids come as numbers or as strings (Discord takes both)."""
    raw = entry.value.get("id")
    if isinstance(raw, bool) or not str(raw).isdecimal():
        entry.complain("id", "NUMBER_TYPE_COERCE", f'Value "{raw}" is not snowflake.')
        return None
    number = int(str(raw))
    description = entry.text("description", at_most=LONGEST_DESCRIPTION)
    if number in by_id:
        kept = by_id[number]
        return _kept(kept.described(description) if "description" in entry.value else kept)
    if number in unnamed:
        upload = unnamed.pop(number)
        filename = entry.text("filename", at_least=1, at_most=LONGEST_DESCRIPTION) or upload.filename
        return PlannedFile(filename=safe_filename(filename), upload=upload, description=description)
    entry.complain("id", "ATTACHMENT_NOT_FOUND", "Attachment data not found")
    return None


def _kept(attachment: Attachment) -> PlannedFile:
    return PlannedFile(filename=attachment.filename, kept=attachment, description=attachment.description)


def _uploaded(upload: Upload) -> PlannedFile:
    return PlannedFile(filename=safe_filename(upload.filename), upload=upload)
