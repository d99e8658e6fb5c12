"""What comes back to a person for one action: an interaction as its maker sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sandbox.client_driver.form import Form, form_of
from sandbox.client_driver.refusals import InteractionFailed
from sandbox.client_driver.shown_message import WAIT_SECONDS, ShownMessage
from sandbox.client_driver.waiting import wait_for
from sandbox.discord.changes import Change
from sandbox.discord.interactions import Interaction
from sandbox.discord.kinds import CallbackType
from sandbox.discord.messages import Message
from sandbox.discord.state import DiscordState
from sandbox.discord.users import User

_Found = TypeVar("_Found")


DID_NOT_RESPOND = "The application did not respond"
READING_SECONDS = 0.2
_CHANGES_ITS_MESSAGE = frozenset({CallbackType.UPDATE_MESSAGE, CallbackType.DEFERRED_UPDATE})


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """A suggestion of an autocomplete."""

    name: str
    value: str | int | float


class Actor(Protocol):
    """Whose client sends interactions: what a card and a reply need of a member."""

    @property
    def user(self) -> User:
        """The account."""
        ...

    @property
    def id(self) -> int:
        """The account's id."""
        ...

    @property
    def name(self) -> str:
        """The account's name."""
        ...

    @property
    def state(self) -> DiscordState:
        """Where the account is."""
        ...

    def sees(self, message: Message) -> bool:
        """Whether the account can read a message."""
        ...

    async def click(self, card: Card, label: str, *, twice: bool = False) -> Reply:
        """Press a button."""
        ...


class Card(ShownMessage):
    """A message whose buttons its viewer can press."""

    viewer: Actor

    def __init__(self, message: Message, *, viewer: Actor) -> None:
        super().__init__(message, viewer=viewer)

    async def click(self, label: str, *, twice: bool = False) -> Reply:
        """Let the viewer press a button."""
        return await self.viewer.click(self, label, twice=twice)


class PrivateReply(Card):
    """An ephemeral message: nobody but the viewer sees it."""


def card_of(message: Message, *, viewer: Actor) -> Card:
    """Return the handle on a message that fits who sees it."""
    kind = PrivateReply if message.is_ephemeral else Card
    return kind(message, viewer=viewer)


class Reply:
    """A live handle on one interaction. `is_delivered` is false where no session of the bot could take it."""

    def __init__(self, interaction: Interaction, *, member: Actor, is_delivered: bool) -> None:
        self.interaction = interaction
        self.member = member
        self.is_delivered = is_delivered

    def __repr__(self) -> str:
        answer = self.interaction.callback_type
        state = self.failed or (answer.name if answer else "no answer yet")
        return f"<Reply to {self.member.name}: {state}, messages {self.messages}>"

    @property
    def failed(self) -> str | None:
        """What the person reads instead of an answer, None while it may come or when it came."""
        if self.interaction.responded_at is not None:
            return None
        late = self.interaction.has_failed(self.member.state.clock.now())
        return DID_NOT_RESPOND if late or not self.is_delivered else None

    @property
    def acknowledged_after_seconds(self) -> float | None:
        """How long the first answer took, by the sandbox's clock; None before it."""
        at = self.interaction.responded_at
        return None if at is None else (at - self.interaction.created_at).total_seconds()

    @property
    def messages(self) -> list[Card]:
        """The messages made for this interaction that the person sees now, "thinking" ones left out."""
        interaction, state = self.interaction, self.member.state
        ids = list(interaction.followup_ids)
        if interaction.original_message_id is not None and interaction.callback_type not in _CHANGES_ITS_MESSAGE:
            ids.insert(0, interaction.original_message_id)
        found = [state.messages[message_id] for message_id in dict.fromkeys(ids)]
        return [
            card_of(message, viewer=self.member)
            for message in found
            if not message.is_deleted and not message.is_loading and self.member.sees(message)
        ]

    @property
    def modal(self) -> Form | None:
        """The form with which the bot answered; None where it did not."""
        return form_of(self.interaction)

    async def acknowledged(self, *, timeout_seconds: float = WAIT_SECONDS) -> Reply:
        """Wait for the bot's first answer, whatever it is.

        Raises: InteractionFailed where it did not come in time for Discord.
        """
        await self._found(lambda: self.interaction.responded_at, timeout_seconds)
        return self

    async def message(self, *, timeout_seconds: float = WAIT_SECONDS) -> Card:
        """Wait for the first message for this interaction: the original response once it has words, or a followup.

        For a button whose answer changes its own message, that message.

        Raises: InteractionFailed where the bot did not answer in time for Discord; TimeoutError where there was
        no message within `timeout_seconds` of real time.
        """

        def first() -> Card | None:
            if self.interaction.callback_type is CallbackType.UPDATE_MESSAGE:
                message = self.member.state.messages[self.interaction.message_id or 0]
                return card_of(message, viewer=self.member)
            return next(iter(self.messages), None)

        return await self._found(first, timeout_seconds)

    async def form(self, *, timeout_seconds: float = WAIT_SECONDS) -> Form:
        """Wait for the form with which the bot answers, and read it.

        Raises: InteractionFailed where the bot did not answer in time for Discord; TimeoutError where it
        answered with no form.
        """
        form = await self._found(lambda: self.modal, timeout_seconds)
        # Nobody reads a form faster; discord.py 2.7.1 knows its own modal only some time after Discord shows it.
        await asyncio.sleep(READING_SECONDS)
        return form

    async def choices(self, *, timeout_seconds: float = WAIT_SECONDS) -> list[Choice]:
        """Wait for the suggestions of an autocomplete.

        Raises: InteractionFailed where the bot did not answer in time for Discord.
        """
        await self.acknowledged(timeout_seconds=timeout_seconds)
        return [Choice(name=one["name"], value=one["value"]) for one in self.interaction.choices or []]

    async def failure(self, *, timeout_seconds: float = WAIT_SECONDS) -> str:
        """Wait until the interaction has failed, and return what the person reads.

        Raises: TimeoutError where it had not failed within `timeout_seconds` of real time.
        """
        return await self._polled(lambda: self.failed, timeout_seconds)

    async def _found(self, look: Callable[[], _Found | None], timeout_seconds: float) -> _Found:
        def look_or_fail() -> _Found | None:
            found = look()
            if found is None and self.failed:
                raise InteractionFailed(self.failed)
            return found

        return await self._polled(look_or_fail, timeout_seconds)

    async def _polled(self, look: Callable[[], _Found | None], timeout_seconds: float) -> _Found:
        changes = self.member.state.changes
        try:
            return await wait_for(changes, look, concerns=self._is_concerned, timeout_seconds=timeout_seconds)
        except TimeoutError as error:
            raise TimeoutError(f"after {timeout_seconds} s still {self!r}") from error

    def _is_concerned(self, change: Change) -> bool:
        if change.message_id is None:
            return change.interaction_id == self.interaction.id
        message = self.member.state.messages.get(change.message_id)
        return message is not None and message.interaction_id == self.interaction.id
