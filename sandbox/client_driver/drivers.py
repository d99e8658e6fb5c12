"""A client driver for every account, by name."""

from __future__ import annotations

from sandbox.client_driver.driver import ClientDriver
from sandbox.discord.gateway import Gateway
from sandbox.discord.guilds import Member
from sandbox.discord.state import DiscordState
from sandbox.discord.users import User


class ClientDrivers:
    """The client drivers of a local Discord."""

    def __init__(self, state: DiscordState, gateway: Gateway) -> None:
        self._state = state
        self._gateway = gateway

    def __getitem__(self, username: str) -> ClientDriver:
        return ClientDriver(self._state.user(username), state=self._state, gateway=self._gateway)

    @property
    def ada(self) -> ClientDriver:
        """A plain member."""
        return self["ada"]

    @property
    def ben(self) -> ClientDriver:
        """Another plain member."""
        return self["ben"]

    @property
    def mod(self) -> ClientDriver:
        """A member with Manage Messages."""
        return self["mod"]

    @property
    def owner(self) -> ClientDriver:
        """The owner of the guild and of the application."""
        return self["owner"]

    def join(self, username: str) -> ClientDriver:
        """Let a new plain member come into every guild."""
        user = self._state.add_user(User(id=self._state.snowflakes.next(), username=username, global_name=username))
        for guild in self._state.guilds.values():
            guild.members[user.id] = Member(user_id=user.id, joined_at=self._state.clock.now())
        return self[username]
