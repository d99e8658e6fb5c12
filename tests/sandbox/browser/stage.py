"""The worlds in which the page is tried."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from sandbox.discord import posting

if TYPE_CHECKING:
    from sandbox.bot_process import BotProcess
    from sandbox.sandbox import Sandbox
    from tests.sandbox.browser.client import Client

FOREIGN_NAME = "foreign.example"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """A world with its bot, and the address of its page. `kept` are the ids of messages that tests share."""

    sandbox: Sandbox
    bot: BotProcess
    url: str
    kept: set[int] = field(default_factory=set)

    def clear(self) -> None:
        """Take away what earlier tests left in the channels, so that each page begins with little to draw."""
        world = self.sandbox.world
        for channel in world.channels.values():
            for message in world.messages_in(channel):
                if message.id not in self.kept:
                    posting.remove(world, message)


class OpenClient(Protocol):
    """Opens a page as a person and waits until it shows the bot's commands."""

    async def __call__(self, stage: Stage, person: str = "ada", *, width: int = 1280, height: int = 860) -> Client:
        """Return the open page; the fixture that gave this closes it."""
        ...
