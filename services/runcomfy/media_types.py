"""What a downloaded file is, by its first bytes, or else by what the server calls it; and whether it is whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from services.jobs.model import MediaKind


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaType:
    """A kind of file and the extension that a reader's program knows it by."""

    kind: MediaKind
    extension: str


HEAD_BYTES = 64
# Shorter marks may begin a text as well.
_SURE_BYTES = 3
_FRAME_HEADER_BYTES = 8
_MOST_FRAMES = 100_000
_JPEG_TAIL_BYTES = 8 * 1024 * 1024

_IMAGE, _VIDEO, _AUDIO = MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO
_STARTS = (
    (b"\x89PNG\r\n\x1a\n", MediaType(kind=_IMAGE, extension="png")),
    (b"\xff\xd8\xff", MediaType(kind=_IMAGE, extension="jpg")),
    (b"GIF87a", MediaType(kind=_IMAGE, extension="gif")),
    (b"GIF89a", MediaType(kind=_IMAGE, extension="gif")),
    (b"II*\x00", MediaType(kind=_IMAGE, extension="tiff")),
    (b"MM\x00*", MediaType(kind=_IMAGE, extension="tiff")),
    (b"BM", MediaType(kind=_IMAGE, extension="bmp")),
    (b"\x1aE\xdf\xa3", MediaType(kind=_VIDEO, extension="webm")),
    (b"ID3", MediaType(kind=_AUDIO, extension="mp3")),
    (b"OggS", MediaType(kind=_AUDIO, extension="ogg")),
    (b"fLaC", MediaType(kind=_AUDIO, extension="flac")),
    *((bytes([0xFF, second]), MediaType(kind=_AUDIO, extension="mp3")) for second in (0xFB, 0xFA, 0xF3, 0xF2)),
    *((bytes([0xFF, second]), MediaType(kind=_AUDIO, extension="aac")) for second in (0xF1, 0xF9)),
)
_RIFF = {
    b"WEBP": MediaType(kind=_IMAGE, extension="webp"),
    b"WAVE": MediaType(kind=_AUDIO, extension="wav"),
    b"AVI ": MediaType(kind=_VIDEO, extension="avi"),
}
# ISO base media: what follows "ftyp" tells pictures and sound from films.
_BRANDS = {
    b"avif": MediaType(kind=_IMAGE, extension="avif"),
    b"avis": MediaType(kind=_IMAGE, extension="avif"),
    b"heic": MediaType(kind=_IMAGE, extension="heic"),
    b"mif1": MediaType(kind=_IMAGE, extension="heic"),
    b"M4A ": MediaType(kind=_AUDIO, extension="m4a"),
    b"M4B ": MediaType(kind=_AUDIO, extension="m4a"),
    b"qt  ": MediaType(kind=_VIDEO, extension="mov"),
}
_FILM = MediaType(kind=_VIDEO, extension="mp4")
# Kinds whose files need not begin with a mark.
_UNMARKED = {
    "mp3": MediaType(kind=_AUDIO, extension="mp3"),
    "mpeg": MediaType(kind=_AUDIO, extension="mp3"),
    "pcm": MediaType(kind=_AUDIO, extension="pcm"),
    "l16": MediaType(kind=_AUDIO, extension="pcm"),
}
_OPAQUE = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/x-octet-stream"})
_PAGES = frozenset(
    {
        *("text/html", "application/xhtml+xml", "application/json", "application/problem+json"),
        *("text/xml", "application/xml"),
    }
)
_MEDIA_FAMILIES = frozenset({"image", "video", "audio"})
_BY_EXTENSION = {
    known.extension: known
    for known in (*(kind for _, kind in _STARTS), *_RIFF.values(), *_BRANDS.values(), _FILM, *_UNMARKED.values())
}


def kind_of_extension(extension: str) -> MediaKind | None:
    """Return the kind of file that we give this extension to."""
    known = _BY_EXTENSION.get(extension.lower().lstrip("."))
    return known.kind if known else None


def recognise(head: bytes, *, content_type: str, url_path: str) -> MediaType | None:
    """Return what a file is; None where it is no picture, film or sound.

    A medium's first bytes win over its declared type and its name: storages call a picture text, a form or a download.
    Where they are too few to be sure, or there are none, a server that calls it anything but a medium is believed, and
    in any case where it calls it a page: an error page is not a result.
    """
    declared = content_type.partition(";")[0].strip().lower()
    family, slash, subtype = declared.partition("/")
    declared = "" if not slash or family == "*" else declared
    if declared in _PAGES:
        return None
    is_believable = declared in _OPAQUE or family in _MEDIA_FAMILIES
    marked = _by_first_bytes(head, least_bytes=0 if is_believable else _SURE_BYTES)
    if marked is not None or not is_believable:
        return marked
    if family == "audio":
        return _UNMARKED.get(subtype)
    return _UNMARKED.get(PurePosixPath(url_path).suffix.lower().lstrip(".")) if declared in _OPAQUE else None


def is_cut_short(path: Path) -> bool:
    """Whether a file certainly ends too early, by what its own format says of its length.

    A storage may show a file before the whole of it is there, with a length that fits what there is.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head.startswith(b"\x89PNG"):
            return _ends_early(file, size, begin=8, frame=_png_chunk, last=b"IEND")
        if head[4:8] == b"ftyp":
            return _ends_early(file, size, begin=0, frame=_iso_box, last=None)
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return int.from_bytes(head[4:8], "little") + 8 > size
        if head.startswith(b"\xff\xd8\xff"):
            file.seek(max(0, size - _JPEG_TAIL_BYTES))
            tail = file.read()
            # The end's mark comes after that of the last scan, which may be a long way ahead of it.
            return tail.rfind(b"\xff\xd9") < tail.rfind(b"\xff\xda") or b"\xff\xd9" not in tail
    return False


def _ends_early(
    file: BinaryIO, size: int, *, begin: int, frame: Callable[[bytes], tuple[int, bytes]], last: bytes | None
) -> bool:
    """Walk a file's frames: whether one reaches beyond its end, or the one that must be the last is missing."""
    position = begin
    for _ in range(_MOST_FRAMES):
        file.seek(position)
        header = file.read(16)
        if len(header) < _FRAME_HEADER_BYTES:
            return last is not None
        length, name = frame(header)
        if length == 0:
            return False  # up to the end, whatever that is
        position += length
        if position > size or name == last:
            return position > size
    return False


def _png_chunk(header: bytes) -> tuple[int, bytes]:
    return int.from_bytes(header[:4], "big") + 12, header[4:8]


def _iso_box(header: bytes) -> tuple[int, bytes]:
    length = int.from_bytes(header[:4], "big")
    return (int.from_bytes(header[8:16], "big") if length == 1 else length), header[4:8]


def _by_first_bytes(head: bytes, *, least_bytes: int) -> MediaType | None:
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], _FILM)
    starts = (kind for start, kind in _STARTS if len(start) >= least_bytes and head.startswith(start))
    return next(starts, None)
