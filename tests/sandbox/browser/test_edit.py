"""The whole bot on the page: what the README promises, as a person does it."""

from __future__ import annotations

from dataclasses import replace

import pytest_asyncio
from playwright.async_api import expect

from sandbox.model_api.behaviour import OutputShape
from sandbox.pictures import paint
from tests.rig import until
from tests.sandbox.browser.client import Client, OpenClient
from tests.sandbox.browser.stage import Stage

CAT, BOAT = paint("cat.png"), paint("boat.jpg")


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def finished(bot_stage: Stage) -> str:
    """The prompt of a job that Ada had before, with its picture on its card."""
    prompt = "Lanterns along the rail"
    card = await (await bot_stage.sandbox.clients.ada.slash("edit", prompt=prompt, image1=CAT)).message()
    await card.until(lambda card: card.attachments)
    bot_stage.kept.add(card.id)
    return prompt


async def shows_picture(client: Client) -> None:
    """Wait until the newest card shows a picture that has been decoded."""
    picture = client.newest.locator(".gallery img")
    await expect(picture).to_be_visible()
    await client.page.wait_for_function(
        "image => image.complete && image.naturalWidth > 0", arg=await picture.element_handle()
    )


async def test_edit_with_two_files_ends_with_the_picture_on_the_same_card(
    bot_stage: Stage, open_client: OpenClient
) -> None:
    """/edit with two attached files becomes a card that changes by itself, up to the finished picture."""
    ada = await open_client(bot_stage)
    await ada.slash("edit", prompt="The cat sails", image1=CAT, image2=BOAT)
    card = await ada.sees("The cat sails")
    await ada.sees("Ada used /edit")
    await ada.sees("cat.png, boat.jpg")
    await ada.sees("Done")
    await shows_picture(ada)
    (request,) = [one for one in bot_stage.sandbox.model_api.submits if "sails" in str(one.inputs["prompt"])]
    pictures = request.inputs["image_urls"]
    assert isinstance(pictures, list)
    assert len(pictures) == 2
    assert await card.locator(".reference-command").inner_text() == "/edit"


async def test_the_finished_picture_opens_large(bot_stage: Stage, finished: str, open_client: OpenClient) -> None:
    """A click shows the picture over the page, Escape takes it away again and gives the focus back."""
    ada = await open_client(bot_stage)
    picture = ada.message(finished).get_by_role("button", name="Open picture")
    await picture.click()
    large = ada.page.get_by_role("dialog", name="Picture")
    await expect(large.locator("img")).to_be_visible()
    await ada.page.keyboard.press("Escape")
    await expect(large).to_have_count(0)
    await expect(picture).to_be_focused()


async def test_a_job_can_be_cancelled(bot_stage: Stage, open_client: OpenClient) -> None:
    """Held in the queue by the panel's switch, a job is cancelled by its card's button; the panel tells the request."""
    ada = await open_client(bot_stage)
    await ada.switch("hold_queue")
    await ada.slash("edit", prompt="Never mind", image1=CAT)
    await ada.sees("In queue")
    await ada.button(ada.newest, "Cancel").click()
    await ada.sees("Cancelled")
    await expect(ada.button(ada.newest, "Cancel")).to_have_count(0)
    await ada.page.get_by_role("tab", name="Requests").click()
    await expect(ada.page.locator(".request").first).to_contain_text("cancel")
    await ada.switch("hold_queue")


async def test_the_bot_suggests_jobs(bot_stage: Stage, finished: str, open_client: OpenClient) -> None:
    """An option with autocomplete shows what the bot suggests for what is typed, and sends the suggestion's value."""
    ada = await open_client(bot_stage)
    await ada.begin("job")
    await ada.fill("job", finished[:6])
    await expect(ada.offered.first).to_contain_text(finished)
    await ada.page.keyboard.press("Enter")
    await ada.send()
    await ada.sees("Only you can see this")
    await ada.sees(finished)


async def test_nobody_else_sees_a_private_card(bot_stage: Stage, open_client: OpenClient) -> None:
    """A private card is on its owner's page alone, whoever looks, and still there when the owner comes back."""
    ada, ben = await open_client(bot_stage), await open_client(bot_stage, "ben")
    await ada.slash("edit", prompt="A secret", image1=CAT, private="True")
    await ada.sees("A secret")
    await ada.sees("Only you can see this")
    await ada.sees("Done")
    await ada.slash("edit", prompt="No secret", image1=CAT)
    await ben.sees("No secret")
    await expect(ben.message("A secret")).to_have_count(0)
    await ada.act_as("ben")
    await ada.sees("No secret")
    await expect(ada.message("A secret")).to_have_count(0)
    await ada.act_as("ada")
    await expect(ada.message("A secret")).to_have_count(1)
    await ada.sees("Done")


async def test_a_job_survives_the_killed_bot(bot_stage: Stage, open_client: OpenClient) -> None:
    """The bot is killed in the middle of a job; the card finishes after the new start, paid for once."""
    ada = await open_client(bot_stage)
    before = len(bot_stage.sandbox.model_api.submits)
    bot_stage.sandbox.model_api.pace.hold_in_progress()
    await ada.slash("edit", prompt="Survive", image1=CAT)
    await ada.sees("Running")
    killed = bot_stage.bot.pid
    await ada.switch("kill_bot")
    await until(lambda: bot_stage.bot.pid != killed and bot_stage.bot.is_running, what="the new start")
    bot_stage.sandbox.model_api.pace.release()
    await ada.sees("Done")
    await shows_picture(ada)
    await expect(ada.page.locator(".bot-state")).to_contain_text("online")
    assert len(bot_stage.sandbox.model_api.submits) == before + 1


async def test_a_reload_comes_back_to_the_same_place(bot_stage: Stage, open_client: OpenClient) -> None:
    """Person, channel and messages are the same after a reload: the page holds nothing by itself."""
    mod = await open_client(bot_stage, "mod")
    await mod.open_channel("adults")
    await mod.line.fill("good evening")
    await mod.line.press("Enter")
    await mod.sees("good evening")
    await mod.page.reload()
    await expect(mod.page.locator("#person-switch")).to_contain_text("mod")
    await expect(mod.page.locator(".chat-title")).to_have_text("adults")
    await mod.sees("good evening")


async def test_a_video_from_the_model_plays_on_its_card(bot_stage: Stage, open_client: OpenClient) -> None:
    """Where a model makes a video, the finished card has a player that plays it."""
    api = bot_stage.sandbox.model_api
    usual = api.behaviour
    api.behaviour = replace(usual, output_shape=OutputShape.VIDEO)
    try:
        ada = await open_client(bot_stage)
        await ada.slash("edit", prompt="The cat walks", image1=CAT)
        player = (await ada.sees("Done")).locator("video")
        await player.evaluate("player => { player.muted = true; return player.play(); }")
        await ada.page.wait_for_function(
            "player => player.videoWidth > 0 && player.currentTime > 0", arg=await player.element_handle()
        )
    finally:
        api.behaviour = usual
