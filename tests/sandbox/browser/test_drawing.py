"""What the page draws: every component of a message, Discord's markdown, embeds, files, sound and videos."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.sandbox.browser.client import Client

RECORD_VIDEO = """async () => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 64;
  const painter = canvas.getContext("2d");
  const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: "video/webm" });
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
  recorder.start();
  for (let frame = 0; frame < 12; frame += 1) {
    painter.fillStyle = `rgb(${frame * 20}, 80, 160)`;
    painter.fillRect(0, 0, 64, 64);
    await new Promise(requestAnimationFrame);
  }
  recorder.stop();
  await stopped;
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  return [...bytes];
}"""


ARE_DECODED = "pictures => pictures.every((one) => one.complete && one.naturalWidth > 0)"


async def test_a_layout_shows_every_component(ada: Client) -> None:
    """Container with accent, sections with both accessories, gallery, files, separators, row, menu, spoiler."""
    await ada.slash("layout")
    message = await ada.sees("Above the container")
    container = message.locator(".container.has-accent")
    await expect(container).to_have_css("--accent", "#2ecc71")
    await expect(container.get_by_role("heading", name="In the container")).to_be_visible()
    await expect(container.locator(".section .thumbnail img")).to_have_attribute("alt", "a cat")
    await expect(container.locator(".section").get_by_role("button", name="Accessory")).to_be_visible()
    await expect(container.locator(".separator.is-large.has-line")).to_have_count(1)
    await expect(container.locator(".separator:not(.has-line)")).to_have_count(1)
    await expect(container.locator(".gallery-3 .gallery-cell")).to_have_count(3)
    await expect(container.locator(".file-card")).to_contain_text("notes.txt")
    await expect(container.locator(".sound audio")).to_have_count(1)
    await expect(container.get_by_role("combobox", name="Choose styles")).to_be_enabled()
    pictures = await container.locator(".gallery img, .thumbnail img").element_handles()
    assert len(pictures) == 4
    await ada.page.wait_for_function(ARE_DECODED, arg=pictures)
    hidden = message.locator(".spoiler-box", has_text="Hidden words")
    await expect(hidden.locator(".container[inert]")).to_have_count(1)
    await hidden.get_by_role("button", name="Show spoiler").click()
    await expect(hidden.locator(".container[inert]")).to_have_count(0)


async def test_buttons_look_and_lead_as_they_should(ada: Client) -> None:
    """Each style, an emoji, a disabled one, and a link that opens elsewhere without telling where from."""
    await ada.slash("buttons")
    message = await ada.sees("Press one")
    for style in ("primary", "secondary", "success", "danger"):
        await expect(message.locator(f".button-{style}")).to_have_text(re.compile(style.capitalize()))
    await expect(ada.button(message, "Danger")).to_be_disabled()
    await expect(message.locator(".button-secondary .emoji")).to_have_text("🎨")
    link = message.get_by_role("link", name="Link")
    await expect(link).to_have_attribute("href", "https://example.com/")
    await expect(link).to_have_attribute("rel", "noreferrer noopener")


async def test_markdown_is_discords_and_never_html(ada: Client) -> None:
    """Headings, emphasis, quotes, lists, code, links and mentions are drawn; what looks like HTML stays text."""
    await ada.slash("markdown")
    message = await ada.sees("First heading")
    text = message.locator(".markdown")
    for level in (1, 2, 3):
        await expect(text.locator(f"h{level}")).to_have_count(1)
    for tag, words in (("strong", "bold"), ("em", "italic"), ("u", "under"), ("s", "gone"), ("small", "small print")):
        await expect(text.locator(tag).first).to_have_text(words)
    await expect(text.locator("em > strong, strong > em")).to_have_text("both")
    await expect(text.locator("blockquote")).to_have_text("a quote with bold\nover two lines", use_inner_text=True)
    await expect(text.locator("ul ul ul li")).to_have_text("deeper")
    await expect(text.locator("ol")).to_have_attribute("start", "3")
    await expect(text.locator("pre")).to_contain_text('return len("cat") + 42')
    await expect(text.locator("pre .code-keyword").first).to_have_text("def")
    await expect(text.get_by_role("link", name="a link")).to_have_attribute("href", "https://example.com/page")
    await expect(text.get_by_role("link", name="plain_(one)")).to_have_attribute(
        "href", "https://example.com/plain_(one)"
    )
    await expect(text).to_contain_text("Not *italic*")
    await expect(text.locator(".mention")).to_have_text(["@Ada", "@everyone", "# general", "@everyone"])
    await expect(text).to_contain_text(":wave:")
    await expect(text).to_contain_text("<script>alert(1)</script> & <b>no html</b>")
    await expect(text.locator("script, b")).to_have_count(0)


async def test_relative_times_count(ada: Client) -> None:
    """A relative timestamp goes on by itself, without a word from the bot."""
    await ada.slash("markdown")
    clock = (await ada.sees("First heading")).locator("time[data-relative]")
    await expect(clock).to_contain_text("seconds ago")
    first = await clock.inner_text()
    await expect(clock).not_to_have_text(first)
    await expect(clock).to_contain_text("seconds ago")


async def test_a_spoiler_in_text_opens_on_a_press(ada: Client) -> None:
    """The words beneath are hidden, from screen readers too, until one presses it."""
    await ada.slash("markdown")
    spoiler = (await ada.sees("First heading")).locator(".spoiler")
    await expect(spoiler).to_have_attribute("aria-label", "Spoiler")
    await spoiler.click()
    await expect(spoiler).to_have_class(re.compile("is-revealed"))
    await expect(spoiler).not_to_have_attribute("aria-label", "Spoiler")


async def test_an_embed_has_all_its_parts(ada: Client) -> None:
    """Author, title, description, fields in their columns, thumbnail, picture and footer; no file beside it."""
    await ada.slash("embed")
    message = await ada.sees("With an embed")
    embed = message.locator(".embed")
    await expect(embed.locator(".embed-author")).to_have_text("An author")
    await expect(embed.locator(".embed-title a")).to_have_attribute("href", "https://example.com/")
    await expect(embed.locator(".embed-description code")).to_have_text("code")
    tops = await embed.locator(".embed-field").evaluate_all("all => all.map(one => one.getBoundingClientRect().top)")
    assert tops[0] == tops[1] == tops[2] < tops[3]
    await expect(embed.locator("img")).to_have_count(2)
    await expect(embed.locator(".embed-footer")).to_contain_text("A footer")
    await expect(message.locator(".attachments")).to_have_count(0)


async def test_galleries_of_every_size_are_arranged(ada: Client) -> None:
    """Up to ten pictures stand in a grid without gaps: the rows are filled from edge to edge."""
    await ada.slash("galleries", counts="1 2 3 4 5")
    await ada.slash("galleries", counts="6 7 8 9 10")
    message = await ada.sees("10 pictures")
    for count in (6, 7, 8, 9, 10):
        boxes = await message.locator(f".gallery-{count} .gallery-cell").evaluate_all(
            "all => all.map(one => one.getBoundingClientRect()).map(({left, right, top}) => [left, right, top])"
        )
        rights = {round(max(right for _, right, top in boxes if top == row)) for row in {top for _, _, top in boxes}}
        assert len(boxes) == count
        assert len(rights) == 1, f"{count}: the rows end at {rights}"


async def test_files_are_shown_and_sound_plays(ada: Client) -> None:
    """Pictures stand in a grid, a sound has a player that plays, and any other file a way to save it."""
    await ada.slash("files")
    message = await ada.sees("Four files")
    await expect(message.locator(".gallery img")).to_have_count(2)
    await expect(message.get_by_role("link", name="Download notes.txt")).to_be_visible()
    player = message.locator("audio")
    await player.evaluate("player => { player.muted = true; return player.play(); }")
    await ada.page.wait_for_function(
        "player => player.ended || player.currentTime > 0", arg=await player.element_handle()
    )


async def test_a_video_plays(ada: Client) -> None:
    """A video that a person attaches stands in the message with a player that plays."""
    video = bytes(await ada.page.evaluate(RECORD_VIDEO))
    picker = ada.page.locator(".composer-row input[type=file]")
    await picker.set_input_files({"name": "video.webm", "mimeType": "video/webm", "buffer": video})
    await ada.line.fill("A video")
    await ada.line.press("Enter")
    player = (await ada.sees("A video")).locator("video")
    await player.evaluate("player => { player.muted = true; return player.play(); }")
    await ada.page.wait_for_function(
        "player => player.videoWidth === 64 && player.currentTime > 0", arg=await player.element_handle()
    )
