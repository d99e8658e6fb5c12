"""The calls to Discord by which a card is shown, read and found again."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import discord

from cogs.delivery.addresses import MessageAddress
from cogs.delivery.card_payload import CardPayload
from cogs.discord_py.rate_limits import let_others_go_on
from cogs.ui.base import NO_MENTIONS
from cogs.ui.card_text import footer_mark
from services.jobs.card import Card, CardFile

log = logging.getLogger(__name__)

# Discord takes this word in place of a message's id; discord.py passes it on, but types it as a number.
_ORIGINAL = cast("int", "@original")


@dataclass(frozen=True, kw_only=True, slots=True)
class Posted:
    """A message as Discord has it now."""

    channel_id: int
    message_id: int
    files: tuple[CardFile, ...]


# A search without an end in time stays cheap in a busy channel.
_MOST_LATEST = 1_000


class CardClient:
    """Discord, as the delivery of cards needs it. Whatever discord.py raises comes out as it is."""

    def __init__(self, bot: discord.Client) -> None:
        self._bot = bot

    async def edit_original(self, card: Card, payload: CardPayload) -> Posted:
        """Edit the card by its interaction's token; where the message still says "thinking", this makes it the card."""
        message = await self._webhook(card).edit_message(
            _ORIGINAL,
            view=payload.card,
            attachments=payload.attachments(self._bot),
            allowed_mentions=NO_MENTIONS,
        )
        return _posted(message)

    async def edit(self, address: MessageAddress, payload: CardPayload) -> Posted:
        """Edit a message as the bot."""
        message = await self._partial(address).edit(
            view=payload.card,
            attachments=payload.attachments(self._bot),
            # A partial message's edit does not send the client's default.
            allowed_mentions=NO_MENTIONS,
        )
        return _posted(message)

    async def send(self, channel_id: int, payload: CardPayload, *, nonce: str) -> Posted:
        """Post a new message; Discord answers with the first one where it remembers the nonce."""
        channel = self._bot.get_partial_messageable(channel_id)
        message = await channel.send(
            view=payload.card, files=payload.files(), nonce=nonce, allowed_mentions=NO_MENTIONS
        )
        return _posted(message)

    async def open_direct(self, user_id: int) -> int:
        """Return the channel of direct messages with this person."""
        # As text, as the API's document has it; `create_dm` would send a number.
        channel = await self._bot.http.start_private_message(str(user_id))
        return int(channel["id"])

    async def read_original(self, card: Card) -> Posted:
        """Read the card by its interaction's token."""
        return _posted(await self._webhook(card).fetch_message(_ORIGINAL))

    async def read(self, address: MessageAddress) -> Posted:
        """Read a message as the bot."""
        return _posted(await self._partial(address).fetch())

    async def find(self, channel_id: int, job_id: str, *, since: datetime, until: datetime) -> Posted | None:
        """Return the job's card among the messages of this time (by Discord's clock), however many there are.

        Without the right to read the history there are none.
        """
        channel = self._bot.get_partial_messageable(channel_id)
        async for message in channel.history(limit=None, after=since, oldest_first=True):
            if message.created_at > until:
                break
            if self._is_own_card(message, job_id):
                return _posted(message)
        return None

    async def find_latest(self, channel_id: int, job_id: str, *, since: datetime) -> Posted | None:
        """Return the job's card among the channel's newest 1,000 messages since then (by Discord's clock)."""
        channel = self._bot.get_partial_messageable(channel_id)
        async for message in channel.history(limit=_MOST_LATEST):
            if message.created_at < since:
                break
            if self._is_own_card(message, job_id):
                return _posted(message)
        return None

    def _is_own_card(self, message: discord.Message, job_id: str) -> bool:
        return self._bot.user is not None and message.author.id == self._bot.user.id and is_card(message, job_id)

    def may_read_history(self, channel_id: int) -> bool | None:
        """Return whether the bot may read what stands in the channel; None where the gateway has not told."""
        channel = self._bot.get_channel(channel_id)
        if not isinstance(channel, discord.abc.GuildChannel | discord.Thread) or self._bot.user is None:
            return None
        me = channel.guild.get_member(self._bot.user.id)
        if me is None or (isinstance(channel, discord.Thread) and channel.parent is None):
            return None
        permissions = channel.permissions_for(me)
        return permissions.view_channel and permissions.read_message_history

    async def has_history(self, channel_id: int) -> bool:
        """Return whether anything can be read in the channel: Discord shows an empty one to who may not."""
        channel = self._bot.get_partial_messageable(channel_id)
        return any([True async for _ in channel.history(limit=1)])

    def free_others(self) -> None:
        """Let other requests go on after one of ours was cut short."""
        let_others_go_on(self._bot)

    def _webhook(self, card: Card) -> discord.Webhook:
        return discord.Webhook.partial(card.application_id, card.token, client=self._bot)

    def _partial(self, address: MessageAddress) -> discord.PartialMessage:
        channel = self._bot.get_partial_messageable(address.channel_id)
        return channel.get_partial_message(address.message_id)


def is_card(message: discord.Message, job_id: str) -> bool:
    """Whether the message is the job's card."""
    mark = footer_mark(job_id)
    if any(line == mark or line.startswith(f"{mark} ") for line in _texts(message.components)):
        return True
    return any(file.filename.startswith(f"{job_id}-") for file in _files(message))


def _posted(message: discord.Message) -> Posted:
    return Posted(channel_id=message.channel.id, message_id=message.id, files=_files(message))


def _files(message: discord.Message) -> tuple[CardFile, ...]:
    """Return what hangs at the message, in order; where the list leaves files of a layout out, they name themselves."""
    found = {attachment.id: attachment.filename for attachment in message.attachments}
    for media in _media(message.components):
        if media.attachment_id is not None and media.attachment_id not in found:
            found[media.attachment_id] = media.url.partition("?")[0].rpartition("/")[2]
    return tuple(CardFile(attachment_id=each, filename=name) for each, name in found.items())


def _texts(components: Sequence[object]) -> Iterator[str]:
    for component in _walk(components):
        if isinstance(component, discord.TextDisplay):
            yield component.content


def _media(components: Sequence[object]) -> Iterator[discord.UnfurledMediaItem]:
    for component in _walk(components):
        if isinstance(component, discord.MediaGalleryComponent):
            yield from (item.media for item in component.items)
        elif isinstance(component, discord.FileComponent):
            yield component.media


def _walk(components: Sequence[object]) -> Iterator[object]:
    for component in components:
        yield component
        if isinstance(component, discord.Container):
            yield from _walk(component.children)
