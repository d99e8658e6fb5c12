"""Puts the page together for a sandbox and its bot."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

from sandbox.bot_process import BotProcess
from sandbox.sandbox import Sandbox
from sandbox.web.backstage import Backstage
from sandbox.web.bot_control import BotControl
from sandbox.web.faults_of_api import ApiTroubles
from sandbox.web.faults_of_discord import DiscordTroubles, bot_switches
from sandbox.web.links import Links
from sandbox.web.panel import Panel
from sandbox.web.screens import Screens
from sandbox.web.server import PageServer
from sandbox.web.switches import Switch, Switchboard
from sandbox.web.traffic_log import TrafficLog
from sandbox.web.uploads import UploadStore
from sandbox.web.view import Run, Viewer


@contextlib.asynccontextmanager
async def open_page(
    sandbox: Sandbox,
    bot: BotProcess,
    *,
    port: int | None = 0,
    hosts: Mapping[str, Path] | None = None,
    run: Run | None = None,
    is_online: Callable[[], bool] | None = None,
) -> AsyncIterator[PageServer]:
    """Serve the page of a sandbox with the bot in it, which may be running or not.

    `port`: 0 any free one, None the usual one; `hosts`: folders of pictures of hosts that exist only in the sandbox;
    `run` says which backend is live; `is_online`, whether a bot at the real Discord is connected there.
    """
    run = run or Run()
    control = BotControl(bot, is_online=is_online or (lambda: bot.is_ready))
    screens, traffic = Screens(sandbox.state), TrafficLog(sandbox)
    origins = (sandbox.discord.url, sandbox.model_api.url)
    viewer = Viewer(
        state=sandbox.state,
        screens=screens,
        links=Links(sandbox.state, hosts=hosts or {}, own_origins=origins),
        bot=control,
        run=run,
    )
    switchboard = Switchboard({switch.name: switch for switch in _switches(sandbox, control, run)})
    backstage = Backstage(
        sandbox=sandbox,
        viewer=viewer,
        panel=Panel(sandbox=sandbox, bot=control, switchboard=switchboard, traffic=traffic),
        switchboard=switchboard,
        uploads=UploadStore(),
    )
    try:
        async with PageServer(backstage, port=port, hosts=hosts) as page:
            yield page
    finally:
        await control.close()
        traffic.close()
        screens.close()


def _switches(sandbox: Sandbox, bot: BotControl, run: Run) -> list[Switch]:
    """Return what can be made to go wrong: nothing of a live backend."""
    switches: list[Switch] = []
    if run.model_api == "local":
        switches += ApiTroubles(sandbox.model_api).switches()
    if run.discord == "local":
        switches += DiscordTroubles(sandbox).switches()
    return switches + bot_switches(bot)
