"""One open page: what it asks is done, and what changes is told, never faster than it reads."""

from __future__ import annotations

import asyncio
import json
import logging

from aiohttp import WSMsgType, web

from sandbox.client_driver import ClientDriver
from sandbox.discord.channels import Channel
from sandbox.discord.wire import JsonObject
from sandbox.web.actions import Actions
from sandbox.web.backstage import Backstage
from sandbox.web.wire import LARGEST_MESSAGE_BYTES, Order, Refused, read_order

log = logging.getLogger(__name__)

VIEW_SECONDS = 0.05
PANEL_SECONDS = 0.25
_MOST_ACTIONS_AT_ONCE = 16
_HEARTBEAT_SECONDS = 20.0
_SEND_SECONDS = 30.0


class LivePage:
    """A page's connection. It keeps who the page acts as and which channel is open, nothing else.

    Views and panels are not queued: when the page has taken one, the newest is drawn up, so that a slow page skips
    states and holds up nobody.
    """

    def __init__(self, backstage: Backstage, member: ClientDriver, channel: Channel) -> None:
        self._backstage = backstage
        self._member = member
        self._channel = channel
        self._socket = web.WebSocketResponse(
            max_msg_size=LARGEST_MESSAGE_BYTES,
            heartbeat=_HEARTBEAT_SECONDS,
            compress=False,  # nothing to gain on one machine, and aiohttp's own task complains where the page is gone
        )
        self._view_is_due = asyncio.Event()
        self._places = asyncio.Semaphore(_MOST_ACTIONS_AT_ONCE)

    def look_again(self) -> None:
        """Have the view drawn up anew, soon."""
        self._view_is_due.set()

    async def run(self, request: web.Request) -> web.WebSocketResponse:
        """Speak with the page until it closes."""
        await self._socket.prepare(request)
        try:
            async with asyncio.TaskGroup() as tasks:
                speakers = [tasks.create_task(self._show_views()), tasks.create_task(self._show_panels())]
                try:
                    await self._listen(tasks)
                finally:
                    for speaker in speakers:
                        speaker.cancel()
        except* (ConnectionError, TimeoutError) as lost:
            log.info("a page was lost: %s", lost.exceptions[0])
        return self._socket

    async def close(self) -> None:
        """Tell the page that the server ends."""
        await self._socket.close(code=1001, message=b"the sandbox ends")

    async def _listen(self, tasks: asyncio.TaskGroup) -> None:
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                continue
            order = read_order(message.data)
            if order is None:
                await self._socket.close(code=1007, message=b"not an order")
                return
            await self._places.acquire()  # who asks faster than it is done is read no faster
            tasks.create_task(self._obey(order))

    async def _obey(self, order: Order) -> None:
        try:
            try:
                result = await self._do(order)
            except Refused as refusal:
                await self._say({"type": "answer", "id": order.number, "ok": False, "error": str(refusal)})
            except Exception:
                log.exception("the sandbox itself failed at %s", order.do)
                sentence = "The sandbox itself failed at this; its log says why."
                await self._say({"type": "answer", "id": order.number, "ok": False, "error": sentence})
            else:
                await self._say({"type": "answer", "id": order.number, "ok": True, "result": result})
        finally:
            self._places.release()
        self._backstage.look_again()

    async def _do(self, order: Order) -> JsonObject:
        match order.do:
            case "switch":
                channel_id = self._channel.id
                await self._backstage.switchboard.use(order.text("name"), order.fields.get("value"), channel_id)
                return {}
            case _ if self._backstage.viewer.run.discord == "real":
                raise Refused("this happens at the real Discord: write to the bot there")
            case "act_as":
                self._member = self._backstage.member(order.text("person"))
                self._channel = self._backstage.channel(self._member, self._channel.id)
                return {}
            case "open_channel":
                self._channel = self._backstage.require_channel(self._member, order.identity("channel"))
                return {}
            case _:
                return await self._actions().do(order)

    def _actions(self) -> Actions:
        backstage = self._backstage
        return Actions(
            backstage.sandbox,
            member=self._member,
            place=backstage.sandbox.place(self._channel),
            screens=backstage.viewer.screens,
            uploads=backstage.uploads,
            takes_files=backstage.viewer.run.accepts_files,
        )

    async def _show_views(self) -> None:
        told: JsonObject = {}
        while True:
            self._view_is_due.clear()
            self._channel = self._backstage.channel(self._member, self._channel.id)
            pulse = self._backstage.pulse(self._member.id)
            view = self._backstage.viewer.view(self._member, self._channel)
            if _without_time(view) != told:
                told = _without_time(view)
                await self._say(view)
            await asyncio.sleep(VIEW_SECONDS)
            await self._backstage.wait(self._view_is_due, person_id=self._member.id, since=pulse)

    async def _show_panels(self) -> None:
        told: JsonObject = {}
        while True:
            state = self._backstage.panel.state()
            if state != told:
                told = state
                await self._say({**state, "now": self._backstage.panel.now()})
            await asyncio.sleep(PANEL_SECONDS)

    async def _say(self, message: JsonObject) -> None:
        text = json.dumps(message, default=str)
        async with asyncio.timeout(_SEND_SECONDS):
            await self._socket.send_str(text)


def _without_time(view: JsonObject) -> JsonObject:
    return {key: value for key, value in view.items() if key != "now"}
