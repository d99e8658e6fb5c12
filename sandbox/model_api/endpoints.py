"""What each call does: the API's rules, without faults."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from datetime import timedelta

from aiohttp import web

from sandbox.clock import SandboxClock
from sandbox.model_api import refusals
from sandbox.model_api.answers import render_cancel, render_result, render_status, render_submitted
from sandbox.model_api.behaviour import Behaviour
from sandbox.model_api.input_rules import Problem, find_media, find_problems
from sandbox.model_api.json_values import JsonObject
from sandbox.model_api.model_catalog import Catalog, CatalogEntry
from sandbox.model_api.model_request import ModelRequest, RequestState
from sandbox.model_api.refusals import RefusalBody
from sandbox.model_api.routes import Match
from sandbox.model_api.storage import Storage
from sandbox.model_api.traffic import Authorization, Call, Route

_DEFAULT_PAGE, _LARGEST_PAGE = 50, 100


class Endpoints:
    """The API's routes over its state. `accept` takes up a request that was just accepted."""

    def __init__(
        self,
        *,
        clock: SandboxClock,
        catalog: Catalog,
        storage: Storage,
        behaviour: Callable[[], Behaviour],
        base_url: Callable[[], str],
        accept: Callable[[ModelRequest, CatalogEntry], None],
    ) -> None:
        self._clock = clock
        self._catalog = catalog
        self._storage = storage
        self._behaviour = behaviour
        self._base_url = base_url
        self._accept = accept
        self.requests: dict[str, ModelRequest] = {}

    def answer(self, match: Match, call: Call, request: web.Request) -> web.Response:
        """Do what the call asks for and make its right answer."""
        if match.route is Route.FILE:
            return self._serve_file(match.subject)
        if match.route is Route.ELSEWHERE:
            return web.json_response({"message": "nothing to see here"}, status=404)
        if match.route is Route.UNKNOWN:
            return web.json_response({"message": f"no such route: {call.method} {call.path}"}, status=501)
        return self._answer_api(match, call, request, self._behaviour())

    def _answer_api(self, match: Match, call: Call, request: web.Request, behaviour: Behaviour) -> web.Response:
        if self._is_locked_out(match.route, call, behaviour):
            return refusals.bad_token(behaviour).respond(behaviour)
        if match.route is Route.SUBMIT:
            return self._submit(match.subject, call, behaviour)
        if match.route is Route.CATALOG:
            return self._read_catalog(match.subject, request, behaviour)
        return self._about_request(match, call, request, behaviour)

    def _is_locked_out(self, route: Route, call: Call, behaviour: Behaviour) -> bool:
        if route is Route.CATALOG and not behaviour.catalog_needs_token:
            return False
        return call.authorization is not Authorization.RIGHT or behaviour.token_is_revoked

    def _submit(self, model_id: str, call: Call, behaviour: Behaviour) -> web.Response:
        entry = self._catalog.get_entry(model_id)
        if entry is None:
            return refusals.unknown_model(behaviour, model_id).respond(behaviour)
        refusal = self._refuse_inputs(call.body, entry, behaviour)
        if refusal is not None:
            return refusal.respond(behaviour)
        request_id = str(uuid.uuid4())
        accepted = ModelRequest(
            request_id=request_id,
            model_id=model_id,
            inputs=call.body or {},
            submitted_at=self._clock.now(),
            now=self._clock.now,
            queued_before=lambda: self._queued_before(request_id),
        )
        self.requests[accepted.request_id] = accepted
        call.request_id = accepted.request_id
        self._accept(accepted, entry)
        return web.json_response(render_submitted(accepted, self._base_url()))

    def _queued_before(self, request_id: str) -> int:
        earlier = itertools.takewhile(lambda other: other.request_id != request_id, self.requests.values())
        return sum(other.state is RequestState.IN_QUEUE for other in earlier)

    def _refuse_inputs(
        self, inputs: JsonObject | None, entry: CatalogEntry, behaviour: Behaviour
    ) -> RefusalBody | None:
        if inputs is None:
            return refusals.bad_input(behaviour, [Problem(location=(), message="the body is not a JSON object")])
        if behaviour.balance_is_empty:
            return refusals.no_balance(behaviour)
        problems = find_problems(inputs, entry.input_schema)
        if not behaviour.accepts_data_uris:
            problems += [
                Problem(location=(media.label,), message="Input should be a public HTTPS URL")
                for media in find_media(inputs, entry.input_schema)
                if media.address.startswith("data:")
            ]
        return refusals.bad_input(behaviour, problems) if problems else None

    def _about_request(self, match: Match, call: Call, request: web.Request, behaviour: Behaviour) -> web.Response:
        call.request_id = match.subject
        known = self.requests.get(match.subject)
        if known is None or self._has_expired(known, behaviour):
            return refusals.unknown_request(match.subject).respond(behaviour)
        if match.route is Route.CANCEL:
            return self._cancel(known, behaviour)
        if match.route is Route.STATUS:
            known.status_polls += 1
            return web.json_response(render_status(known, behaviour, self._base_url()))
        known.result_polls += 1
        body = render_result(
            known,
            behaviour,
            now=self._clock.now(),
            output_origin=behaviour.output_origin or self._base_url(),
            include_cost=request.query.get("include_cost") == "true",
        )
        return web.json_response(body)

    def _has_expired(self, known: ModelRequest, behaviour: Behaviour) -> bool:
        if known.ended_at is None:
            return False
        return self._clock.now() >= known.ended_at + timedelta(seconds=behaviour.request_lives_seconds)

    def _cancel(self, known: ModelRequest, behaviour: Behaviour) -> web.Response:
        """Cancel what is in the queue; anything else is answered `not_cancellable`, with 202 as well."""
        known.cancel_calls += 1
        is_cancelled = known.state is RequestState.IN_QUEUE
        if is_cancelled:
            known.move_to(RequestState.CANCELLED)
            known.start_asked.set()
        return web.json_response(render_cancel(known, behaviour, is_cancelled=is_cancelled), status=202)

    def _serve_file(self, path: str) -> web.Response:
        stored = self._storage.get(path)
        lives = timedelta(seconds=self._behaviour().output_lives_seconds)
        if stored is None or self._clock.now() >= stored.stored_at + lives:
            return web.Response(status=404, text="<Code>NoSuchKey</Code>", content_type="application/xml")
        return web.Response(body=stored.file.data, content_type=stored.file.content_type)

    def _read_catalog(self, subject: str, request: web.Request, behaviour: Behaviour) -> web.Response:
        if subject == "categories":
            return web.json_response({"categories": self._catalog.categories()})
        if subject:
            entry = self._catalog.get_entry(subject)
            if entry is None:
                return refusals.unknown_model(behaviour, subject).respond(behaviour)
            return web.json_response(entry.render(with_schema=True))
        found = self._catalog.search(
            text=request.query.get("search", ""),
            category=request.query.get("category", ""),
            kind=request.query.get("kind", ""),
        )
        start = _number(request, "offset", 0)
        size = min(_number(request, "limit", _DEFAULT_PAGE), _LARGEST_PAGE)
        with_schema = request.query.get("include_schema") == "true"
        page = [entry.render(with_schema=with_schema) for entry in found[start : start + size]]
        return web.json_response({"models": page, "total": len(found)})


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isdecimal() else default
