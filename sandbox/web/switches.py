"""The switches by which a person makes things go wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from sandbox.discord.wire import JsonObject
from sandbox.web.wire import Refused

Group = Literal["Model API", "Discord", "Bot", "Time"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Switch:
    """A toggle (with `is_on` and `turn`) or a button (with `press`, which gets the channel that the page has open)."""

    name: str
    group: Group
    label: str
    help: str
    turn: Callable[[bool], Awaitable[None]] | None = None
    is_on: Callable[[], bool] | None = None
    press: Callable[[int | None], Awaitable[None]] | None = None
    is_enabled: Callable[[], bool] = lambda: True
    text: Callable[[], str | None] = lambda: None
    is_dangerous: bool = False

    def described(self) -> JsonObject:
        """Return what the panel shows."""
        return {
            "name": self.name,
            "group": self.group,
            "label": self.label,
            "help": self.help,
            "kind": "toggle" if self.is_on else "button",
            "value": self.is_on() if self.is_on else None,
            "enabled": self.is_enabled(),
            "text": self.text(),
            "is_dangerous": self.is_dangerous,
        }

    async def use(self, value: object, channel_id: int | None) -> None:
        """Turn a toggle to `value`, or press a button.

        Raises: Refused where it cannot be used now, or the value is none for it.
        """
        if not self.is_enabled():
            raise Refused(f"{self.label}: not now")
        if self.press is not None:
            await self.press(channel_id)
        elif self.turn is not None:
            if not isinstance(value, bool):
                raise Refused(f"{self.label} is turned on or off")
            await self.turn(value)


class Switchboard:
    """All switches of a run, by name."""

    def __init__(self, switches: Mapping[str, Switch]) -> None:
        self._switches = dict(switches)

    def described(self) -> list[JsonObject]:
        """Return what the panel shows, in order."""
        return [switch.described() for switch in self._switches.values()]

    async def use(self, name: str, value: object, channel_id: int | None) -> None:
        """Use a switch. Raises: Refused."""
        switch = self._switches.get(name)
        if switch is None:
            raise Refused(f"there is no switch {name!r} here")
        await switch.use(value, channel_id)
