"""Light and dark, and whether one can read them."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.sandbox.browser.client import Client

# Text on what lies beneath it, by the names of the theme's colours.
PAIRS = [
    (text, ground)
    for text in ("--text", "--text-strong", "--text-muted", "--link", "--red-text", "--green-text", "--yellow-text")
    for ground in ("--chat", "--side", "--card", "--raised", "--float", "--field")
]
CONTRASTS = """(pairs) => {
  const painter = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const light = (name) => {
    painter.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name);
    painter.fillRect(0, 0, 1, 1);
    const parts = [...painter.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  return pairs.map(([text, ground]) => {
    const [low, high] = [light(text), light(ground)].sort((one, other) => one - other);
    return (high + 0.05) / (low + 0.05);
  });
}"""


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_every_text_can_be_read(ada: Client, scheme: str) -> None:
    """Each colour of text has a contrast of 4.5 to 1 to each ground it may stand on (WCAG AA)."""
    await ada.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await expect(ada.page.locator("html")).to_have_attribute("data-theme", scheme)
    contrasts: list[float] = await ada.page.evaluate(CONTRASTS, [list(pair) for pair in PAIRS])
    assert [(pair, round(one, 2)) for pair, one in zip(PAIRS, contrasts, strict=True) if one < 4.5] == []


async def test_the_theme_follows_the_system_until_one_chooses(ada: Client) -> None:
    """The switch takes the other theme, and a reload keeps it."""
    root = ada.page.locator("html")
    await ada.page.emulate_media(color_scheme="dark")
    await expect(root).to_have_attribute("data-theme", "dark")
    await ada.page.locator("#theme-switch").click()
    await expect(root).to_have_attribute("data-theme", "light")
    await ada.page.reload()
    await expect(root).to_have_attribute("data-theme", "light")


async def test_nothing_is_loaded_from_elsewhere(ada: Client) -> None:
    """Every file of the page comes from the sandbox itself."""
    await ada.slash("files")
    await expect(ada.newest.locator(".gallery img")).to_have_count(2)
    hosts = await ada.page.evaluate("performance.getEntriesByType('resource').map((one) => new URL(one.name).hostname)")
    assert set(hosts) == {"127.0.0.1"}
