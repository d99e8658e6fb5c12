"""A person at the page: what one does there, by what one sees there."""

from __future__ import annotations

from pathlib import PurePath
from typing import Protocol

from playwright.async_api import FilePayload, Locator, Page, expect

from sandbox.pictures import Picture
from tests.sandbox.browser.stage import Stage

WAIT_MILLISECONDS = 15_000
expect.set_options(timeout=WAIT_MILLISECONDS)


def payload(picture: Picture) -> FilePayload:
    """Return a picture as a browser's file picker takes it."""
    return {"name": PurePath(picture.name).name, "mimeType": picture.content_type, "buffer": picture.data}


class Client:
    """A page that is open as somebody. `problems` collects what went wrong in its scripts."""

    def __init__(self, page: Page, stage: Stage) -> None:
        self.page = page
        self.stage = stage
        self.problems: list[str] = []
        page.set_default_timeout(WAIT_MILLISECONDS)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda line: self.problems.append(line.text) if line.type == "error" else None)
        self.line = page.locator("#composer-input")
        self.form = page.locator(".option-line")
        self.offer = page.locator(".offer")
        self.offered = page.locator(".offer [role=option]")
        self.modal = page.locator("dialog.modal")
        self.menu = page.locator("[role=menu]")
        self.toast = page.locator(".toast")
        self.notices = page.locator("#notices")

    async def open(self, person: str, channel: str | None = None) -> Client:
        """Open the page as somebody and wait until the local Discord is there."""
        place = f"?person={person}" + (f"&channel={channel}" if channel else "")
        await self.page.goto(f"{self.stage.url}{place}")
        await expect(self.page.locator("#person-switch")).to_contain_text(person)
        await expect(self.line).to_be_enabled()
        return self

    # What one sees

    @property
    def messages(self) -> Locator:
        """Every message, and every command without one."""
        return self.page.locator(".message")

    @property
    def newest(self) -> Locator:
        """The last of them."""
        return self.messages.last

    def message(self, text: str) -> Locator:
        """The last message with this text."""
        return self.messages.filter(has_text=text).last

    def button(self, message: Locator, label: str) -> Locator:
        """A button of a message."""
        return message.get_by_role("button", name=label, exact=True)

    async def sees(self, text: str, *, of: Locator | None = None) -> Locator:
        """Wait until the newest message (or another) says this, and return it, whatever comes after it."""
        message = of or self.newest
        await expect(message).to_contain_text(text)
        entry = await message.get_attribute("data-entry")
        return self.page.locator(f".message[data-entry='{entry}']")

    # What one does

    async def begin(self, command: str) -> None:
        """Type a command's name, so that its options are there to fill in."""
        await self.line.click()
        await self.line.press_sequentially(f"/{command} ")
        await expect(self.form).to_be_visible()

    async def fill(self, option: str, value: str) -> None:
        """Write into an option, which is added first where it is not there yet."""
        field = self.form.locator(f"[data-option={option}] textarea")
        if not await field.count():
            await self.add(option)
        await field.fill(value)

    async def add(self, option: str) -> None:
        """Add an optional option by its name."""
        await self.form.locator(".option-tail").fill(option)
        await expect(self.offered.first).to_contain_text(option)
        await self.page.keyboard.press("Enter")

    async def attach(self, option: str, picture: Picture) -> None:
        """Pick a file for an option."""
        card = self.page.locator(f".file-option[data-option={option}]")
        if not await card.count():
            await self.add(option)
        await card.locator("input[type=file]").set_input_files(payload(picture))
        await expect(card).to_contain_text(picture.name)

    async def send(self) -> None:
        """Send what stands in the line and wait until it has gone."""
        await self.page.get_by_role("button", name="Send", exact=True).click()
        await expect(self.form).to_have_count(0)

    async def slash(self, command: str, /, **options: str | Picture) -> None:
        """Fill in a command and send it."""
        await self.begin(command)
        for name, value in options.items():
            if isinstance(value, str):
                await self.fill(name, value)
            else:
                await self.attach(name, value)
        await self.send()

    async def act_as(self, person: str) -> None:
        """Switch to another person."""
        await self.page.locator("#person-switch").click()
        await self.page.locator(f"[data-person={person}]").click()
        await expect(self.page.locator("#person-switch")).to_contain_text(person)

    async def open_channel(self, name: str) -> None:
        """Go to another channel."""
        await self.page.locator(".channel", has_text=name).click()
        await expect(self.page.locator(".chat-title")).to_have_text(name)

    async def open_menu(self, message: Locator) -> None:
        """Press the right mouse button on a message."""
        await message.locator(".markdown").first.click(button="right", position={"x": 2, "y": 2})
        await expect(self.menu).to_be_visible()

    async def choose(self, *path: str) -> None:
        """Take an item of the open menu, through the menus that lead to it."""
        for label in path:
            await self.menu.get_by_role("menuitem", name=label, exact=True).click()

    async def switch(self, name: str) -> None:
        """Press a switch of the panel."""
        await self.page.get_by_role("tab", name="Faults").click()
        await self.page.locator(f"[data-switch={name}]").click()


class OpenClient(Protocol):
    """Opens a page as a person and waits until it shows the bot's commands."""

    async def __call__(self, stage: Stage, person: str = "ada", *, width: int = 1280, height: int = 860) -> Client:
        """Return the open page; the fixture that gave this closes it."""
        ...
