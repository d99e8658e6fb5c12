"""Picked files wait for their command, but not for ever and not without measure."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sandbox.pictures import Picture
from sandbox.web import uploads
from sandbox.web.uploads import UploadStore
from sandbox.web.wire import Refused


@dataclass
class Hand:
    """A clock that a test moves."""

    seconds: float = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.seconds


def file(name: str = "a.bin", size: int = 10) -> Picture:
    """A file of that many bytes."""
    return Picture(name=name, data=b"x" * size, content_type="application/octet-stream")


def test_a_file_waits_until_it_was_sent() -> None:
    """It can be read again and again, and is gone once it is let go."""
    store = UploadStore()
    upload_id = store.keep(file())
    assert store.get(upload_id) == store.get(upload_id) == file()
    store.forget([upload_id, "another"])
    with pytest.raises(Refused, match="attach it again"):
        store.get(upload_id)


def test_after_ten_minutes_it_is_gone() -> None:
    """A younger one stays."""
    clock = Hand()
    store = UploadStore(now=clock)
    old = store.keep(file())
    clock.seconds = 400
    young = store.keep(file("b.bin"))
    clock.seconds = 601
    with pytest.raises(Refused):
        store.get(old)
    assert store.get(young).name == "b.bin"


def test_the_oldest_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """In all only so many bytes are kept."""
    monkeypatch.setattr(uploads, "LARGEST_TOTAL_BYTES", 25)
    store = UploadStore()
    first, second, third = (store.keep(file(size=10)) for _ in range(3))
    with pytest.raises(Refused):
        store.get(first)
    assert store.get(second)
    assert store.get(third)
