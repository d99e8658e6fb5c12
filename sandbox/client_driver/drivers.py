"""A client driver for every account, by name."""

from __future__ import annotations

from sandbox.client_driver.driver import ClientDriver
from sandbox.discord.gateway import Gateway
from sandbox.discord.guilds import Member
from sandbox.discord.users import User
from sandbox.discord.world import World


class ClientDrivers:
    """The client drivers of a local Discord."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world = world
        self._gateway = gateway

    def __getitem__(self, username: str) -> ClientDriver:
        return ClientDriver(self._world.user(username), world=self._world, gateway=self._gateway)

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
        user = self._world.add_user(User(id=self._world.snowflakes.next(), username=username, global_name=username))
        for guild in self._world.guilds.values():
            guild.members[user.id] = Member(user_id=user.id, joined_at=self._world.clock.now())
        return self[username]
