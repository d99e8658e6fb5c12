"""A message as one user sees it, live: every read reads the current state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from sandbox.client_driver.face import Button, Face, Medium, Select, face_of
from sandbox.client_driver.refusals import NotThere
from sandbox.client_driver.waiting import wait_for
from sandbox.discord.files import Attachment
from sandbox.discord.kinds import MessageFlag
from sandbox.discord.message_payloads import component_payload
from sandbox.discord.messages import Message, Revision
from sandbox.discord.state import DiscordState

WAIT_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownRevision:
    """A revision of a message as it was shown, from `at` on."""

    at: datetime
    text: str
    buttons: tuple[Button, ...]
    attachments: tuple[Attachment, ...]
    is_thinking: bool
    is_deleted: bool


class Viewer(Protocol):
    """Who looks at a message."""

    @property
    def name(self) -> str:
        """The account's name."""
        ...

    @property
    def state(self) -> DiscordState:
        """Where the message is."""
        ...


class ShownMessage:
    """A live handle on a message, in the eyes of `viewer`: everything that can be read on it."""

    def __init__(self, message: Message, *, viewer: Viewer) -> None:
        self.message = message
        self.viewer = viewer

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.message.id} for {self.viewer.name}: {self.text!r} {list(self.labels)}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ShownMessage) and other.message.id == self.message.id

    def __hash__(self) -> int:
        return hash(self.message.id)

    # What stands there

    @property
    def id(self) -> int:
        """The message's id."""
        return self.message.id

    @property
    def text(self) -> str:
        """All that can be read, line by line: content, embeds and text displays, without the buttons' labels."""
        return self._face.text

    @property
    def buttons(self) -> tuple[Button, ...]:
        """Every button, disabled ones too."""
        return self._face.buttons

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the buttons that can be pressed."""
        return tuple(button.label for button in self.buttons if not button.is_disabled)

    @property
    def selects(self) -> tuple[Select, ...]:
        """Every menu."""
        return self._face.selects

    @property
    def media(self) -> tuple[Medium, ...]:
        """Every picture shown, with its alt text."""
        return self._face.media

    @property
    def gallery(self) -> tuple[str, ...]:
        """The links of the pictures shown; files of the message have links that can be fetched."""
        return tuple(medium.url for medium in self.media)

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """The message's files with their bytes."""
        return tuple(self.message.attachments)

    @property
    def flags(self) -> MessageFlag:
        """The message's flags."""
        return self.message.flags

    @property
    def is_ephemeral(self) -> bool:
        """Whether only the viewer sees it."""
        return self.message.is_ephemeral

    @property
    def is_thinking(self) -> bool:
        """Whether it is still a deferred "… is thinking"."""
        return self.message.is_loading

    @property
    def is_deleted(self) -> bool:
        """Whether it is gone."""
        return self.message.is_deleted

    @property
    def pinged(self) -> frozenset[int]:
        """The ids of those whom it gave a notification."""
        return frozenset(self.message.pinged)

    # How it came about

    @property
    def history(self) -> tuple[ShownRevision, ...]:
        """Every state that could be seen, oldest first, "thinking" and the deletion among them."""
        return tuple(_shown_revision(revision) for revision in self.message.revisions)

    @property
    def edits(self) -> int:
        """How often it was changed: every state after the first, not counting a deletion."""
        return sum(not state.is_deleted for state in self.history) - 1

    # What one does with it

    def button(self, label: str) -> Button:
        """Return the button with this label (or custom_id).

        Raises: NotThere where there is no such button.
        """
        for button in self.buttons:
            if label in (button.label, button.custom_id):
                return button
        raise NotThere(f"there is no button {label!r} on {self!r}")

    async def until(self, condition: Callable[[Self], object], *, timeout_seconds: float = WAIT_SECONDS) -> Self:
        """Wait until `condition` holds for this card, and return it.

        Raises: TimeoutError with what it shows instead where it did not within `timeout_seconds` of real time.
        """
        try:
            await wait_for(
                self.viewer.state.changes,
                lambda: bool(condition(self)),
                concerns=lambda change: change.message_id == self.id,
                timeout_seconds=timeout_seconds,
            )
        except TimeoutError as error:
            raise TimeoutError(f"after {timeout_seconds} s still {self!r}") from error
        return self

    async def until_text(self, text: str, *, timeout_seconds: float = WAIT_SECONDS) -> Self:
        """Wait until `text` can be read on the card.

        Raises: TimeoutError as `until` does.
        """
        return await self.until(lambda card: text in card.text, timeout_seconds=timeout_seconds)

    @property
    def _face(self) -> Face:
        message = self.message
        components = [component_payload(self.viewer.state, message, one) for one in message.components]
        return face_of(message.content, message.embeds, components)


def _shown_revision(revision: Revision) -> ShownRevision:
    face = face_of(revision.content, revision.embeds, revision.components)
    return ShownRevision(
        at=revision.at,
        text=face.text,
        buttons=face.buttons,
        attachments=revision.attachments,
        is_thinking=bool(revision.flags & MessageFlag.LOADING),
        is_deleted=revision.is_deleted,
    )
