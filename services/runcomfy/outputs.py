"""The files that a result names, whatever shape its `output` has.

Seen or documented: an object with image, images, video, videos, audio, audios (single and plural together); a bare
string; a bare list; objects nested in any of them. Only `output` is walked: a result may echo its inputs elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from yarl import URL

from services.jobs.model import MediaKind, Output

_MOST_OUTPUTS = 64
_DEEPEST = 12
_LONGEST_URL = 4096
_ECHO_KEYS = frozenset({"input", "inputs"})
_KIND_WORDS = (
    ("video", MediaKind.VIDEO),
    ("audio", MediaKind.AUDIO),
    ("image", MediaKind.IMAGE),
    ("picture", MediaKind.IMAGE),
)
_EXTENSIONS = {
    MediaKind.VIDEO: frozenset({".mp4", ".mov", ".webm", ".mkv", ".avi", ".m4v"}),
    MediaKind.AUDIO: frozenset({".mp3", ".wav", ".ogg", ".opus", ".flac", ".m4a", ".aac"}),
}


def find_outputs(output: object) -> tuple[Output, ...]:
    """Return the files in the order in which they stand, each URL once.

    What a file is comes from the nearest key around it, else from the extension; a picture where neither tells.
    """
    found: dict[str, Output] = {}
    for url, kind in _walk(output, kind=None, depth=0):
        if len(found) >= _MOST_OUTPUTS:
            break
        found.setdefault(url, Output(url=url, kind=kind or _kind_by_extension(url)))
    return tuple(found.values())


def _walk(value: object, *, kind: MediaKind | None, depth: int) -> Iterator[tuple[str, MediaKind | None]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, str):
        text = value.strip()
        if text.lower().startswith(("https://", "http://")) and len(text) <= _LONGEST_URL:
            yield text, kind
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item, kind=kind, depth=depth + 1)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if str(key).lower() not in _ECHO_KEYS:
                yield from _walk(item, kind=_kind_by_key(str(key)) or kind, depth=depth + 1)


def _kind_by_key(key: str) -> MediaKind | None:
    return next((kind for word, kind in _KIND_WORDS if word in key.lower()), None)


def _kind_by_extension(url: str) -> MediaKind:
    try:
        suffix = PurePosixPath(URL(url).path).suffix.lower()
    except ValueError:
        suffix = ""
    return next((kind for kind, suffixes in _EXTENSIONS.items() if suffix in suffixes), MediaKind.IMAGE)
