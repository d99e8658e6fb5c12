"""Which call a method and a path mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from sandbox.model_api.storage import PREFIX
from sandbox.model_api.traffic import Route

ELSEWHERE = "/elsewhere"
_MODEL = re.compile(r"/v1/models/([A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*)")
_REQUEST = re.compile(r"/v1/requests/([^/]+)/(status|result|cancel)")
_METHODS = {"status": "GET", "result": "GET", "cancel": "POST"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A call's route and what it is about: a model id, a request id, a file's decoded path, or nothing."""

    route: Route
    subject: str = ""


def match_route(method: str, raw_path: str) -> Match:
    """Match a call by its path as it was sent: a model id's slashes are raw, never `%2F`."""
    if raw_path.startswith(PREFIX) and method in {"GET", "HEAD"}:
        return Match(route=Route.FILE, subject=unquote(raw_path))
    if raw_path == ELSEWHERE or raw_path.startswith(ELSEWHERE + "/"):
        return Match(route=Route.ELSEWHERE)
    if raw_path == "/v1/models" and method == "GET":
        return Match(route=Route.CATALOG)
    if (model := _MODEL.fullmatch(raw_path)) and method in {"GET", "POST"}:
        return Match(route=Route.SUBMIT if method == "POST" else Route.CATALOG, subject=model[1])
    if (request := _REQUEST.fullmatch(raw_path)) and method == _METHODS[request[2]]:
        return Match(route=Route(request[2]), subject=unquote(request[1]))
    return Match(route=Route.UNKNOWN)
