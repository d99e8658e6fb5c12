"""Files that a person has picked on the page and not sent yet."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiohttp import BodyPartReader, web

from sandbox.discord.files import read_picture
from sandbox.discord.wire import JsonObject
from sandbox.pictures import Picture
from sandbox.web.wire import Refused

LARGEST_TOTAL_BYTES = 256 * 1024 * 1024
MOST_FILES_AT_ONCE = 10
KEPT_SECONDS = 600.0
_LONGEST_NAME = 260
_OF_UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Waiting:
    file: Picture
    since_seconds: float


class UploadStore:
    """Keeps picked files for ten minutes, up to 256 MiB in all; the oldest go first. `now` is monotonic, in seconds."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._waiting: dict[str, _Waiting] = {}

    def keep(self, file: Picture) -> str:
        """Take a file in and return its id."""
        upload_id = secrets.token_urlsafe(12)
        self._waiting[upload_id] = _Waiting(file=file, since_seconds=self._now())
        self._make_room()
        return upload_id

    def get(self, upload_id: str) -> Picture:
        """Return a file.

        Raises: Refused where it is not there any more, or never was.
        """
        self._make_room()
        found = self._waiting.get(upload_id)
        if found is None:
            raise Refused("this file has waited too long: attach it again")
        return found.file

    def forget(self, upload_ids: Sequence[str]) -> None:
        """Let go of files that were sent."""
        for upload_id in upload_ids:
            self._waiting.pop(upload_id, None)

    def _make_room(self) -> None:
        ends = self._now() - KEPT_SECONDS
        total = sum(len(one.file.data) for one in self._waiting.values())
        for upload_id, one in list(self._waiting.items()):
            if one.since_seconds > ends and total <= LARGEST_TOTAL_BYTES:
                break
            total -= len(one.file.data)
            del self._waiting[upload_id]


async def take_uploads(request: web.Request, store: UploadStore, *, limit_bytes: int) -> web.Response:
    """Take the files of a multipart body, each up to `limit_bytes`; none is kept where one is refused."""
    if not request.content_type.startswith("multipart/"):
        return web.json_response({"error": "files come as multipart/form-data"}, status=400)
    files: list[Picture] = []
    try:
        reader = await request.multipart()
        async for part in reader:
            if not isinstance(part, BodyPartReader) or part.name != "file":
                return web.json_response({"error": "each part is a file by the name of file"}, status=400)
            if len(files) == MOST_FILES_AT_ONCE:
                return web.json_response({"error": f"not more than {MOST_FILES_AT_ONCE} files at once"}, status=413)
            file = await _read(part, limit_bytes)
            if file is None:
                sentence = f"Your files are too powerful: the largest file here may have {_readable(limit_bytes)}"
                return web.json_response({"error": sentence}, status=413)
            files.append(file)
    except ValueError:  # aiohttp's word for a broken multipart body
        return web.json_response({"error": "the files did not arrive whole"}, status=400)
    return web.json_response({"files": [_described(store.keep(file), file) for file in files]})


async def _read(part: BodyPartReader, limit_bytes: int) -> Picture | None:
    """Read one file; None where it is too large, as soon as that is known."""
    data = bytearray()
    while chunk := await part.read_chunk(1 << 16):
        data += chunk
        if len(data) > limit_bytes:
            return None
    name = (part.filename or "unknown").replace("\\", "/").rpartition("/")[2][-_LONGEST_NAME:] or "unknown"
    return Picture(name=name, data=bytes(data), content_type=part.headers.get("Content-Type") or _OF_UNKNOWN_TYPE)


def _described(upload_id: str, file: Picture) -> JsonObject:
    picture = read_picture(file.data)
    return {
        "id": upload_id,
        "filename": file.name,
        "size": len(file.data),
        "content_type": (picture.content_type if picture else None) or file.content_type,
        "width": picture.width if picture else None,
        "height": picture.height if picture else None,
    }


def _readable(byte_count: int) -> str:
    mebibytes = byte_count / (1 << 20)
    return f"{mebibytes:g} MiB" if mebibytes >= 1 else f"{byte_count} bytes"
