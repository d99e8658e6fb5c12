"""What people give is checked before any I/O, and becomes the request's whole body."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cogs.inputs import PICTURE_MAX_BYTES, given_prompt, is_private, read_request
from cogs.options import plan_command
from services.errors import InputProblem, InvalidInput
from services.models.catalog import ModelCommand, load_built_in
from services.models.media_rules import MediaMetric, MediaRule
from services.models.spec import InputSpec

PLAN = plan_command(ModelCommand(command="edit", spec=load_built_in("openai/gpt-image-1-5/image-to-image")))
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HERE = "http://127.0.0.1:1/"
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
    return dict(read_request(PLAN, {"prompt": "a fox"} | (values or {}), files, now=NOW).inputs)


def refusal(values: dict[str, object] | None = None, **files: Attached) -> tuple[str, InputProblem]:
    """Return what a call is refused for."""
    with pytest.raises(InvalidInput) as caught:
        read(values, **files)
    return caught.value.input_name, caught.value.problem


def test_the_body_is_whole() -> None:
    """Pictures go in the order of their options, addresses behind attachments, defaults are written out."""
    request = read_request(
        PLAN,
        {
            "prompt": "a fox",
            "image_urls": "https://a.example/one.png, https://b.example\nhttps://c.example/x%20y.webp?s=1",
            "quality": "low",
            "private": True,
        },
        {
            "image3": Attached(filename="third.gif", content_type="image/gif", url=f"{HERE}u3"),
            "image1": Attached(url=f"{HERE}u1"),
        },
        now=NOW,
    )
    assert request.inputs == DEFAULTS | {
        "prompt": "a fox",
        "image_urls": [
            f"{HERE}u1",
            f"{HERE}u3",
            "https://a.example/one.png",
            "https://b.example",
            "https://c.example/x%20y.webp?s=1",
        ],
        "quality": "low",
    }
    assert [medium.name for medium in request.media] == ["cat.png", "third.gif", "one.png", "b.example", "x y.webp"]
    assert request.is_private
    assert request.prompt == "a fox"


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
        ("a.png", None),
        ("a.png", ""),
        ("a.png", "application/octet-stream"),
        ("a.png", "image/png; charset=binary"),
        ("a.png", "IMAGE/PNG"),
        ("a.jpg", "image/pjpeg"),
        ("png", "image/png"),
        ("скриншот", "image/png"),
        ("猫の写真.PNG", None),
        ("صورة", None),
        ("photo.2026", "image/jpeg"),
        ("photo.2026", None),
        (".png", None),
        ("", ""),
        *(
            ("a.png", odd)
            for odd in ("image", "image/*", "*/*", "png", "null", "application/unknown", "application/x-png")
        ),
        ("Bildschirmfoto 2024-10-12 um 10.11.12", None),
        ("图片.图", None),
        ("cat.png.", None),
        ("photo.jpg_large", None),
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
        ("a.png.exe", "image/png"),
        ("a.svg", "image/svg+xml"),
        ("a.heic", "image/heic"),
        ("a.mp4", "video/mp4"),
        ("a.mp4", None),
        ("a.pdf", "application/octet-stream"),
        ("отчёт.pdf", ""),
        ("a", "text/html"),
        ("a.mp4.", None),
        ("a.mp4_large", "*/*"),
        ("a.png", "video/*"),
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


LIVE, DEAD, SOON = (f"{int(NOW.timestamp()) + seconds:x}" for seconds in (3_600, -1, 60))
AT_DISCORD = "https://cdn.discordapp.com/attachments/1/2/a.png"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (f"{AT_DISCORD}?ex={DEAD}&is=1&hm=ab", InputProblem.LINK_DEAD),
        (f"{AT_DISCORD}?ex={SOON}&is=1&hm=ab&", InputProblem.LINK_DEAD),
        (f"https://media.discordapp.net/attachments/1/2/a.png?ex={DEAD}&is=1&hm=ab&=&width=10", InputProblem.LINK_DEAD),
        (f"https://CDN.DiscordApp.com/ephemeral-attachments/1/2/a.png?ex={DEAD}&is=1&hm=a", InputProblem.LINK_DEAD),
        (AT_DISCORD, InputProblem.LINK_UNSIGNED),
        ("https://media.discordapp.net/attachments/1/2/a.png?width=100", InputProblem.LINK_UNSIGNED),
        (f"{AT_DISCORD}?ex={LIVE}", InputProblem.LINK_UNSIGNED),
        (f"{AT_DISCORD}?ex=nonsense&is=1&hm=ab", InputProblem.LINK_UNSIGNED),
        (f"{AT_DISCORD}?ex={'f' * 40}&is=1&hm=ab", InputProblem.LINK_UNSIGNED),
    ],
)
def test_a_dead_link_is_refused(url: str, problem: InputProblem) -> None:
    """A file at Discord that the service could not fetch is never paid for."""
    assert refusal({"image_urls": url}) == ("image_urls", problem)


@pytest.mark.parametrize(
    "url",
    [
        f"{AT_DISCORD}?ex={LIVE}&is=1&hm=ab&",
        f"https://media.discordapp.net/attachments/1/2/a.png?ex={LIVE}&is=1&hm=ab&=&format=webp",
        "https://cdn.discordapp.com/avatars/1/a.png",
        "https://cdn.discordapp.com/emojis/1.png?size=96",
        "https://example.com/attachments/1/2/a.png",
        f"https://example.com/a.png?ex={DEAD}&is=1&hm=ab",
    ],
)
def test_a_link_that_lives_is_taken(url: str) -> None:
    """Signed for long enough, of a kind that never dies, or somebody else's."""
    assert read({"image_urls": url})["image_urls"] == [url]


