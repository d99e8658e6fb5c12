"""What discord.py does inside, and ours relies upon or works around: a version that does otherwise is noticed here."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import discord
import pytest
from discord import app_commands, http, utils
from discord.ext import commands
from discord.ui import view

from cogs.discord_py.bounded_calls import call_within
from cogs.discord_py.kept_attachments import KeptAttachment
from cogs.discord_py.rate_limits import lacks_retry_after, let_others_go_on

RELIED_UPON: dict[str, tuple[Callable[..., Any] | type, str]] = {
    "json_text": (utils, "_from_json"),  # type: ignore[dict-item]  # a module has a source too
    "patient_shards": (commands.AutoShardedBot.launch_shard, "await self.launch_shard("),
    "readable_tree": (app_commands.CommandTree, "async def _call("),
    "rate_limits: the pause that is read": (http.HTTPClient.request, "data['retry_after']"),
    "rate_limits: the lock of all": (http.HTTPClient.request, "self._global_over.clear()"),
    "kept_attachments": (discord.Attachment.to_dict, "'id': self.id"),
    "closing: commands": (app_commands.CommandTree, "name='CommandTree-invoker'"),
    "closing: presses": (view, "name=f'discord-ui-"),  # type: ignore[dict-item]  # as above
}


@pytest.mark.parametrize("what", RELIED_UPON)
def test_the_library_still_does_so(what: str) -> None:
    """Where this fails, read the file of that name in `cogs/discord_py`: it may not be needed any more, or not work."""
    where, words = RELIED_UPON[what]
    assert words in inspect.getsource(where)


async def test_a_limit_of_all_is_lifted() -> None:
    """After a request was cut short in its wait, the others go on."""
    async with discord.Client(intents=discord.Intents.none()) as client:
        client.http._global_over = asyncio.Event()  # noqa: SLF001 - as a log-in makes it
        let_others_go_on(client)
        assert client.http._global_over.is_set()  # noqa: SLF001 - as above


def test_a_pause_that_is_missing_is_told_from_other_mistakes() -> None:
    """Only what comes of reading a 429 without one."""
    assert lacks_retry_after(KeyError("retry_after"))
    assert not lacks_retry_after(KeyError("id"))
    assert not lacks_retry_after(ValueError("retry_after"))


async def test_a_kept_attachment_is_named_by_its_id() -> None:
    """As text, which JavaScript's numbers could not hold, and without what Discord knows by itself."""
    async with discord.Client(intents=discord.Intents.none()) as client:
        kept = KeptAttachment.of(client, attachment_id=2**60 + 1, filename="a.png")
    assert kept.to_dict() == {"id": str(2**60 + 1), "filename": "a.png"}


async def test_a_call_is_cancelled_once_at_most() -> None:
    """Whoever gives up first: it puts its locks back undisturbed, and what is freed after is freed once."""
    cancels: list[str] = []

    async def call() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancels.append("call")
            await asyncio.sleep(0.01)
            raise

    with pytest.raises(TimeoutError):
        await call_within(call(), seconds=0.01, after_cut=lambda: cancels.append("after"))
    assert cancels == ["call", "after"]
