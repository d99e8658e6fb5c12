"""The local Model API as a server on a loopback socket."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import weakref
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

from sandbox.clock import SandboxClock
from sandbox.model_api.behaviour import Behaviour
from sandbox.model_api.endpoints import Endpoints
from sandbox.model_api.fault_delivery import FaultDelivery
from sandbox.model_api.faults import Faults
from sandbox.model_api.hooks import Hooks, Moment
from sandbox.model_api.input_files import InputFetcher
from sandbox.model_api.json_values import parse_object
from sandbox.model_api.listener import Listener
from sandbox.model_api.model_catalog import Catalog, CatalogEntry
from sandbox.model_api.model_request import ModelRequest
from sandbox.model_api.pace import Pace
from sandbox.model_api.routes import ELSEWHERE, match_route
from sandbox.model_api.storage import Storage
from sandbox.model_api.traffic import Authorization, Call, Route, Traffic, Violation
from sandbox.model_api.worker import Worker

log = logging.getLogger(__name__)

DEFAULT_TOKEN = "sandbox-runcomfy-token"  # noqa: S105 - it opens nothing but this sandbox


class ModelApiServer:
    """A Model API on 127.0.0.1: `async with ModelApiServer(clock=…) as server`.

    `host_map` says where hosts of input addresses really are, a folder or a loopback server's base address; `models`
    are more files of catalog entries; inputs' files are fetched over the real network from `real_hosts` alone.
    `behaviour`, `pace`, `faults` and `hooks` are there to be changed at any time.
    """

    def __init__(
        self,
        *,
        clock: SandboxClock,
        port: int = 0,
        host_map: Mapping[str, Path | str] | None = None,
        models: Iterable[Path] = (),
        token: str = DEFAULT_TOKEN,
        real_hosts: Collection[str] = (),
    ) -> None:
        self.token = token
        self.behaviour = Behaviour()
        self.pace = Pace()
        self.faults = Faults()
        self.hooks = Hooks()
        self.traffic = Traffic()
        self.violations: list[Violation] = []
        self._clock = clock
        self._host_map = dict(host_map or {})
        self._real_hosts = frozenset(real_hosts)
        self._storage = Storage()
        self._listener = Listener(self._handle, port=port)
        self._closing = asyncio.Event()
        self._accepted = asyncio.Condition()
        self._jobs: set[asyncio.Task[None]] = set()
        self._crashes: list[BaseException] = []
        self._known_connections: weakref.WeakSet[asyncio.Task[None]] = weakref.WeakSet()
        self._delivery = FaultDelivery(closing=self._closing, elsewhere=self._elsewhere)
        self._stack = contextlib.AsyncExitStack()
        self._worker: Worker | None = None
        self._endpoints = Endpoints(
            clock=clock,
            catalog=Catalog(models),
            storage=self._storage,
            behaviour=lambda: self.behaviour,
            base_url=lambda: self.url,
            accept=self._accept,
        )

    @property
    def url(self) -> str:
        """The base address, `http://127.0.0.1:<port>`."""
        return f"http://127.0.0.1:{self._listener.port}"

    @property
    def storage(self) -> Storage:
        """Where result files lie: a test may put one of its own there."""
        return self._storage

    @property
    def requests(self) -> Mapping[str, ModelRequest]:
        """Every accepted request by its id, oldest first."""
        return self._endpoints.requests

    @property
    def submits(self) -> tuple[ModelRequest, ...]:
        """Every accepted, and so paid, submit, whether its answer arrived or not; oldest first."""
        return tuple(self._endpoints.requests.values())

    async def submitted(self, count: int = 1, *, timeout_seconds: float = 15) -> ModelRequest:
        """Wait (in real seconds) for the count-th accepted submit.

        Raises: TimeoutError where there are fewer by then.
        """
        async with asyncio.timeout(timeout_seconds), self._accepted:
            await self._accepted.wait_for(lambda: len(self.submits) >= count)
        return self.submits[count - 1]

    @contextlib.asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """Refuse connections for as long as the block lasts, then come back on the same port."""
        await self.leave()
        try:
            yield
        finally:
            await self.come_back()

    async def leave(self) -> None:
        """Stop listening and cut every connection; accepted requests run on."""
        await self._listener.refuse()

    async def come_back(self) -> None:
        """Listen again on the same port."""
        await self._listener.listen()

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            session = await stack.enter_async_context(
                aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)
            )
            self._worker = Worker(
                clock=self._clock,
                pace=self.pace,
                fetcher=InputFetcher(session, self._host_map, real_hosts=self._real_hosts),
                storage=self._storage,
                behaviour=lambda: self.behaviour,
            )
            stack.callback(self._worker.close)
            stack.push_async_callback(self._stop_jobs)
            stack.push_async_callback(self._listener.close)
            await self._listener.open()
            stack.callback(self._closing.set)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()
        if self._crashes and error is None:
            raise self._crashes[0]

    async def _stop_jobs(self) -> None:
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)

    def _accept(self, request: ModelRequest, entry: CatalogEntry) -> None:
        if self._worker is None:
            raise RuntimeError("the server is not running")
        job = asyncio.get_running_loop().create_task(self._worker.carry(request, entry))
        self._jobs.add(job)
        job.add_done_callback(self._let_go)

    def _let_go(self, job: asyncio.Task[None]) -> None:
        """Forget a job that has ended; a crash of the sandbox itself comes out when the server closes."""
        self._jobs.discard(job)
        if not job.cancelled() and (crash := job.exception()) is not None:
            log.error("the sandbox's own job crashed", exc_info=crash)
            self._crashes.append(crash)

    def _elsewhere(self) -> str:
        """The address that redirects lead to: the same server, yet another origin."""
        return f"http://localhost:{self._listener.port}{ELSEWHERE}"

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call; a crash of the sandbox itself comes out when the server closes."""
        try:
            return await self._answer(request)
        except web.HTTPException:  # aiohttp's own refusals, such as a body that is too large
            raise
        except Exception as crash:
            self._crashes.append(crash)
            raise

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one call: note it, run its hooks, apply it, spoil it where the script says so, and send it."""
        match = match_route(request.method, request.rel_url.raw_path)
        call = await self._note(request, match.route)
        self._judge(call)
        await self.hooks.run(Moment.BEFORE, call)
        order = self.faults.take(match.route)
        answer: web.Response | None = None
        if order is None or not order.fault.spares_the_effect:
            answer = self._endpoints.answer(match, call, request)
            async with self._accepted:
                self._accepted.notify_all()
            await self.hooks.run(Moment.AFTER, call)
        if order is not None:
            call.fault = order.fault
            try:
                response = await self._delivery.deliver(order, request, answer)
            except ConnectionError:  # the client left in the middle
                return web.Response()
        else:
            response = answer or web.Response(status=500)
        return await self._send(response, request, call)

    async def _send(self, response: web.StreamResponse, request: web.Request, call: Call) -> web.StreamResponse:
        """Send the answer now, so that it is known whether it left."""
        try:
            await response.prepare(request)
            await response.write_eof()
        except ConnectionError:
            return response
        if request.transport is not None and not request.transport.is_closing():
            call.status = response.status
            call.answered_at = self._clock.now()
            await self.hooks.run(Moment.ANSWERED, call)
        return response

    async def _note(self, request: web.Request, route: Route) -> Call:
        connection = request.task  # aiohttp serves each connection in a task of its own
        is_fresh = connection not in self._known_connections
        self._known_connections.add(connection)
        call = Call(
            at=self._clock.now(),
            route=route,
            method=request.method,
            path=request.rel_url.raw_path,
            query=dict(request.query),
            authorization=self._weigh(request.headers.get("Authorization")),
            headers={name.lower(): value for name, value in request.headers.items() if name != "Authorization"},
            on_fresh_connection=is_fresh,
        )
        self.traffic.calls.append(call)
        call.body = parse_object(await request.read()) if request.can_read_body else None
        return call

    def _weigh(self, header: str | None) -> Authorization:
        if header is None:
            return Authorization.ABSENT
        return Authorization.RIGHT if header == f"Bearer {self.token}" else Authorization.WRONG

    def _judge(self, call: Call) -> None:
        """Record what no well-behaved client does."""
        if call.route is Route.UNKNOWN:
            self._blame(f"there is no route {call.method} {call.path}")
        if call.route in {Route.FILE, Route.ELSEWHERE} and call.authorization is not Authorization.ABSENT:
            self._blame(f"{call.method} {call.path} carried an Authorization header away from the API")
        if call.route is Route.ELSEWHERE and call.method == "POST":
            self._blame("a paid POST was repeated along a redirect")

    def _blame(self, message: str) -> None:
        self.violations.append(Violation(at=self._clock.now(), message=message))
