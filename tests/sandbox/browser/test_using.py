"""What a person does with messages: buttons, menus, forms, Apps menus, answers, and what goes wrong with them."""

from __future__ import annotations

from playwright.async_api import expect

from sandbox.discord.interactions import Interaction
from sandbox.pictures import paint
from tests.sandbox.browser.client import Client, OpenClient, payload
from tests.sandbox.browser.stage import Stage

RESPONSE_SECONDS = 3


def interactions(stage: Stage) -> list[Interaction]:
    """Every interaction so far, oldest first."""
    return list(stage.sandbox.state.interactions.values())


async def test_a_pressed_button_is_answered_below(ada: Client) -> None:
    """The answer to a press is a message of its own, private where the bot says so; it can be dismissed."""
    await ada.slash("buttons")
    await ada.button(await ada.sees("Press one"), "Primary").click()
    answer = await ada.sees("used primary")
    await expect(answer.locator(".private-line")).to_contain_text("Only you can see this")
    await ada.button(answer, "Dismiss message").click()
    await expect(ada.message("used primary")).to_have_count(0)


async def test_a_message_that_is_edited_changes_in_place(ada: Client) -> None:
    """An edit shows at once on the same message, marked as edited."""
    await ada.slash("buttons")
    message = await ada.sees("Press one")
    count = await ada.messages.count()
    await ada.button(message, "Success").click()
    await ada.sees("The message was edited (edited)")
    await expect(ada.messages).to_have_count(count)


async def test_a_press_that_is_not_answered_fails_as_in_discord(ada: Client) -> None:
    """The button is busy for three seconds, then the message says that the interaction failed."""
    await ada.slash("buttons")
    message = await ada.sees("Press one")
    await ada.button(message, "Secondary").click()
    await expect(message.locator(".button-secondary")).to_be_disabled()
    await ada.stage.sandbox.clock.advance(RESPONSE_SECONDS)
    await expect(message.get_by_role("alert")).to_contain_text("failed")
    await expect(message.locator(".button-secondary")).to_be_enabled()


async def test_a_command_that_is_not_answered_fails_as_in_discord(ada: Client) -> None:
    """After three seconds its sender, and nobody else, reads that the application did not respond, and dismisses it."""
    await ada.slash("sulk")
    await ada.sees("Ada used /sulk")
    await ada.sees("Sending command…")
    await ada.stage.sandbox.clock.advance(RESPONSE_SECONDS)
    failed = await ada.sees("The application did not respond")
    await ada.button(failed, "Dismiss message").click()
    await expect(ada.message("/sulk")).to_have_count(0)


async def test_a_deferred_answer_reads_that_the_bot_thinks(ada: Client) -> None:
    """Until the bot goes on, its message reads that it is thinking."""
    await ada.slash("think")
    await ada.sees("Comfycord is thinking…")


async def test_menus_send_what_is_chosen(showcase: Stage, ada: Client) -> None:
    """Texts (several), users, roles, mentionables and channels; users, roles and channels can be searched."""
    await ada.slash("menus")
    message = await ada.sees("Choose")
    await message.get_by_role("combobox", name="Choose styles").click()
    listed = ada.page.locator(".select-menu [role=option]")
    await expect(listed).to_have_count(3)
    await listed.filter(has_text="Oil").click()
    await listed.filter(has_text="Chalk").click()
    await ada.page.keyboard.press("Tab")
    await ada.sees("used style oil, chalk")
    state = showcase.sandbox.state
    (guild,) = state.guilds.values()
    roles = {role.name: role.id for role in guild.roles.values()}
    wanted = {
        "Who": ("Ben", state.user("ben").id),
        "Which role": ("moderators", roles["moderators"]),
        "Where": ("adults", state.channel("adults").id),
    }
    for menu, (label, value) in wanted.items():
        await message.get_by_role("combobox", name=menu).click()
        await ada.page.get_by_role("combobox", name="Search").fill(label.lower())
        await ada.page.keyboard.press("Enter")
        await ada.sees(str(value))


async def test_a_form_is_filled_in_and_sent(ada: Client) -> None:
    """Texts with their limits, a menu and files: what is missing is said, then what was filled in arrives."""
    await ada.slash("form")
    await expect(ada.modal).to_contain_text("A form with every kind of field.")
    await ada.modal.get_by_role("button", name="Submit").click()
    await expect(ada.modal.locator(".field.is-wrong")).to_have_count(3)
    await expect(ada.modal.get_by_label("Name")).to_be_focused()
    await ada.modal.get_by_label("Name").fill("A")
    await ada.modal.get_by_role("button", name="Submit").click()
    await expect(ada.modal.locator("[data-field=name]")).to_contain_text("Must be between 2 and 20 in length.")
    await ada.modal.get_by_label("Name").fill("Ada")
    await ada.modal.get_by_label("Story").fill("Once\nupon")
    await ada.modal.get_by_role("combobox", name="Styles").click()
    await ada.page.locator(".select-menu [role=option]", has_text="Ink").click()
    await ada.page.keyboard.press("Tab")
    await ada.modal.locator("input[type=file]").set_input_files([payload(paint("cat.png", width=8, height=6))])
    await expect(ada.modal.locator(".file-row")).to_contain_text("cat.png")
    await ada.modal.get_by_role("button", name="Submit").click()
    await expect(ada.modal).to_have_count(0)
    answer = await ada.sees("Ada | Once\nupon | ink | cat.png (")
    await expect(answer).to_contain_text("Only you can see this")


