"""A paid result's files are found in whatever shape the output has."""

from __future__ import annotations

import pytest

from services.jobs.model import MediaKind
from services.runcomfy.outputs import find_outputs

A, B = "https://files.runcomfy.net/a.png", "https://files.runcomfy.net/b.png"
FILM, SOUND = "https://files.runcomfy.net/c.mp4", "https://files.runcomfy.net/d.mp3"
IMAGE, VIDEO, AUDIO = MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO


@pytest.mark.parametrize(
    ("output", "found"),
    [
        ({"image": A}, [(A, IMAGE)]),
        ({"images": [A, B]}, [(A, IMAGE), (B, IMAGE)]),
        ({"images": A}, [(A, IMAGE)]),
        ({"video": A}, [(A, VIDEO)]),
        ({"videos": [FILM]}, [(FILM, VIDEO)]),
        ({"audio": SOUND}, [(SOUND, AUDIO)]),
        ({"audios": [SOUND, SOUND]}, [(SOUND, AUDIO)]),
        ({"image": A, "images": [A, B]}, [(A, IMAGE), (B, IMAGE)]),
        ({"image": A, "videos": [FILM]}, [(A, IMAGE), (FILM, VIDEO)]),
        (A, [(A, IMAGE)]),
        (FILM, [(FILM, VIDEO)]),
        (SOUND + "?x=1", [(SOUND + "?x=1", AUDIO)]),
        ([A, FILM], [(A, IMAGE), (FILM, VIDEO)]),
        ({"url": FILM}, [(FILM, VIDEO)]),
        ({"result": {"files": [{"url": A, "type": "image"}]}}, [(A, IMAGE)]),
        ({"videos": [{"url": "https://files.runcomfy.net/x"}]}, [("https://files.runcomfy.net/x", VIDEO)]),
        ({"generated_image_url": f" {A} "}, [(A, IMAGE)]),
        ([[{"image": [A]}], {"audio": {"url": SOUND}}], [(A, IMAGE), (SOUND, AUDIO)]),
        ({"image": A, "input": {"image": B}, "inputs": [B]}, [(A, IMAGE)]),
        ({"image": "HTTPS://files.runcomfy.net/a.png"}, [("HTTPS://files.runcomfy.net/a.png", IMAGE)]),
    ],
)
def test_every_shape_is_walked(output: object, found: list[tuple[str, MediaKind]]) -> None:
    """Objects, strings, lists and nestings give each URL once, in order, with its kind; echoed inputs do not count."""
    assert [(one.url, one.kind) for one in find_outputs(output)] == found


@pytest.mark.parametrize(
    "output",
    [
        None,
        {},
        [],
        "",
        7,
        True,
        "a.png",
        {"image": ""},
        {"image": None},
        {"path": "/out/a.png"},
        "ftp://a.com/x.png",
        {"image": "data:image/png;base64,AAAA"},
        "https://" + "a" * 5000,
    ],
)
def test_what_names_no_file_gives_none(output: object) -> None:
    """Without a URL there is no output, and nothing breaks."""
    assert find_outputs(output) == ()


def test_the_walk_is_bounded() -> None:
    """A body of thousands of URLs, or nested without end, stays harmless."""
    assert len(find_outputs([f"https://a.com/{n}" for n in range(1000)])) == 64
    value: object = A
    for _ in range(500):
        value = [value]
    assert find_outputs(value) == ()
