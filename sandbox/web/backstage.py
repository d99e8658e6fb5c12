"""What all open pages share: the local Discord, the panel, the picked files, and the word that something changed."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Protocol

from sandbox.client_driver import ClientDriver
from sandbox.discord.changes import Change
from sandbox.discord.channels import Channel
from sandbox.sandbox import Sandbox
from sandbox.web.panel import Panel
from sandbox.web.switches import Switchboard
from sandbox.web.uploads import UploadStore
from sandbox.web.view import Viewer
from sandbox.web.wire import Refused

MOST_PAGES = 32
_TICK_SECONDS = 0.25
_DEFAULT_PERSON = "ada"
_DEFAULT_CHANNEL = "general"


class OpenPage(Protocol):
    """A page that somebody has open."""

    def look_again(self) -> None:
        """Draw the view anew, soon."""
        ...

    async def close(self) -> None:
        """Tell the page that the server ends."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Pulse:
    """The bot's state and where it types, the hour (since links expire), and which actions may still be answered."""

    bot_state: str
    typing_in: tuple[int, ...]
    hour: int
    pending: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Backstage:
    """Everything behind the pages."""

    sandbox: Sandbox
    viewer: Viewer
    panel: Panel
    switchboard: Switchboard
    uploads: UploadStore
    pages: set[OpenPage] = field(default_factory=set)

    def listen(self, _: Change) -> None:
        """Hear from the state that something changed."""
        self.look_again()

    def look_again(self) -> None:
        """Have every page look again."""
        for page in self.pages:
            page.look_again()

    def pulse(self, person_id: int) -> Pulse:
        """Return what changes a person's view without a word from the state, as it is now."""
        return Pulse(
            bot_state=self.viewer.bot.state,
            typing_in=tuple(one for one in self.sandbox.state.channels if self.viewer.screens.is_bot_typing(one)),
            hour=int(self.sandbox.clock.monotonic() // 3600),
            pending=self.viewer.screens.pending(person_id),
        )

    async def wait(self, is_due: asyncio.Event, *, person_id: int, since: Pulse) -> None:
        """Wait until a page should look again: the state changed, or the pulse is not what it was."""
        while not is_due.is_set() and self.pulse(person_id) == since:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(is_due.wait(), _TICK_SECONDS)

    def member(self, username: str | None) -> ClientDriver:
        """Return who a page acts as; by default a plain member.

        Raises: Refused where there is no such person, or it is the bot.
        """
        state = self.sandbox.state
        name = username or _DEFAULT_PERSON
        if not any(user.username == name and not user.is_bot for user in state.users.values()):
            raise Refused(f"there is nobody here by the name of {name}")
        return self.sandbox.clients[name]

    def require_channel(self, member: ClientDriver, channel_id: int) -> Channel:
        """Return a channel that a person sees.

        Raises: Refused where there is none such for this person.
        """
        for channel in self.viewer.channels(member):
            if channel.id == channel_id:
                return channel
        raise Refused("there is no such channel for you")

    def channel(self, member: ClientDriver, channel_id: int | None) -> Channel:
        """Return the channel with this id where the person sees it, else the first one that everybody begins with."""
        visible = self.viewer.channels(member)
        named = [channel for channel in visible if channel.name == _DEFAULT_CHANNEL]
        return next((channel for channel in visible if channel.id == channel_id), (named or visible)[0])
