"""The sandboxes in which the page is tried."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.bot_process import BotProcess
from sandbox.discord import posting
from sandbox.sandbox import Sandbox

FOREIGN_NAME = "foreign.example"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """A sandbox with its bot, and the address of its page. `kept` are the ids of messages that tests share."""

    sandbox: Sandbox
    bot: BotProcess
    url: str
    kept: set[int] = field(default_factory=set)

    def clear(self) -> None:
        """Take away what earlier tests left in the channels, so that each page begins with little to draw."""
        state = self.sandbox.state
        for channel in state.channels.values():
            for message in state.messages_in(channel):
                if message.id not in self.kept:
                    posting.remove(state, message)
