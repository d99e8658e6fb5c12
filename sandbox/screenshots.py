"""Takes the README's pictures of the sandbox's page, with Playwright and Chromium: `python -m sandbox.screenshots`."""

from __future__ import annotations

import argparse
import asyncio
import io
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, FilePayload, Page, async_playwright, expect

from sandbox.chromium import HOW_TO_GET_IT, find_chromium
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from sandbox.web.opening import open_page

PROMPT = "Put the cat on the sailing boat, at night, with paper lanterns along the rail"
FOLDER = Path("docs/screenshots")
_WIDE, _PHONE = (1280, 800), (380, 780)
_WHOLE_CARD_HEIGHT, _WHOLE_PANEL_HEIGHT = 900, 960
_WAIT_MILLISECONDS = 20_000
_RUN_SECONDS = 4.0  # long enough to take a running card
_CARD, _BACKGROUND = ".container", (49, 51, 56)
_SHARP, _GAP = 2, 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Camera:
    """A running sandbox with its page, and where the pictures go."""

    sandbox: Sandbox
    browser: Browser
    url: str
    folder: Path

    async def open(self, *, size: tuple[int, int] = _WIDE, is_light: bool = False, scale: int = 1) -> Page:
        """Open the page as Ada; `scale`: pixels of the picture for one of the page."""
        context = await self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="light" if is_light else "dark",
            locale="en-GB",
            device_scale_factor=scale,
        )
        page = await context.new_page()
        page.set_default_timeout(_WAIT_MILLISECONDS)
        await page.goto(self.url)
        await expect(page.locator("#composer-input")).to_be_enabled()
        return page

    async def take(self, page: Page, name: str) -> None:
        """Write what the page shows to a file, once its pictures are there."""
        await page.mouse.move(0, 0)
        await page.wait_for_function("() => [...document.images].every((image) => image.complete)")
        path = self.folder / f"{name}.png"
        await page.screenshot(path=path, animations="disabled")
        sys.stdout.write(f"{path}\n")


def main() -> int:
    """Take every picture and return the exit code: 0, or 1 where there is no Chromium."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.screenshots", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the pictures go")
    folder: Path = parser.parse_args().folder
    chromium = find_chromium()
    if chromium is None:
        sys.stderr.write(f"There is no Chromium here ({HOW_TO_GET_IT}).\n")
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_take_all(folder, chromium))
    return 0


async def _take_all(folder: Path, chromium: str) -> None:
    with tempfile.TemporaryDirectory(prefix="comfycord-screenshots-") as data:
        async with (
            Sandbox.open(data_dir=Path(data)) as sandbox,
            sandbox.bot() as bot,
            open_page(sandbox, bot) as page,
            async_playwright() as playwright,
        ):
            await bot.wait_ready()
            browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            camera = Camera(sandbox=sandbox, browser=browser, url=page.url, folder=folder)
            await _take_job(camera)
            await _take_others(camera)
            await browser.close()


async def _take_job(camera: Camera) -> None:
    """A job from the composer to the finished card, and what the panel shows meanwhile."""
    pace = camera.sandbox.model_api.pace
    pace.hold_in_queue()
    pace.run_seconds = _RUN_SECONDS
    page = await camera.open()
    sharp = await camera.open(size=(_WIDE[0], _WHOLE_PANEL_HEIGHT), scale=_SHARP)
    await _fill_in(page)
    await camera.take(page, "composer")
    await _send(page)
    await expect(page.locator(".message").last).to_contain_text("In queue")
    await page.get_by_role("tab", name="Requests").click()
    await camera.take(page, "running")
    await page.get_by_role("tab", name="Faults").click()
    slow_queue = page.get_by_role("switch", name="Slow queue")
    await slow_queue.click()
    await expect(slow_queue).to_have_attribute("aria-checked", "true")
    await _grow(page, _WHOLE_PANEL_HEIGHT)
    await expect(page.locator(".switch").last).to_be_in_viewport(ratio=1)
    await camera.take(page, "faults")
    await _grow(page, _WIDE[1])
    await slow_queue.click()
    cards = [await _card(sharp, "In queue")]
    pace.release()
    cards.append(await _card(sharp, "Running"))
    await expect(page.locator(".message").last).to_contain_text("Done")
    await expect(page.locator(".gallery img")).to_be_visible()
    await page.get_by_role("tab", name="Traffic").click()
    await _grow(page, _WHOLE_CARD_HEIGHT)
    await expect(page.locator(".message").last).to_be_in_viewport(ratio=1)
    await camera.take(page, "finished")
    cards.append(await _card(sharp, "Done"))
    _keep_cards(cards, camera.folder / "cards.png")
    await sharp.close()
    await _grow(page, _WIDE[1])
    await page.get_by_role("button", name="Open picture").click()
    await camera.take(page, "large")
    await page.close()


async def _take_others(camera: Camera) -> None:
    """The look back, by day, and on a phone."""
    page = await camera.open(is_light=True)
    await _command(page, "history")
    await expect(page.locator(".message").last).to_contain_text("Only you can see this")
    await camera.take(page, "history-light")
    await page.close()
    page = await camera.open(size=_PHONE)
    await expect(page.locator(".gallery img")).to_be_visible()
    await camera.take(page, "phone")
    await _fill_in(page)
    await camera.take(page, "phone-composer")
    await page.close()


async def _card(page: Page, state: str) -> Image.Image:
    """Return the last message's card, once it reads as `state` and its pictures are there."""
    message = page.locator(".message").last
    await expect(message).to_contain_text(state)
    await expect(message).to_contain_text("ago")
    if state == "Done":
        await expect(message.locator(".gallery img")).to_be_visible()
    await page.mouse.move(0, 0)
    await page.wait_for_function("() => [...document.images].every((image) => image.complete)")
    shot = await message.locator(_CARD).screenshot(animations="disabled")
    return Image.open(io.BytesIO(shot)).convert("RGB")


