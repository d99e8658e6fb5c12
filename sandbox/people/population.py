"""Everybody in the world, by name."""

from __future__ import annotations

from sandbox.discord.gateway import Gateway
from sandbox.discord.guilds import Member as Membership
from sandbox.discord.users import User
from sandbox.discord.world import World
from sandbox.people.member import Member


class People:
    """The people of a world."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world = world
        self._gateway = gateway

    def __getitem__(self, username: str) -> Member:
        return Member(self._world.user(username), world=self._world, gateway=self._gateway)

    @property
    def ada(self) -> Member:
        """A plain member."""
        return self["ada"]

    @property
    def ben(self) -> Member:
        """Another plain member."""
        return self["ben"]

    @property
    def mod(self) -> Member:
        """A member with Manage Messages."""
        return self["mod"]

    @property
    def owner(self) -> Member:
        """The owner of the guild and of the application."""
        return self["owner"]

    def join(self, username: str) -> Member:
        """Let a new plain member come into every guild."""
        user = self._world.add_user(User(id=self._world.snowflakes.next(), username=username, global_name=username))
        for guild in self._world.guilds.values():
            guild.members[user.id] = Membership(user_id=user.id, joined_at=self._world.clock.now())
        return self[username]
