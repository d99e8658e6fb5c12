"""What a downloaded file is, is known from its first bytes."""

from __future__ import annotations

import pytest

from sandbox.model_api.sample_media import sound, video
from sandbox.pictures import paint
from services.jobs.model import MediaKind
from services.runcomfy.media_types import HEAD_BYTES, kind_of_extension, recognise

IMAGE, VIDEO, AUDIO = MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO
PNG = paint("a.png", width=64, height=48).data[:HEAD_BYTES]


@pytest.mark.parametrize(
    ("head", "kind", "extension"),
    [
        (paint("a.png", width=64, height=48).data, IMAGE, "png"),
        (paint("a.jpg", width=64, height=48).data, IMAGE, "jpg"),
        (paint("a.webp", width=64, height=48).data, IMAGE, "webp"),
        (paint("a.gif", width=64, height=48).data, IMAGE, "gif"),
        (sound().data, AUDIO, "wav"),
        (video().data, VIDEO, "mp4"),
        (b"\0\0\0\x20ftypavif", IMAGE, "avif"),
        (b"\0\0\0\x20ftypqt  ", VIDEO, "mov"),
        (b"\0\0\0\x20ftypM4A ", AUDIO, "m4a"),
        (b"\x1aE\xdf\xa3\x9f", VIDEO, "webm"),
        (b"RIFF\0\0\0\0AVI LIST", VIDEO, "avi"),
        (b"ID3\x04", AUDIO, "mp3"),
        (b"\xff\xfb\x90", AUDIO, "mp3"),
        (b"\xff\xf1\x50", AUDIO, "aac"),
        (b"OggS\0", AUDIO, "ogg"),
        (b"fLaC\0", AUDIO, "flac"),
    ],
)
@pytest.mark.parametrize("declared", ["application/octet-stream", "", "image/png", "video/mp4; codecs=x"])
def test_the_first_bytes_win(head: bytes, kind: MediaKind, extension: str, declared: str) -> None:
    """A medium is what its bytes say, whatever medium the server calls it."""
    found = recognise(head[:HEAD_BYTES], content_type=declared, url_path="/x.bin")
    assert found is not None
    assert (found.kind, found.extension) == (kind, extension)
    assert kind_of_extension(extension) is kind


@pytest.mark.parametrize("declared", ["text/html", "text/html; charset=utf-8", "application/json", "application/xml"])
def test_what_is_called_a_page_is_none_of_ours(declared: str) -> None:
    """An error page is not a result, even when a picture hangs behind its label."""
    assert recognise(PNG, content_type=declared, url_path="/a.png") is None


@pytest.mark.parametrize("head", [b"<html><body>", b'{"error": 1}', b"\0" * 64, b"RIFF\0\0\0\0JUNK", b""])
@pytest.mark.parametrize("declared", ["image/png", "video/mp4", "application/octet-stream", ""])
def test_what_only_claims_to_be_a_medium_is_none(head: bytes, declared: str) -> None:
    """A page under a picture's type is found out."""
    assert recognise(head, content_type=declared, url_path="/a.png") is None


def test_a_sound_without_a_mark_is_taken_by_its_declared_type() -> None:
    """Raw sound has no first bytes of its own."""
    found = recognise(b"\0\1\2", content_type="audio/pcm", url_path="/x")
    assert found is not None
    assert (found.kind, found.extension) == (AUDIO, "pcm")
    assert kind_of_extension(".exe") is None


@pytest.mark.parametrize(
    "declared",
    [
        *("text/plain", "application/force-download", "application/x-download", "multipart/form-data", "*/*"),
        *("png", "unknown", "application/x-png", "application/zip"),
    ],
)
def test_first_bytes_win_over_an_odd_type(declared: str) -> None:
    """Storages call a picture what they like; two bytes alone may begin a text, though."""
    png = b"\x89PNG\r\n\x1a\n" + bytes(56)
    found = recognise(png, content_type=declared, url_path="/x")
    assert found is not None
    assert found.extension == "png"
    assert recognise(b"BM, my friend", content_type="text/plain", url_path="/x") is None
    assert recognise(b"no picture", content_type=declared, url_path="/x") is None
