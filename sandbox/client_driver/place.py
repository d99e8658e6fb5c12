"""A channel as a user has it open."""

from __future__ import annotations

from sandbox.client_driver.reply import Actor, Card, card_of
from sandbox.discord.channels import Channel
from sandbox.discord.state import DiscordState


class Place:
    """A channel, or a direct conversation with the bot."""

    def __init__(self, channel: Channel, *, state: DiscordState) -> None:
        self.channel = channel
        self._state = state

    def __repr__(self) -> str:
        return f"<Place {self.channel.name or 'direct messages'}>"

    @property
    def id(self) -> int:
        """The channel's id."""
        return self.channel.id

    @property
    def guild_id(self) -> int | None:
        """The guild's id; None for a direct conversation."""
        return self.channel.guild_id

    def seen_by(self, member: Actor) -> list[Card]:
        """Return the messages that `member` sees here, oldest first."""
        return [card_of(message, viewer=member) for message in self._state.seen_by(member.id, self.channel)]


class Channels:
    """The places of a local Discord, by name."""

    def __init__(self, state: DiscordState) -> None:
        self._state = state

    def __getitem__(self, name: str) -> Place:
        return Place(self._state.channel(name), state=self._state)

    @property
    def general(self) -> Place:
        """Where everybody, the bot too, may write."""
        return self["general"]

    @property
    def adults(self) -> Place:
        """An age-restricted channel."""
        return self["adults"]

    @property
    def announcements(self) -> Place:
        """Where the bot may read but not post."""
        return self["announcements"]

    def direct(self, member: Actor) -> Place:
        """Return the direct conversation between the bot and `member`."""
        return Place(self._state.direct_channel(member.user), state=self._state)
