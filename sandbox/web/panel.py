"""The side panel: what goes on behind the page. `PROTOCOL.md`, "The panel"."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.discord.wire import JsonObject, optional_timestamp, timestamp
from sandbox.model_api import ModelRequest
from sandbox.sandbox import Sandbox
from sandbox.web.bot_control import BotControl
from sandbox.web.switches import Switchboard
from sandbox.web.traffic_log import TrafficLog

MOST_REQUESTS = 50
_MOST_VIOLATIONS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """Draws up the panel; it is the same for everybody."""

    sandbox: Sandbox
    bot: BotControl
    switchboard: Switchboard
    traffic: TrafficLog

    def state(self) -> JsonObject:
        """Return all that the panel shows but for the time."""
        newest = list(self.sandbox.model_api.submits)[-MOST_REQUESTS:]
        return {
            "type": "panel",
            "bot": self.bot.described(),
            "requests": [_request(one) for one in reversed(newest)],
            "traffic": self.traffic.rows(),
            "switches": self.switchboard.described(),
            "violations": self.sandbox.violations[-_MOST_VIOLATIONS:],
        }

    def now(self) -> str:
        """Return the sandbox's time."""
        return timestamp(self.sandbox.clock.now())


def _request(request: ModelRequest) -> JsonObject:
    return {
        "id": request.request_id,
        "model_id": request.model_id,
        "state": request.state.value,
        "queue_position": request.queue_position,
        "polls": request.status_polls + request.result_polls,
        "submitted_at": timestamp(request.submitted_at),
        "started_at": optional_timestamp(request.started_at),
        "ended_at": optional_timestamp(request.ended_at),
        "cost": None if request.cost is None else f"${request.cost}",
        "error": request.error,
        "inputs": request.inputs,
    }
