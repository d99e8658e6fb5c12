"""Switches of the local Model API."""

from __future__ import annotations

import dataclasses

from sandbox.model_api import Fault, ModelApiServer, Route
from sandbox.web.switches import Switch

SLOW_QUEUE_SECONDS = 60.0
SLOW_POSITIONS = 12
FAIL_REASON = "The model could not finish this picture: it was turned down by the content filter."
RETRY_AFTER_SECONDS = 2
_CALLS = (Route.SUBMIT, Route.STATUS, Route.RESULT, Route.CANCEL)


class ApiTroubles:
    """What can be wrong with a local Model API, each on or off."""

    def __init__(self, api: ModelApiServer) -> None:
        self._api = api
        self._usual = (api.pace.queue_seconds, api.pace.positions)
        self._is_slow = self._is_held = self._is_away = self._is_crowded = False

    def switches(self) -> list[Switch]:
        """Return the switches, in the panel's order."""
        return [
            Switch(
                name="slow_queue",
                group="Model API",
                label="Slow queue",
                help=f"New jobs wait {SLOW_QUEUE_SECONDS:.0f} seconds behind {SLOW_POSITIONS} others.",
                turn=self._slow_down,
                is_on=lambda: self._is_slow,
            ),
            Switch(
                name="hold_queue",
                group="Model API",
                label="Hold the queue",
                help="No job leaves the queue until this is off.",
                turn=self._hold,
                is_on=lambda: self._is_held,
            ),
            Switch(
                name="model_fails",
                group="Model API",
                label="Model fails",
                help="Every job that runs ends as failed.",
                turn=self._fail,
                is_on=lambda: self._api.behaviour.fail_reason is not None,
                is_dangerous=True,
            ),
            Switch(
                name="api_away",
                group="Model API",
                label="API away",
                help="Connections to the Model API are refused; jobs there go on.",
                turn=self._leave,
                is_on=lambda: self._is_away,
                is_dangerous=True,
            ),
            Switch(
                name="api_429",
                group="Model API",
                label="API answers 429",
                help=f"Too many requests: every call is to wait {RETRY_AFTER_SECONDS} seconds.",
                turn=self._crowd,
                is_on=lambda: self._is_crowded,
                is_dangerous=True,
            ),
        ]

    async def _slow_down(self, value: bool) -> None:  # noqa: FBT001 - a switch has two positions
        self._is_slow = value
        pace = self._api.pace
        pace.queue_seconds, pace.positions = (SLOW_QUEUE_SECONDS, SLOW_POSITIONS) if value else self._usual

    async def _hold(self, value: bool) -> None:  # noqa: FBT001 - as above
        self._is_held = value
        if value:
            self._api.pace.hold_in_queue()
        else:
            self._api.pace.release()

    async def _fail(self, value: bool) -> None:  # noqa: FBT001 - as above
        reason = FAIL_REASON if value else None
        self._api.behaviour = dataclasses.replace(self._api.behaviour, fail_reason=reason)

    async def _leave(self, value: bool) -> None:  # noqa: FBT001 - as above
        self._is_away = value
        if value:
            await self._api.leave()
        else:
            await self._api.come_back()

    async def _crowd(self, value: bool) -> None:  # noqa: FBT001 - as above
        self._is_crowded = value
        for route in _CALLS:
            self._api.faults.clear(route)
            if value:
                self._api.faults.next(route, Fault.TOO_MANY_REQUESTS, None, retry_after=str(RETRY_AFTER_SECONDS))
