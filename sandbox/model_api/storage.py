"""The public storage of result files: addresses that need no authorization and that expire."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime

from sandbox.model_api.renderer import ResultFile

PREFIX = "/storage/"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A result file, and when it was stored, by the sandbox's clock."""

    file: ResultFile
    stored_at: datetime


class Storage:
    """Keeps result files by the path under which they are served."""

    def __init__(self) -> None:
        self._files: dict[str, StoredFile] = {}

    def put(self, file: ResultFile, *, stored_at: datetime) -> str:
        """Keep a file; returns its decoded path, `/storage/<folder>=/<folder>=/output/<id>_output.png`."""
        folders = "/".join(
            base64.urlsafe_b64encode(secrets.token_bytes(8)).decode().rstrip("=") + "=" for _ in range(2)
        )
        path = f"{PREFIX}{folders}/output/{secrets.token_urlsafe(15)}_output.{file.suffix}"
        self._files[path] = StoredFile(file=file, stored_at=stored_at)
        return path

    def get(self, path: str) -> StoredFile | None:
        """The file of that path, if there is one."""
        return self._files.get(path)


def encode_path(path: str) -> str:
    """Write a path the way the real storage's addresses are written: `=` as `%3D`."""
    return path.replace("=", "%3D")
