from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.errors import InputProblem, InvalidInput
from services.models.signed_links import has_dead_links, require_live_link

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FILE = "/attachments/1/2/cat.png"


def link(host: str = "cdn.discordapp.com", *, minutes: float = 600, path: str = FILE, scheme: str = "https") -> str:
    """Return a link as Discord signs it, which dies so many minutes from now."""
    dies_at = int((NOW + timedelta(minutes=minutes)).timestamp())
    return f"{scheme}://{host}{path}?ex={dies_at:x}&is=65f0&hm=abc&"


HOSTS = [
    "cdn.discordapp.com",
    "media.discordapp.net",
    "CDN.DiscordApp.com",
    "cdn.discordapp.com.",
    "cdn.discordapp.com:443",
]


@pytest.mark.parametrize("host", HOSTS)
def test_a_link_is_refused_once_it_is_dead(host: str) -> None:
    """Whichever of Discord's hosts names it, and however that is written."""
    require_live_link(link(host), input_name="image", now=NOW)
    for minutes in (-600, -1, 1):  # one that dies in a minute does so before the service has fetched it
        dead = link(host, minutes=minutes)
        with pytest.raises(InvalidInput) as refused:
            require_live_link(dead, input_name="image", now=NOW)
        assert refused.value.problem is InputProblem.LINK_DEAD
        assert has_dead_links({"prompt": "a fox", "images": ["https://a.example/b.png", dead]}, now=NOW)
    assert not has_dead_links({"images": [link(host)], "mask": {"url": link(host)}}, now=NOW)


@pytest.mark.parametrize(
    "url",
    [
        f"https://cdn.discordapp.com{FILE}",
        f"https://cdn.discordapp.com{FILE}?ex=65f0",
        f"https://media.discordapp.net{FILE}?width=400&height=300",
        f"https://cdn.discordapp.com{FILE}?ex=zz&is=65f0&hm=abc",
        f"https://cdn.discordapp.com{FILE}?ex=&is=&hm=",
        f"HTTPS://CDN.DISCORDAPP.COM{FILE}",
        f"https://cdn.discordapp.com{FILE}?ex=+7fffffff&is=65f0&hm=abc",
        f"https://cdn.discordapp.com{FILE}?ex=0x7fffffff&is=65f0&hm=abc",
        f"https://cdn.discordapp.com{FILE}?ex=ffffffffffff&is=65f0&hm=abc",
        f"https://cdn.discordapp.com/{FILE}",
        "https://cdn.discordapp.com/%61ttachments/1/2/cat.png",
        "https://cdn.discordapp.com/x/../attachments/1/2/cat.png",
        "https://cdn.discordapp.com/ephemeral-attachments/1/2/cat.png",
        f"https://images-ext-1.discordapp.net/external/a-b_c/https/cdn.discordapp.com{FILE}",
        f"https://images-ext-2.discordapp.net/external/abc/%3Fex%3D1/https/media.discordapp.net{FILE}",
    ],
)
def test_a_link_without_its_signature_is_refused(url: str) -> None:
    """Nobody but Discord's own clients could fetch it."""
    with pytest.raises(InvalidInput) as refused:
        require_live_link(url, input_name="image", now=NOW)
    assert refused.value.problem is InputProblem.LINK_UNSIGNED


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.discordapp.com/avatars/1/abc.png",
        "https://cdn.discordapp.com/emojis/1.png",
        "https://images-ext-1.discordapp.net/external/abc/https/example.org/attachments/cat.png",
        f"https://discordapp.com.example.org{FILE}",
        f"https://example.org{FILE}?ex=1&is=1&hm=1",
        "https://[broken/attachments/1/2/cat.png",
    ],
)
def test_what_needs_no_signature_passes(url: str) -> None:
    """Avatars, emojis and other people's hosts have no signature that could run out."""
    require_live_link(url, input_name="image", now=NOW)
    assert not has_dead_links({"image": url}, now=NOW)


def test_of_two_times_the_first_counts() -> None:
    """Which of them Discord reads is not known."""
    twice = link() + f"ex={int((NOW - timedelta(hours=1)).timestamp()):x}"
    assert has_dead_links({"images": [twice]}, now=NOW)


def test_a_prompt_may_speak_of_a_dead_link() -> None:
    """Only what is nothing but an address is fetched."""
    assert not has_dead_links({"prompt": f"{link(minutes=-600)} was a fox"}, now=NOW)
