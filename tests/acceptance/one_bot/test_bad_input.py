"""Bad input gets a clear private answer; nothing is charged and nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.client_driver.command_form import OptionValue
from sandbox.client_driver.reply import Card
from sandbox.discord.files import Attachment
from sandbox.discord.message_payloads import attachment_payload
from sandbox.discord.state import DiscordState
from sandbox.pictures import Picture, empty_file, not_a_picture, paint
from sandbox.sandbox import Sandbox
from tests.acceptance.promise import records

PROMPT = "a fox in the snow"
CAT = paint("cat.png", width=64, height=48)
HOSTED = "https://pictures.example.com/cat.png"
NOT_PUBLIC = (
    "http://pictures.example.com/cat.png",
    "https://localhost/cat.png",
    "https://foo.localhost./cat.png",
    "https://127.0.0.1/cat.png",
    "https://0x7f.1/cat.png",
    "https://2130706433/cat.png",
    "https://0177.0.0.1/cat.png",
    "https://10.1.2.3/cat.png",
    "https://192.168.0.1/cat.png",
    "https://100.64.0.1/cat.png",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/cat.png",
    "https://[::ffff:10.0.0.1]/cat.png",
    "https://[fe80::1%25eth0]/cat.png",
    "https://metadata.google.internal/x",
    "https://\uff11\uff12\uff17\u3002\uff10\u3002\uff10\u3002\uff11/cat.png",
    "https://me:secret@pictures.example.com/cat.png",
    "ftp://pictures.example.com/cat.png",
    "file:///etc/passwd",
    "data:image/png;base64,AAAA",
    "javascript:alert(1)",
    "pictures.example.com/cat.png",
    "https://",
)


async def refused(sandbox: Sandbox, *, force: bool = False, **options: OptionValue) -> Card:
    """Let Ada ask for what is refused; return the answer, which only she sees, in place of a card."""
    before = standing(sandbox)
    given: dict[str, Any] = {"prompt": PROMPT, **options}
    reply = await sandbox.clients.ada.slash("edit", force=force, **given)
    answer = await reply.message()
    assert answer.is_ephemeral
    assert reply.messages == [answer]
    assert "Nothing was charged." in answer.text
    assert standing(sandbox) == before
    return answer


def standing(sandbox: Sandbox) -> tuple[int, int, int]:
    """Count what a refusal must not add to: jobs, paid requests, messages that others see."""
    seen = sandbox.channels.general.seen_by(sandbox.clients.ben)
    return len(records(sandbox.data_dir)), len(sandbox.model_api.submits), len(seen)


def gives_back(answer: Card, prompt: str = PROMPT) -> bool:
    """Whether the prompt can be copied from the answer."""
    return f"```\n{prompt}\n```" in answer.text


async def test_files_that_are_no_pictures(sandbox: Sandbox) -> None:
    """By type and by name: text, a program under a picture's name, no type at all."""
    for file in (
        not_a_picture(),
        not_a_picture("cat.png"),
        Picture(name="cat.exe", data=CAT.data, content_type="image/png"),
        Picture(name="cat.svg", data=b"<svg/>", content_type="image/svg+xml"),
        Picture(name="film.mp4", data=b"x", content_type="video/mp4"),
    ):
        answer = await refused(sandbox, image1=CAT, image2=file)
        assert "`image2`" in answer.text
        assert file.name in answer.text
        assert "PNG, JPEG, WebP or GIF" in answer.text
        assert gives_back(answer)


async def test_empty_and_huge_files(sandbox: Sandbox) -> None:
    """An empty file, and one beyond 50 MB, are named with the limit."""
    answer = await refused(sandbox, image1=empty_file())
    assert "`image1`" in answer.text
    assert "empty" in answer.text
    huge = Picture(name="huge.png", data=bytes(50 * 1024 * 1024 + 1), content_type="image/png")
    answer = await refused(sandbox, image1=huge)
    assert "too large" in answer.text
    assert "50 MB" in answer.text


async def test_too_few_and_too_many_pictures(sandbox: Sandbox) -> None:
    """One to ten, attachments and addresses together."""
    answer = await refused(sandbox)
    assert "0 given, at least 1 needed" in answer.text
    assert gives_back(answer)
    ten: dict[str, Any] = {f"image{number}": CAT for number in range(1, 11)}
    answer = await refused(sandbox, image_urls=HOSTED, **ten)
    assert "11 given, at most 10" in answer.text


@pytest.mark.parametrize("prompt", ["   ", "\u200b\u2060"])
async def test_blank_prompts(sandbox: Sandbox, prompt: str) -> None:
    """A prompt that shows nothing is refused."""
    answer = await refused(sandbox, prompt=prompt, image1=CAT)
    assert "`prompt` is blank" in answer.text