def _keep_cards(cards: list[Image.Image], path: Path) -> None:
    """Write one picture of a card's three states: the first two one above the other, the last beside them."""
    queued, running, done = cards
    gap = _GAP * _SHARP
    left = queued.height + gap + running.height
    size = (queued.width + done.width + 3 * gap, max(left, done.height) + 2 * gap)
    sheet = Image.new("RGB", size, _BACKGROUND)
    sheet.paste(queued, (gap, gap))
    sheet.paste(running, (gap, 2 * gap + queued.height))
    sheet.paste(done, (2 * gap + queued.width, gap))
    sheet.save(path, optimize=True)
    sys.stdout.write(f"{path}\n")


async def _grow(page: Page, height: int) -> None:
    """Make the window as high as what is to be seen whole."""
    await page.set_viewport_size({"width": _WIDE[0], "height": height})


async def _fill_in(page: Page) -> None:
    """Fill in /edit up to the choice of a quality."""
    await _command(page, "edit", is_sent=False)
    await page.locator("[data-option=prompt] textarea").fill(PROMPT)
    for name in ("image1", "image2"):
        await _add_option(page, name)
        await page.locator(f"[data-option={name}] input[type=file]").set_input_files(_file(name))
    await _add_option(page, "quality")


async def _add_option(page: Page, name: str) -> None:
    await page.locator(".option-tail").fill(name)
    await page.keyboard.press("Enter")
    await expect(page.locator(f"[data-option={name}]")).to_be_visible()


async def _command(page: Page, name: str, *, is_sent: bool = True) -> None:
    await page.locator("#composer-input").click()
    await page.locator("#composer-input").press_sequentially(f"/{name} ")
    await expect(page.locator(".option-line")).to_be_visible()
    if is_sent:
        await _send(page)


async def _send(page: Page) -> None:
    quality = page.locator("[data-option=quality] textarea")
    if await quality.count():
        await quality.fill("high")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator(".option-line")).to_have_count(0)


def _file(option: str) -> FilePayload:
    picture = paint("cat.png" if option == "image1" else "boat.jpg")
    return {"name": picture.name, "mimeType": picture.content_type, "buffer": picture.data}


if __name__ == "__main__":
    sys.exit(main())
