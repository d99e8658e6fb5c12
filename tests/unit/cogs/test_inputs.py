"""What people give is checked before any I/O, and becomes the request's whole body."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from cogs.inputs import PICTURE_MAX_BYTES, given_prompt, is_private, read_wish
from cogs.options import plan_command
from services.errors import InputProblem, InvalidInput
from services.models.catalog import ModelCommand, load_built_in

PLAN = plan_command(ModelCommand(command="edit", spec=load_built_in("openai/gpt-image-1-5/image-to-image")))
DEFAULTS = {
    "image_size": "auto",
    "background": "auto",
    "quality": "high",
    "input_fidelity": "high",
    "output_format": "png",
}


@dataclass(frozen=True, slots=True)
class Attached:
    """A file as Discord describes it."""

    filename: str = "cat.png"
    content_type: str | None = "image/png"
    size: int = 1_000
    # The local Discord serves its files over plain HTTP: an attachment's address is Discord's affair.
    url: str = "http://127.0.0.1:1/cat.png"
    width: int | None = 1_024
    height: int | None = 768


def read(values: dict[str, object] | None = None, **files: Attached) -> dict[str, object]:
    """Read a call with a prompt and return the body."""
    return dict(read_wish(PLAN, {"prompt": "a fox"} | (values or {}), files).inputs)


def refusal(values: dict[str, object] | None = None, **files: Attached) -> tuple[str, InputProblem]:
    """Return what a call is refused for."""
    with pytest.raises(InvalidInput) as caught:
        read(values, **files)
    return caught.value.input_name, caught.value.problem


def test_the_body_is_whole() -> None:
    """Pictures go in the order of their options, addresses behind attachments, defaults are written out."""
    wish = read_wish(
        PLAN,
        {
            "prompt": "a fox",
            "image_urls": "https://a.example/one.png, https://b.example\nhttps://c.example/x%20y.webp?s=1",
            "quality": "low",
            "private": True,
        },
        {"image3": Attached(filename="third.gif", content_type="image/gif", url="u3"), "image1": Attached(url="u1")},
    )
    assert wish.inputs == DEFAULTS | {
        "prompt": "a fox",
        "image_urls": [
            "u1",
            "u3",
            "https://a.example/one.png",
            "https://b.example",
            "https://c.example/x%20y.webp?s=1",
        ],
        "quality": "low",
    }
    assert wish.input_names == ("cat.png", "third.gif", "one.png", "b.example", "x y.webp")
    assert wish.is_private
    assert wish.prompt == "a fox"


@pytest.mark.parametrize(
    ("filename", "content_type"),
    [
        ("a.png", "image/png"),
        ("A.JPG", "image/jpeg"),
        ("a.b.jpeg", "IMAGE/JPEG; q=1"),
        ("a.webp", "image/webp"),
        ("a.gif", "image/gif"),
        ("a.jfif", "image/jpeg"),
        ("a.JPE", "image/jpeg"),
    ],
)
def test_pictures(filename: str, content_type: str) -> None:
    """PNG, JPEG, WebP and GIF are pictures."""
    assert read(image1=Attached(filename=filename, content_type=content_type))["image_urls"]


@pytest.mark.parametrize(
    ("filename", "content_type"),
    [
        ("a.png", "text/plain"),
        ("a.txt", "image/png"),
        ("png", "image/png"),
        ("a.png.exe", "image/png"),
        ("a.svg", "image/svg+xml"),
        ("a.png", None),
        ("a.mp4", "video/mp4"),
        ("", ""),
    ],
)
def test_no_pictures(filename: str, content_type: str | None) -> None:
    """What is no picture by its declared type, or by its name, is refused, naming its option."""
    given = Attached(filename=filename, content_type=content_type)
    assert refusal(image1=Attached(), image7=given) == ("image7", InputProblem.NOT_MEDIA)


@pytest.mark.parametrize(
    ("size", "problem"),
    [(0, InputProblem.EMPTY_FILE), (PICTURE_MAX_BYTES + 1, InputProblem.FILE_TOO_LARGE)],
)
def test_sizes(size: int, problem: InputProblem) -> None:
    """An empty file is refused, and one larger than 50 MB."""
    assert refusal(image1=Attached(size=size)) == ("image1", problem)
    assert read(image1=Attached(size=PICTURE_MAX_BYTES))["image_urls"]
    assert read(image1=Attached(size=1))["image_urls"]


def test_counts() -> None:
    """One to ten pictures in all, attachments and addresses together."""
    assert refusal() == ("image_urls", InputProblem.TOO_FEW)
    assert refusal({"image_urls": "  ,\n"}) == ("image_urls", InputProblem.TOO_FEW)
    nine = " ".join(f"https://a.example/{number}.png" for number in range(9))
    assert len(str(read({"image_urls": nine}, image1=Attached())["image_urls"]).split(",")) == 10
    assert refusal({"image_urls": nine}, image1=Attached(), image2=Attached()) == ("image_urls", InputProblem.TOO_MANY)


@pytest.mark.parametrize("prompt", ["", " ", "\n\t", "\u200b\u2060", None])
def test_blank_prompts(prompt: str | None) -> None:
    """A prompt that shows nothing is refused."""
    name, problem = refusal({"prompt": prompt}, image1=Attached())
    assert name == "prompt"
    assert problem in {InputProblem.BLANK, InputProblem.MISSING}


def test_prompt_length() -> None:
    """A prompt has at most 4,000 characters."""
    assert read({"prompt": "x" * 4_000}, image1=Attached())["prompt"] == "x" * 4_000
    assert refusal({"prompt": "x" * 4_001}, image1=Attached()) == ("prompt", InputProblem.TOO_LONG)


@pytest.mark.parametrize("value", ["ultra", "", 3, True, ["low"], "LOW"])
def test_values_outside_the_choices(value: object) -> None:
    """Discord's client promises a choice; what arrives is checked all the same."""
    name, problem = refusal({"quality": value}, image1=Attached())
    assert name == "quality"
    assert problem is InputProblem.NOT_A_CHOICE


@pytest.mark.parametrize(
    ("option", "value"),
    [("private", "yes"), ("private", 1), ("image2", "123"), ("image2", object()), ("image_urls", 7)],
)
def test_values_of_another_kind(option: str, value: object) -> None:
    """What cannot be read is refused, not passed over: a card meant to be private would be public."""
    assert refusal({option: value}, image1=Attached()) == (option, InputProblem.WRONG_TYPE)


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/x.png",
        "https://localhost/x.png",
        "https://127.1/x.png",
        "https://0x7f000001/x.png",
        "https://[::1]/x.png",
        "https://169.254.169.254/latest",
        "https://10.0.0.1/x.png",
        "https://me:secret@a.example/x.png",
        "ftp://a.example/x.png",
        "file:///etc/passwd",
        "a.example/x.png",
        "http://127.0.0.1:1/cat.png",
    ],
)
def test_addresses_that_are_not_public(url: str) -> None:
    """An address that is not public HTTPS is refused, also one that an attachment might have."""
    name, _ = refusal({"image_urls": f"https://a.example/ok.png {url}"}, image1=Attached())
    assert name == "image_urls"


def test_what_is_given_back() -> None:
    """A refusal can give the prompt back whatever was wrong, and knows whether the card was to be private."""
    assert given_prompt(PLAN, {"prompt": "a fox"}) == "a fox"
    assert given_prompt(PLAN, {}) == ""
    assert given_prompt(PLAN, {"prompt": 3}) == ""
    assert is_private(PLAN, {"private": True})
    assert not is_private(PLAN, {"private": False})
    assert not is_private(PLAN, {})
