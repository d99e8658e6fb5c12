"""Reads a call's body: JSON, or multipart with payload_json and files[n]."""

from __future__ import annotations

import json
import re

from aiohttp import BodyPartReader, web

from sandbox.discord.files import Upload
from sandbox.discord.rest.errors import ApiError, invalid_json
from sandbox.discord.traffic import Call, SentFile

_FILE_FIELD = re.compile(r"files?\[(\d+)\]")


async def read_body(request: web.Request, call: Call) -> dict[int, Upload]:
    """Put the body's JSON into `call.body` and return the uploaded files by their numbers.

    Raises: ApiError 50109 for what is no JSON, 400 for a body of another type.
    """
    call.content_type = request.content_type
    if request.content_type.startswith("multipart/"):
        return await _read_multipart(request, call)
    raw = await request.read()
    if raw:
        if request.content_type != "application/json":
            raise ApiError(400, 50035, "Invalid Form Body")
        call.body = _parsed(raw)
    return {}


async def _read_multipart(request: web.Request, call: Call) -> dict[int, Upload]:
    uploads: dict[int, Upload] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        name = part.name or ""
        data = bytes(await part.read(decode=False))
        if name == "payload_json":
            call.body = _parsed(data)
            continue
        match = _FILE_FIELD.fullmatch(name)
        number = int(match[1]) if match else len(uploads)
        filename = part.filename or "unknown"
        uploads[number] = Upload(filename=filename, data=data)
        call.files.append(SentFile(field=name, filename=filename, size=len(data)))
    return uploads


def _parsed(raw: bytes) -> object:
    try:
        parsed: object = json.loads(raw)
    except ValueError as error:
        raise invalid_json() from error
    return parsed
