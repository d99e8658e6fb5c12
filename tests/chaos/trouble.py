"""The faults of both services that an episode chooses from."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sandbox.discord.rest.faults import Faults
from sandbox.model_api.faults import Fault, FaultOrder
from sandbox.model_api.traffic import Route
from sandbox.sandbox import Sandbox

_EVERYWHERE = (
    Fault.TOO_MANY_REQUESTS,
    Fault.ERROR_BEFORE,
    Fault.ERROR_AFTER,
    Fault.RESET_BEFORE,
    Fault.RESET_AFTER,
    Fault.HANG_UP_BEFORE,
    Fault.HANG_UP_AFTER,
    Fault.HANG_AFTER,
    Fault.HTML,
    Fault.TRUNCATED_JSON,
    Fault.EMPTY_BODY,
    Fault.WRONG_TYPES,
)
_OF_SUBMIT = (*_EVERYWHERE, Fault.FORBIDDEN, Fault.REQUEST_ID_MISSING, Fault.REQUEST_ID_UNUSABLE)
_OF_FILES = (
    Fault.ERROR_BEFORE,
    Fault.FILE_GONE,
    Fault.TRUNCATED_FILE,
    Fault.DRIP,
    Fault.RESET_BEFORE,
    Fault.EMPTY_FILE,
)
API_FAULTS = (
    *((Route.SUBMIT, fault) for fault in _OF_SUBMIT),
    *((Route.STATUS, fault) for fault in (*_EVERYWHERE, Fault.UNKNOWN_STATE)),
    *((Route.RESULT, fault) for fault in _EVERYWHERE),
    *((Route.CANCEL, fault) for fault in _EVERYWHERE),
    *((Route.FILE, fault) for fault in _OF_FILES),
)

CALLBACK = "POST /interactions/{interaction_id}/{interaction_token}/callback"
ORIGINAL = "PATCH /webhooks/{application_id}/{token}/messages/@original"
MESSAGE = "PATCH /channels/{channel_id}/messages/{message_id}"
CREATE = "POST /channels/{channel_id}/messages"
EDITS = (ORIGINAL, MESSAGE, CREATE)
# Where a process may be killed: a route of Discord's (None: the Model API's submit), and whether the effect is there.
KILL_POINTS = ((None, True), *((route, applied) for route in (CALLBACK, *EDITS) for applied in (False, True)))


def _discord_faults() -> tuple[Callable[[Faults], object], ...]:
    def fault_of(route: str, kind: str, faults: Faults) -> object:
        match kind:
            case "5xx":
                return faults.fail(route, status=503, times=2)
            case "lost":
                return faults.fail(route, status=500, applied=True)
            case "429":
                return faults.fail(route, status=429, retry_after=0.5)
            case "reset":
                return faults.reset(route)
            case "reset after":
                return faults.reset(route, applied=True)
            case _:
                return faults.delay(route, seconds=1.0)

    kinds = ("5xx", "lost", "429", "reset", "reset after", "slow")
    edits = [partial(fault_of, route, kind) for route in EDITS for kind in kinds]
    return (*edits, *(partial(fault_of, CALLBACK, kind) for kind in ("lost", "reset after", "slow")))


DISCORD_FAULTS = _discord_faults()


def strike_api(sandbox: Sandbox, choice: int) -> str:
    """Have the next one to three calls of a route go wrong; say how."""
    route, fault = API_FAULTS[choice % len(API_FAULTS)]
    times = 1 + choice // len(API_FAULTS) % 3
    sandbox.model_api.faults.next(route, FaultOrder(fault=fault), times)
    return f"{route} {fault} x{times}"


def strike_discord(sandbox: Sandbox, choice: int) -> str:
    """Have the next calls of a route go wrong; say how."""
    fault = DISCORD_FAULTS[choice % len(DISCORD_FAULTS)]
    fault(sandbox.discord.faults)
    return str(getattr(fault, "args", ""))