async def test_a_form_of_choices_is_sent(ada: Client) -> None:
    """Radio buttons, checkboxes, one checkbox and an optional menu of users."""
    await ada.slash("choices")
    await ada.modal.get_by_label("Large").check()
    await ada.modal.get_by_label("Moon").check()
    await ada.modal.get_by_label("Rain").check()
    await ada.modal.get_by_role("checkbox", name="Agreed").check()
    await ada.modal.get_by_role("combobox", name="Friend").click()
    await ada.page.get_by_role("combobox", name="Search").fill("ben")
    await ada.page.keyboard.press("Enter")
    await ada.modal.get_by_role("button", name="Submit").click()
    await ada.sees("large | moon, rain | True | ben")


async def test_a_form_can_be_put_away(ada: Client) -> None:
    """Escape closes it, and nothing is sent."""
    await ada.slash("choices")
    await expect(ada.modal).to_be_visible()
    before = len(interactions(ada.stage))
    await ada.page.keyboard.press("Escape")
    await expect(ada.modal).to_have_count(0)
    assert len(interactions(ada.stage)) == before


async def test_apps_menus_of_messages_and_people(ada: Client) -> None:
    """The right mouse button on a message or a name leads to the bot's commands for it."""
    await ada.line.fill("look at this")
    await ada.line.press("Enter")
    message = await ada.sees("look at this")
    await ada.open_menu(message)
    await ada.choose("Apps", "Inspect message")
    answer = await ada.sees("inspected “look at this”")
    await expect(answer).to_contain_text("Ada used Inspect message")
    await message.get_by_role("button", name="Ada").last.click(button="right")
    await ada.choose("Apps", "Greet member")
    await ada.sees("hello ada")


async def test_messages_are_answered_and_deleted(showcase: Stage, open_client: OpenClient, ada: Client) -> None:
    """One answers a message by its menu; its author and a moderator may delete it, nobody else."""
    await ada.line.fill("first words")
    await ada.line.press("Enter")
    await ada.open_menu(await ada.sees("first words"))
    await ada.choose("Reply")
    await ada.line.fill("an answer")
    await ada.line.press("Enter")
    answer = await ada.sees("an answer")
    await expect(answer.locator(".reference")).to_contain_text("first words")
    ben, mod = await open_client(showcase, "ben"), await open_client(showcase, "mod")
    await ben.open_menu(await ben.sees("an answer"))
    await expect(ben.menu.get_by_role("menuitem", name="Delete Message")).to_have_count(0)
    await mod.open_menu(await mod.sees("an answer"))
    await mod.choose("Delete Message")
    await expect(ada.message("an answer")).to_have_count(0)


async def test_a_channel_says_what_may_be_done_in_it(ada: Client) -> None:
    """Age-restricted channels and those closed to the bot are marked; the conversation with the bot is there too."""
    marks = {name: ada.page.locator(".channel", has_text=name) for name in ("adults", "announcements", "Comfycord")}
    await expect(marks["adults"]).to_contain_text("18+")
    await expect(marks["announcements"]).to_contain_text("no bot")
    await marks["Comfycord"].click()
    await ada.slash("buttons")
    await ada.sees("Press one")


# `bytes` are the file's bytes, or how many of them.
GIVE = """([name, bytes, kind]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
  const target = kind === "paste" ? document.activeElement : document.getElementById("chat");
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true })
    : new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
  target.dispatchEvent(event);
}"""


async def test_files_are_dropped_and_pasted(showcase: Stage, ada: Client) -> None:
    """Either way they wait above the line, go with the message, and can be taken away before."""
    small = paint("cat.png", width=8, height=6)
    tray = ada.page.locator(".file-tray .file-option")
    await ada.line.click()
    for name, kind in (("dropped.png", "drop"), ("pasted.png", "paste"), ("unwanted.png", "paste")):
        await ada.page.evaluate(GIVE, [name, list(small.data), kind])
        await expect(tray.last).to_contain_text(name)
    await tray.last.get_by_role("button", name="Remove unwanted.png").click()
    await ada.line.press("Enter")
    await expect(ada.newest.locator(".gallery img")).to_have_count(2)
    message = list(showcase.sandbox.state.messages.values())[-1]
    assert [file.filename for file in message.attachments] == ["dropped.png", "pasted.png"]


async def test_a_dropped_file_goes_to_the_next_empty_option(bot_stage: Stage, open_client: OpenClient) -> None:
    """While a command is filled in, files fill its file options in their order, optional ones too."""
    ada = await open_client(bot_stage)
    await ada.begin("edit")
    small = paint("cat.png", width=8, height=6)
    for number in (1, 2):
        await ada.page.evaluate(GIVE, [f"cat{number}.png", list(small.data), "drop"])
        await expect(ada.page.locator(f".file-option[data-option=image{number}]")).to_contain_text(f"cat{number}.png")


async def test_a_file_beyond_the_channels_limit_is_refused_at_once(showcase: Stage, ada: Client) -> None:
    """The page says how large the file is and how large it may be; nothing is sent."""
    (guild,) = showcase.sandbox.state.guilds.values()
    await ada.page.evaluate(GIVE, ["huge.png", guild.upload_limit_bytes + 1, "drop"])
    await expect(ada.toast).to_contain_text("“huge.png” is too large")
    await expect(ada.page.locator(".file-tray .file-option")).to_have_count(0)


async def test_the_bots_log_opens_at_its_end(showcase: Stage, open_client: OpenClient) -> None:
    """Who opens it wants to see what happened last; it stays there while the log grows."""
    ada = await open_client(showcase, height=260)
    await ada.page.get_by_role("tab", name="Bot log").click()
    await ada.page.wait_for_function(
        """() => {
          const { scrollTop, scrollHeight, clientHeight } = document.querySelector("#page-log");
          return scrollTop > 0 && scrollHeight - scrollTop - clientHeight < 2;
        }"""
    )
