"""What can go wrong with a call, scripted: the next so many calls of a route meet this fault."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from enum import StrEnum

from sandbox.model_api.traffic import Route


class Fault(StrEnum):
    """One way for a call to go wrong. BEFORE: nothing has happened; AFTER: the effect has, the answer is lost."""

    TOO_MANY_REQUESTS = "too many requests"
    ERROR_BEFORE = "error before the effect"
    ERROR_AFTER = "error after the effect"
    ERROR_UNDER_200 = "error under HTTP 200"
    FORBIDDEN = "forbidden"
    REQUEST_GONE = "request gone"
    REDIRECT = "redirect"
    RESET_BEFORE = "connection reset before the effect"
    RESET_AFTER = "connection reset after the effect"
    HANG_UP_BEFORE = "connection closed before the effect"
    HANG_UP_AFTER = "connection closed after the effect"
    HANG_BEFORE = "no answer, no effect"
    HANG_AFTER = "no answer after the effect"
    DRIP = "answer in drops that never ends"
    HTML = "page instead of JSON"
    TRUNCATED_JSON = "half an answer"
    WRONG_TYPES = "wrong types"
    NOT_AN_OBJECT = "list instead of an object"
    EMPTY_BODY = "empty answer"
    HUGE_BODY = "huge answer"
    REQUEST_ID_MISSING = "no request_id"
    REQUEST_ID_UNUSABLE = "unusable request_id"
    UNKNOWN_STATE = "unknown state"
    WRONG_CONTENT_TYPE = "wrong content type"
    NOT_A_PICTURE = "page under a picture's type"
    OVERSIZE = "oversize file"
    TRUNCATED_FILE = "truncated file"
    EMPTY_FILE = "empty file"
    FILE_GONE = "file gone"

    @property
    def spares_the_effect(self) -> bool:
        """Whether the call's effect does not happen."""
        return self in _BEFORE


_BEFORE = frozenset(
    {
        Fault.TOO_MANY_REQUESTS,
        Fault.ERROR_BEFORE,
        Fault.ERROR_UNDER_200,
        Fault.FORBIDDEN,
        Fault.REQUEST_GONE,
        Fault.REDIRECT,
        Fault.RESET_BEFORE,
        Fault.HANG_UP_BEFORE,
        Fault.HANG_BEFORE,
        Fault.FILE_GONE,
    }
)
_FILE_ONLY = frozenset(
    {
        Fault.WRONG_CONTENT_TYPE,
        Fault.NOT_A_PICTURE,
        Fault.OVERSIZE,
        Fault.TRUNCATED_FILE,
        Fault.EMPTY_FILE,
        Fault.FILE_GONE,
    }
)
_SUBMIT_ONLY = frozenset({Fault.REQUEST_ID_MISSING, Fault.REQUEST_ID_UNUSABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultOrder:
    """A fault and its particulars; what is None takes the fault's own default.

    `status`: the HTTP status of an error, a redirect or a page. `retry_after`: the header's very text, seconds or a
    date; without it there is no header. `location`: a redirect's target. `error_code`: under HTTP 200. `word`: the
    unknown state. `byte_count`: the size of an oversize file or a huge answer.
    """

    fault: Fault
    status: int | None = None
    retry_after: str | None = None
    location: str | None = None
    error_code: int | None = None
    word: str | None = None
    byte_count: int | None = None


class Faults:
    """The script of faults by route, first in, first out."""

    def __init__(self) -> None:
        self._orders: defaultdict[Route, deque[tuple[FaultOrder, int | None]]] = defaultdict(deque)

    def next(
        self, route: Route | str, fault: Fault | FaultOrder, times: int | None = 1, *, retry_after: str | None = None
    ) -> None:
        """Have the next `times` calls of a route meet a fault; None: all calls until `clear`.

        A `FaultOrder` says particulars; `retry_after` is here because it is needed so often.

        Raises: ValueError where the route cannot meet that fault, or `times` is not positive.
        """
        route = Route(route)
        order = fault if isinstance(fault, FaultOrder) else FaultOrder(fault=fault, retry_after=retry_after)
        is_file = route in {Route.FILE, Route.ELSEWHERE}
        if (order.fault in _FILE_ONLY and not is_file) or (order.fault in _SUBMIT_ONLY and route is not Route.SUBMIT):
            raise ValueError(f"the route {route} cannot meet the fault {order.fault!r}")
        if times is not None and times < 1:
            raise ValueError("a fault happens once or more")
        self._orders[route].append((order, times))

    def take(self, route: Route) -> FaultOrder | None:
        """Take the fault that a call of this route meets now, if any."""
        waiting = self._orders[route]
        if not waiting:
            return None
        order, times = waiting[0]
        if times is not None:
            waiting.popleft()
            if times > 1:
                waiting.appendleft((order, times - 1))
        return order

    def remaining(self, route: Route | str) -> int:
        """How many calls will still meet a fault; an order without end counts as one."""
        return sum(times or 1 for _, times in self._orders[Route(route)])

    def clear(self, route: Route | str | None = None) -> None:
        """Forget what is left of the script, of one route or of all."""
        if route is None:
            self._orders.clear()
        else:
            self._orders[Route(route)].clear()
