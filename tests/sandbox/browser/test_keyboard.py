"""The page without a mouse."""

from __future__ import annotations

from playwright.async_api import expect

from sandbox.pictures import paint
from tests.sandbox.browser.client import Client, OpenClient
from tests.sandbox.browser.stage import Stage


async def press(client: Client, *keys: str) -> None:
    """Press keys one after the other."""
    for key in keys:
        await client.page.keyboard.press(key)


async def test_a_command_is_found_filled_in_and_sent(ada: Client) -> None:
    """A slash, a few letters, arrows, Tab and Enter: required options first, optional ones by their name."""
    await ada.page.keyboard.type("/or")
    await expect(ada.offered).to_have_count(2)  # /order, and /choices is no match: /form holds "or"
    await press(ada, "Enter")
    await expect(ada.form).to_contain_text("/order")
    await expect(ada.offer).to_contain_text("required")
    await ada.page.keyboard.type("Lantern")
    await expect(ada.offer).to_contain_text("7 / 10")
    await press(ada, "Tab")
    await expect(ada.offer).to_contain_text("a whole number from 1 to 5")
    await ada.page.keyboard.type("3")
    await press(ada, "Tab")
    await ada.page.keyboard.type("x")
    await expect(ada.offered).to_contain_text(["Place x1", "Place x2", "Place x3"])
    await press(ada, "ArrowDown", "Enter")
    await expect(ada.offer).to_contain_text("friend")
    await ada.page.keyboard.type("fri")
    await press(ada, "Enter")
    await ada.page.keyboard.type("be")
    await expect(ada.offered).to_have_count(1)
    await press(ada, "Enter", "Enter")
    await ada.sees("Lantern | 3 | place-x2 | ben | False")


async def test_what_is_wrong_is_said_where_it_is(ada: Client) -> None:
    """Enter with a wrong or missing value sends nothing: the option is marked, gets the focus, and says why."""
    await ada.begin("order")
    await press(ada, "Enter")
    await expect(ada.form.locator(".option.is-wrong")).to_have_count(3)
    await expect(ada.offer).to_contain_text("This option is required")
    await ada.page.keyboard.type("much too long")
    await press(ada, "Enter")
    await expect(ada.offer).to_contain_text("Between 2 and 10 characters, not 13")
    await ada.fill("title", "Short")
    await ada.fill("count", "9")
    await press(ada, "Enter")
    await expect(ada.offer).to_contain_text("At most 5")
    await press(ada, "Escape")
    await expect(ada.line).to_be_focused()


async def test_backspace_takes_options_and_the_command_away(ada: Client) -> None:
    """In an empty optional option it removes the option; at the beginning of an empty command it leaves it."""
    await ada.begin("order")
    await ada.add("friend")
    await press(ada, "Backspace")
    await expect(ada.form.locator("[data-option=friend]")).to_have_count(0)
    await ada.form.locator("[data-option=title] textarea").focus()
    await press(ada, "Backspace")
    await expect(ada.form).to_have_count(0)
    await expect(ada.line).to_be_focused()


async def test_messages_and_their_menus_are_reached(ada: Client) -> None:
    """Up from the empty line to the last message, Shift+F10 for its menu, arrows through it; focus comes back."""
    await ada.page.keyboard.type("hello keys")
    await press(ada, "Enter")
    message = await ada.sees("hello keys")
    await press(ada, "ArrowUp")
    await expect(message).to_be_focused()
    await press(ada, "Shift+F10")
    await expect(ada.menu.get_by_role("menuitem", name="Apps")).to_be_focused()
    await press(ada, "ArrowRight")
    await expect(ada.menu.get_by_role("menuitem", name="Inspect message")).to_be_focused()
    await press(ada, "Escape")
    await expect(ada.menu).to_have_count(0)
    await expect(message).to_be_focused()
    await press(ada, "Shift+F10", "Enter", "Enter")
    await ada.sees("inspected “hello keys”")


async def test_buttons_menus_and_forms_are_used(ada: Client) -> None:
    """Tab leads into a message's controls; Space, arrows and Enter use them; a form keeps the focus within."""
    await ada.slash("menus")
    menu = (await ada.sees("Choose")).get_by_role("combobox", name="Choose styles")
    await menu.focus()
    await press(ada, "ArrowDown")
    await expect(ada.page.locator(".select-menu")).to_be_visible()
    await press(ada, "ArrowDown", "Enter", "Tab")
    await ada.sees("used style ink")
    await ada.slash("choices")
    await expect(ada.modal.get_by_label("Small")).to_be_focused()
    await press(ada, "ArrowDown", "Tab", "Space", "Tab", "Tab", "Tab", "Space", "Tab", "Tab", "Tab", "Enter")
    await ada.sees("large | moon | True |")


async def test_person_channel_and_panel_are_switched(ada: Client) -> None:
    """The account button opens the list of people; channels are buttons; tabs go by arrows; switches by Space."""
    await ada.page.locator("#person-switch").focus()
    await press(ada, "Enter", "ArrowDown", "Enter")
    await expect(ada.page.locator("#person-switch")).to_contain_text("ben")
    await ada.page.get_by_role("button", name="adults").focus()
    await press(ada, "Enter")
    await expect(ada.page.locator(".chat-title")).to_have_text("adults")
    await ada.page.get_by_role("tab", name="Faults").focus()
    await press(ada, "ArrowRight", "ArrowRight")
    await expect(ada.page.get_by_role("tab", name="Traffic")).to_have_attribute("aria-selected", "true")
    await expect(ada.page.locator(".traffic").first).to_be_visible()
    await press(ada, "ArrowLeft", "ArrowLeft")
    toggle = ada.page.get_by_role("switch", name="Slow queue")
    await toggle.focus()
    await press(ada, "Space")
    await expect(toggle).to_have_attribute("aria-checked", "true")
    await press(ada, "Space")
    await expect(toggle).to_have_attribute("aria-checked", "false")


async def test_the_panel_keeps_the_focus_while_it_counts(bot_stage: Stage, open_client: OpenClient) -> None:
    """A request's inputs stay open and focused while the bot asks on and on."""
    bot_stage.sandbox.model_api.pace.hold_in_queue()
    try:
        ada = await open_client(bot_stage)
        await ada.slash("edit", prompt="Held", image1=paint("cat.png"))
        await ada.sees("In queue")
        await ada.page.get_by_role("tab", name="Requests").click()
        request = ada.page.locator(".request").first
        await request.locator("summary").press("Enter")
        facts = await request.locator(".request-facts").inner_text()
        await expect(request.locator(".request-facts")).not_to_have_text(facts)
        await expect(request.locator("summary")).to_be_focused()
        await expect(request.locator("details")).to_have_attribute("open", "")
    finally:
        bot_stage.sandbox.model_api.pace.release()
    await ada.sees("Done")