async def test_what_the_client_promises_is_checked_again(sandbox: Sandbox) -> None:
    """Lengths, choices and types of a client that keeps no promise; a long prompt comes back as a file."""
    long = "word " * 1_000
    answer = await refused(sandbox, force=True, prompt=long, image1=CAT)
    assert "too long: 5000 characters, and 4000 are allowed" in answer.text
    (file,) = answer.attachments
    assert file.data.decode() == long
    answer = await refused(sandbox, force=True, prompt="", image1=CAT)
    assert "`prompt` is blank" in answer.text
    answer = await refused(sandbox, force=True, image1=CAT, quality="ultra <@1>")
    assert "Choose one of: low, medium, high." in answer.text
    assert gives_back(answer)
    answer = await refused(sandbox, force=True, image1=CAT, quality=7)
    assert "`quality`" in answer.text
    answer = await refused(sandbox, force=True, image1=CAT, private="yes")
    assert "`private`" in answer.text
    answer = await refused(sandbox, force=True, image1=CAT, image2="1234")
    assert "`image2`" in answer.text


async def test_a_command_that_has_changed(sandbox: Sandbox) -> None:
    """A client that still has another shape of the command is told to reload."""
    before = standing(sandbox)
    reply = await sandbox.clients.ada.slash("edit", force=True, image1=CAT)
    answer = await reply.message()
    assert answer.is_ephemeral
    assert "Reload Discord" in answer.text
    gone = await (await sandbox.clients.ada.slash("paint", force=True, prompt=PROMPT)).message()
    assert "Reload Discord" in gone.text
    assert "nothing was charged" in answer.text
    assert "nothing was charged" in gone.text
    assert gives_back(gone)
    assert standing(sandbox) == before


async def test_addresses_that_are_not_public(sandbox: Sandbox) -> None:
    """An address that is not public HTTPS is refused in whatever notation, without being asked."""
    for url in NOT_PUBLIC:
        answer = await refused(sandbox, image_urls=f"{HOSTED} {url}")
        assert "`image_urls`" in answer.text, url
        assert gives_back(answer), url
        assert "secret" not in answer.text


async def test_nothing_in_a_refusal_comes_alive(sandbox: Sandbox) -> None:
    """A prompt and a file's name come back as text: nobody is pinged, no block ends early."""
    prompt = f"``` @everyone <@{sandbox.clients.ben.id}> ```"
    answer = await refused(sandbox, prompt=prompt, image1=not_a_picture("@everyone `x` ||y||.txt"))
    assert answer.pinged == frozenset()
    assert "```" not in answer.text
    assert answer.attachments[0].data.decode() == prompt


async def test_where_the_bot_may_not_post(sandbox: Sandbox) -> None:
    """A public card is refused with what is missing; a private one works there all the same."""
    before = len(records(sandbox.data_dir))
    ada, place = sandbox.clients.ada, sandbox.channels.announcements
    reply = await ada.slash("edit", prompt=PROMPT, image1=CAT, channel=place)
    answer = await reply.message()
    assert answer.is_ephemeral
    assert "may not post here" in answer.text
    assert "Send Messages" in answer.text
    assert gives_back(answer)
    assert len(records(sandbox.data_dir)) == before
    private = await ada.slash("edit", prompt=PROMPT, image1=CAT, channel=place, private=True)
    card = await private.message()
    await card.until_text("Done")
    assert card.is_ephemeral
    assert place.seen_by(sandbox.clients.ben) == []


@pytest.mark.parametrize("without", ["url", "size", "id", "filename"])
async def test_a_file_that_discord_tells_oddly_of_is_answered(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, without: str
) -> None:
    """Whoever sent it reads that nothing was charged, instead of nothing."""

    def odd(state: DiscordState, attachment: Attachment) -> dict[str, Any]:
        return {key: value for key, value in attachment_payload(state, attachment).items() if key != without}

    monkeypatch.setattr("sandbox.client_driver.resolved.attachment_payload", odd)
    before = standing(sandbox)
    answer = await (await sandbox.clients.ada.slash("edit", prompt=PROMPT, image1=CAT)).message()
    assert answer.is_ephemeral
    assert "nothing was charged" in answer.text
    assert standing(sandbox) == before


async def test_halves_of_characters_in_an_event_end_nothing(sandbox: Sandbox) -> None:
    """Anybody can have such a name; the bot reads on and answers."""
    name = "half \ud800 a name"
    sandbox.gateway.dispatch("GUILD_ROLE_CREATE", {"guild_id": "1", "role": {"id": "1", "name": name}}, guild_id=None)
    sandbox.gateway.dispatch("TYPING_START", {"member": {"nick": name}}, guild_id=None)
    answer = await (await sandbox.clients.ada.slash("quota")).message()
    assert "Your quota" in answer.text
