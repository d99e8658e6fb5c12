"""What each person's client knows beyond the state: what was dismissed, read, opened, and not answered."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from sandbox.client_driver import Reply
from sandbox.discord.changes import Change, ChangeKind
from sandbox.discord.interactions import Interaction
from sandbox.discord.kinds import CallbackType, InteractionType
from sandbox.discord.state import DiscordState

_REMEMBERED = 100
_TYPING_SECONDS = 10.0


@dataclass(kw_only=True, slots=True)
class OpenForm:
    """A modal in front of a person; `submission_id` is the interaction by which it was last submitted."""

    opener_id: int
    submission_id: int | None = None


@dataclass(kw_only=True, slots=True)
class Screen:
    """One person's client, shared by all pages that act as this person. Ids are of messages and interactions."""

    interaction_ids: deque[int] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    undelivered: set[int] = field(default_factory=set)
    dismissed: set[int] = field(default_factory=set)
    read_until: dict[int, int] = field(default_factory=dict)
    form: OpenForm | None = None


class Screens:
    """Every person's screen; listens to the state for what people do, whoever drives them."""

    def __init__(self, state: DiscordState) -> None:
        self._state = state
        self._by_person: dict[int, Screen] = {}
        self._typing_until: dict[int, float] = {}
        self._end = state.changes.listen(self._listen)

    def close(self) -> None:
        """Stop listening."""
        self._end()

    def of(self, person_id: int) -> Screen:
        """Return one person's screen."""
        return self._by_person.setdefault(person_id, Screen())

    def sent(self, reply: Reply) -> None:
        """Note whether an action reached the bot at all."""
        if not reply.is_delivered:
            self.of(reply.member.id).undelivered.add(reply.interaction.id)

    def interactions(self, person_id: int) -> list[Interaction]:
        """Return what a person did lately, oldest first, without autocompletes."""
        found = (self._state.interactions[one] for one in self.of(person_id).interaction_ids)
        return [one for one in found if one.type is not InteractionType.AUTOCOMPLETE]

    def has_failed(self, interaction: Interaction) -> bool:
        """Say whether the person reads that the application did not respond."""
        if interaction.responded_at is not None:
            return False
        is_lost = interaction.id in self.of(interaction.user_id).undelivered
        return is_lost or interaction.has_failed(self._state.clock.now())

    def is_pending(self, interaction: Interaction) -> bool:
        """Say whether the bot may still answer first."""
        return interaction.responded_at is None and not self.has_failed(interaction)

    def pending(self, person_id: int) -> tuple[int, ...]:
        """Return the ids of a person's actions that the bot may still answer."""
        return tuple(one.id for one in self.interactions(person_id) if self.is_pending(one))

    def is_bot_typing(self, channel_id: int) -> bool:
        """Say whether "… is typing" stands below a channel: for ten seconds, or until the bot has written there."""
        return self._state.clock.monotonic() < self._typing_until.get(channel_id, 0.0)

    def _listen(self, change: Change) -> None:
        self._listen_for_typing(change)
        interaction = self._state.interactions.get(change.interaction_id or 0)
        if interaction is None:
            return
        screen = self.of(interaction.user_id)
        if change.kind is ChangeKind.INTERACTION_CREATED:
            screen.interaction_ids.append(interaction.id)
            if screen.form is not None and interaction.parent_id == screen.form.opener_id:
                screen.form.submission_id = interaction.id
        elif change.kind is ChangeKind.INTERACTION_ANSWERED:
            if interaction.callback_type is CallbackType.MODAL:
                screen.form = OpenForm(opener_id=interaction.id)
            elif screen.form is not None and interaction.id == screen.form.submission_id:
                screen.form = None

    def _listen_for_typing(self, change: Change) -> None:
        if change.kind is ChangeKind.TYPING and change.channel_id is not None:
            self._typing_until[change.channel_id] = self._state.clock.monotonic() + _TYPING_SECONDS
        elif change.kind is ChangeKind.MESSAGE_CREATED:
            message = self._state.messages[change.message_id or 0]
            if message.author_id == self._state.bot.id:
                self._typing_until.pop(message.channel_id, None)