@pytest.mark.parametrize("odd", [{"url": ""}, {"url": None}, {"size": None}, {"size": "7"}, {"filename": None}])
def test_an_attachment_that_discord_tells_oddly_of_is_refused(odd: dict[str, object]) -> None:
    """Whatever is missing or of another type, it is a refusal, not a fault."""
    given = Attached(**odd)  # type: ignore[arg-type]  # what no client sends
    assert refusal(image1=Attached(), image2=given) == ("image2", InputProblem.WRONG_TYPE)


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        *(
            ("url", odd)
            for odd in ("", "x", "//x/y.png", "https://[/x.png", "https://h.net/a\0.png", "https://h.net/\ud800")
        ),
        *(("url", odd) for odd in (None, 7, "https://h.net:99999/a.png", "ftp://h.net/a.png")),
        *(("size", odd) for odd in (None, "7", 1.5, 10**400)),
        *(("filename", odd) for odd in (None, 7, b"a.png")),
    ],
)
def test_what_discord_tells_oddly_of_a_file_is_refused_by_its_name(fact: str, told: object) -> None:
    """Not by a traceback, and not by RunComfy, which may charge for it."""
    given: dict[str, Any] = {fact: told}
    assert refusal(image1=Attached(**given)) == ("image1", InputProblem.WRONG_TYPE)


@pytest.mark.parametrize("told", [None, "7", -1, 0, 1.5, 10**400, [], True, float("nan")])
def test_a_side_that_is_none_breaks_nothing(told: object) -> None:
    """It was not told: a model's rules for sides are left to RunComfy then."""
    rule = MediaRule(metric=MediaMetric.ASPECT_RATIO, is_upper_bound=True, bound=2.0, message="")
    assert PLAN.spec.pictures is not None
    ruled = replace(PLAN, spec=replace(PLAN.spec, inputs=tuple(_with_rule(each, rule) for each in PLAN.spec.inputs)))
    for side in ("width", "height"):
        given: dict[str, Any] = {side: told}
        assert read_request(ruled, {"prompt": "a fox"}, {"image1": Attached(**given)}, now=NOW).media


def _with_rule(spec: InputSpec, rule: MediaRule) -> InputSpec:
    return replace(spec, media_rules=(rule,)) if spec.is_media else spec


def test_a_files_name_can_be_stored() -> None:
    """No database takes a NUL or half a character."""
    (medium,) = read_request(PLAN, {"prompt": "x"}, {"image1": Attached(filename="a\0\ud800.png")}, now=NOW).media
    assert medium.name == "a.png"
