"""Interactions: what people do with the application, and how it answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.discord.kinds import CallbackType, InteractionContext, InteractionType
from sandbox.discord.wire import JsonObject

FIRST_RESPONSE_SECONDS = 3.0
TOKEN_SECONDS = 15 * 60.0


@dataclass(slots=True, kw_only=True)
class Interaction:
    """One action of one person, with its token and its two clocks.

    `callback_type` is the application's first answer (None: none yet), `choices` an autocomplete's, `modal` a form's.
    `original_message_id` is what `@original` means; `followup_ids` are the messages after it.
    """

    id: int
    token: str
    type: InteractionType
    data: JsonObject
    user_id: int
    channel_id: int
    guild_id: int | None
    created_at: datetime
    context: InteractionContext
    attachment_size_limit: int
    locale: str = "en-US"
    message_id: int | None = None
    parent_id: int | None = None
    callback_type: CallbackType | None = None
    responded_at: datetime | None = None
    original_message_id: int | None = None
    followup_ids: list[int] = field(default_factory=list)
    choices: list[JsonObject] | None = None
    modal: JsonObject | None = None

    @property
    def respond_until(self) -> datetime:
        """Until when the first answer is taken."""
        return self.created_at + timedelta(seconds=FIRST_RESPONSE_SECONDS)

    @property
    def token_until(self) -> datetime:
        """Until when the token opens anything."""
        return self.created_at + timedelta(seconds=TOKEN_SECONDS)

    def has_failed(self, now: datetime) -> bool:
        """Whether the person reads "The application did not respond"."""
        return self.responded_at is None and now > self.respond_until
