"""Registered application commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from sandbox.discord.snowflakes import Snowflakes
from sandbox.discord.wire import JsonObject

CommandKey: TypeAlias = tuple[int, str]  # type and name are unique together in one scope


@dataclass(slots=True, kw_only=True)
class Command:
    """A registered command; `definition` is its validated body with Discord's defaults filled in."""

    id: int
    version: int
    type: int
    name: str
    definition: JsonObject
    guild_id: int | None = None

    @property
    def key(self) -> CommandKey:
        """What makes it the same command when it is registered again."""
        return (self.type, self.name)


@dataclass(slots=True, kw_only=True)
class CommandRegistry:
    """The commands of the application: global ones (scope None) and those of single guilds.

    `writes` counts registrations, so that a test can tell whether a bot registers only what changed.
    """

    snowflakes: Snowflakes
    scopes: dict[int | None, dict[CommandKey, Command]] = field(default_factory=dict)
    writes: int = 0

    def in_scope(self, guild_id: int | None) -> list[Command]:
        """The commands registered globally (None) or for one guild."""
        return list(self.scopes.get(guild_id, {}).values())

    def available(self, guild_id: int | None) -> list[Command]:
        """What a person is offered: the guild's own commands, then global ones that no guild command hides."""
        own = self.scopes.get(guild_id, {}) if guild_id is not None else {}
        shared = self.scopes.get(None, {})
        return [*own.values(), *(command for key, command in shared.items() if key not in own)]

    def find(self, name: str, *, guild_id: int | None = None, kind: int = 1) -> Command | None:
        """The command that a person means by `name` in this place."""
        return next((c for c in self.available(guild_id) if c.key == (kind, name)), None)

    def by_id(self, command_id: int) -> Command | None:
        """A command of any scope."""
        return next((c for scope in self.scopes.values() for c in scope.values() if c.id == command_id), None)

    def overwrite(self, guild_id: int | None, definitions: list[JsonObject]) -> list[Command]:
        """Replace a scope whole. A name that stays keeps its id; a changed definition gets a new version."""
        self.writes += 1
        before = self.scopes.get(guild_id, {})
        after = [self._registered(before.get((d["type"], d["name"])), d, guild_id) for d in definitions]
        self.scopes[guild_id] = {command.key: command for command in after}
        return after

    def upsert(self, guild_id: int | None, definition: JsonObject) -> tuple[Command, bool]:
        """Add one command or replace that of the same name; says whether it is new."""
        self.writes += 1
        scope = self.scopes.setdefault(guild_id, {})
        before = scope.get((definition["type"], definition["name"]))
        command = self._registered(before, definition, guild_id)
        scope[command.key] = command
        return command, before is None

    def replace(self, command: Command, definition: JsonObject) -> Command:
        """Give one command, known by its id, another definition."""
        self.writes += 1
        changed = self._registered(command, definition, command.guild_id)
        scope = self.scopes[command.guild_id]
        del scope[command.key]
        scope[changed.key] = changed
        return changed

    def remove(self, command: Command) -> None:
        """Take one command away."""
        self.writes += 1
        del self.scopes[command.guild_id][command.key]

    def _registered(self, before: Command | None, definition: JsonObject, guild_id: int | None) -> Command:
        if before is not None and before.definition == definition:
            return before
        return Command(
            id=before.id if before else self.snowflakes.next(),
            version=self.snowflakes.next(),
            type=definition["type"],
            name=definition["name"],
            definition=definition,
            guild_id=guild_id,
        )
