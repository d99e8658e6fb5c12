"""The sample pictures are real, repeatable, and exactly as large as asked."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from sandbox.pictures import empty_file, not_a_picture, paint


@pytest.mark.parametrize(
    ("name", "format_name", "content_type"),
    [
        ("cat.png", "PNG", "image/png"),
        ("boat.jpg", "JPEG", "image/jpeg"),
        ("house.webp", "WEBP", "image/webp"),
        ("any.GIF", "GIF", "image/gif"),
    ],
)
def test_a_painted_picture_decodes_in_the_format_of_its_name(name: str, format_name: str, content_type: str) -> None:
    """What is painted is a real picture of the size and format asked for."""
    picture = paint(name, width=160, height=90)
    decoded = Image.open(io.BytesIO(picture.data))
    decoded.load()
    assert (decoded.format, decoded.size) == (format_name, (160, 90))
    assert picture.content_type == content_type


def test_the_same_name_gives_the_same_bytes_and_another_name_another_picture() -> None:
    """Painting is repeatable."""
    assert paint("cat.png", width=80, height=60).data == paint("cat.png", width=80, height=60).data
    assert paint("cat.png", width=80, height=60).data != paint("boat.png", width=80, height=60).data


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.gif"])
def test_a_padded_picture_has_exactly_the_bytes_asked_for_and_still_decodes(name: str) -> None:
    """A file of any size can be made without spoiling the picture."""
    picture = paint(name, width=40, height=40, byte_size=300_001)
    assert len(picture.data) == 300_001
    Image.open(io.BytesIO(picture.data)).load()


def test_a_size_below_the_picture_itself_is_refused() -> None:
    """A picture is never cut to fit."""
    with pytest.raises(ValueError, match="more than 10"):
        paint("a.png", width=40, height=40, byte_size=10)


def test_files_that_are_no_pictures_do_not_decode() -> None:
    """The bad samples are really bad."""
    for sample in (not_a_picture(), empty_file()):
        with pytest.raises(OSError, match="cannot identify"):
            Image.open(io.BytesIO(sample.data))
