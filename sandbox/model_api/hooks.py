"""Points in a call's life where a test can step in, for example to kill the client there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto

from sandbox.model_api.traffic import Call, Route

Hook = Callable[[Call], Awaitable[None]]


class Moment(Enum):
    """When a hook runs."""

    BEFORE = auto()  # the call has arrived, nothing has happened
    AFTER = auto()  # its effect has happened, the answer has not left
    ANSWERED = auto()  # the answer has left


@dataclass(slots=True, kw_only=True)
class _Registration:
    route: Route
    moment: Moment
    hook: Hook
    times: int | None


class Hooks:
    """Hooks by route and moment. Each runs `times` times (None: always); the call waits for it."""

    def __init__(self) -> None:
        self._registrations: list[_Registration] = []

    def before(self, route: Route | str, hook: Hook, *, times: int | None = 1) -> None:
        """Run the hook when the call has arrived and nothing has happened."""
        self._add(route, Moment.BEFORE, hook, times)

    def after(self, route: Route | str, hook: Hook, *, times: int | None = 1) -> None:
        """Run the hook when the call's effect has happened and the answer has not left."""
        self._add(route, Moment.AFTER, hook, times)

    def answered(self, route: Route | str, hook: Hook, *, times: int | None = 1) -> None:
        """Run the hook when the answer has left."""
        self._add(route, Moment.ANSWERED, hook, times)

    def clear(self) -> None:
        """Forget all hooks."""
        self._registrations.clear()

    async def run(self, moment: Moment, call: Call) -> None:
        """Run what is registered for this moment of this call, in the order of registration."""
        for registration in list(self._registrations):
            if registration.route != call.route or registration.moment is not moment:
                continue
            if registration.times is not None:
                registration.times -= 1
                if registration.times <= 0:
                    self._registrations.remove(registration)
            await registration.hook(call)

    def _add(self, route: Route | str, moment: Moment, hook: Hook, times: int | None) -> None:
        self._registrations.append(_Registration(route=Route(route), moment=moment, hook=hook, times=times))
