"""The page as wide as a phone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.async_api import expect

from sandbox.pictures import paint
from tests.sandbox.browser.client import Client, OpenClient
from tests.sandbox.browser.stage import Stage

PHONE = 360
BEYOND_THE_EDGE = """() => [...document.querySelectorAll("main *, dialog *, .popup *")]
  .filter((one) => !one.closest(".option-cards, .code-block, .for-readers"))
  .map((one) => [`${one.tagName}.${one.className}`, Math.round(one.getBoundingClientRect().right)])
  .filter(([, right]) => right > innerWidth + 1)
  .map(([name, right]) => `${name} ${right}`)"""


async def overflow(client: Client) -> list[str]:
    """Name what reaches beyond the page's right edge."""
    found: list[str] = await client.page.evaluate(BEYOND_THE_EDGE)
    return found


@pytest.mark.parametrize("command", ["layout", "markdown", "embed", "files", "buttons", "menus"])
async def test_everything_fits(showcase: Stage, open_client: OpenClient, command: str) -> None:
    """Whatever a message holds, nothing is cut off at the right edge."""
    ada = await open_client(showcase, width=PHONE, height=740)
    await ada.slash(command)
    await ada.sees(f"used /{command}")
    assert await overflow(ada) == []


async def test_channels_and_panel_slide_over_the_chat(showcase: Stage, open_client: OpenClient) -> None:
    """Both are away at first, come by their buttons, and go when one has chosen or presses Escape."""
    ada = await open_client(showcase, width=PHONE, height=740)
    sidebar, panel = ada.page.locator("#sidebar"), ada.page.locator("#panel")
    await expect(sidebar).not_to_be_in_viewport()
    await expect(panel).to_be_hidden()
    await ada.page.get_by_role("button", name="Channels").click()
    await expect(sidebar).to_be_in_viewport()
    await ada.page.locator(".channel", has_text="adults").click()
    await expect(sidebar).not_to_be_in_viewport()
    await expect(ada.page.locator(".chat-title")).to_have_text("adults")
    await ada.page.get_by_role("button", name="Behind the scenes").click()
    await expect(panel).to_be_visible()
    await ada.page.keyboard.press("Escape")
    await expect(panel).to_be_hidden()


async def test_a_form_fits(showcase: Stage, open_client: OpenClient) -> None:
    """A long form scrolls within itself; its buttons stay in reach."""
    ada = await open_client(showcase, width=PHONE, height=560)
    await ada.slash("form")
    await expect(ada.modal).to_be_visible()
    assert await overflow(ada) == []
    await expect(ada.modal.get_by_role("button", name="Submit")).to_be_in_viewport()
    await ada.modal.get_by_role("button", name="Cancel").click()
    await expect(ada.modal).to_have_count(0)


async def test_a_picture_is_edited(bot_stage: Stage, open_client: OpenClient) -> None:
    """/edit with its options and a file goes as on a wide page, to the finished picture."""
    ada = await open_client(bot_stage, width=PHONE, height=740)
    await ada.begin("edit")
    await ada.fill("prompt", "A cat on a phone, with a long description that needs more than one line of it")
    await ada.attach("image1", paint("cat.png"))
    assert await overflow(ada) == []
    await ada.send()
    await ada.sees("Done")
    await expect(ada.newest.locator(".gallery img")).to_be_visible()
    assert await overflow(ada) == []


@pytest.mark.parametrize("width", [PHONE, 1280])
async def test_a_longest_prompt_leaves_everything_in_reach(
    bot_stage: Stage, open_client: OpenClient, width: int
) -> None:
    """A prompt of 4,000 characters is scrolled in the composer; its command, Send and the chat stay in sight."""
    ada = await open_client(bot_stage, width=width, height=740)
    await ada.begin("edit")
    await ada.attach("image1", paint("cat.png"))
    await ada.fill("prompt", "W" * 4000)
    await expect(ada.form).to_be_in_viewport(ratio=1)
    await expect(ada.page.locator(".chat-title")).to_be_in_viewport(ratio=1)
    await ada.form.locator("[data-option=prompt] textarea").press("Control+End")
    await expect(ada.form.locator(".command-name")).to_be_in_viewport(ratio=1)
    assert await overflow(ada) == []
    await ada.page.get_by_role("button", name="Send", exact=True).click(trial=True)


async def test_a_large_picture_of_a_long_name_fits(showcase: Stage, open_client: OpenClient) -> None:
    """The name below a large picture is broken, not cut."""
    ada = await open_client(showcase, width=PHONE, height=740)
    picture = replace(paint("cat.png"), name="n" * 200 + ".png")
    await showcase.sandbox.clients.ada.write("a cat", channel=showcase.sandbox.channels.general, files=[picture])
    await (await ada.sees("a cat")).get_by_role("button", name="Open picture").click()
    name = ada.page.locator(".lightbox-name")
    await expect(name).to_contain_text("nnn.png")
    box = await name.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert await overflow(ada) == []
