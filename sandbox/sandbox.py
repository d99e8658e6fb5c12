"""Both services in one event loop, with people in front of them and a place for the bot's data."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sandbox.bot_config import Overrides, write_config
from sandbox.bot_process import BotProcess
from sandbox.client_driver import Channels, ClientDrivers, Place
from sandbox.clock import SandboxClock
from sandbox.discord.channels import Channel
from sandbox.discord.gateway import Gateway, GatewayPace, serving_gateway
from sandbox.discord.server import DiscordServer
from sandbox.discord.state import DiscordState
from sandbox.model_api import ModelApiServer
from sandbox.spawning import Spawn, spawn_interpreter

BRISK = GatewayPace(identify_window_seconds=0)
"""Discord's gateway, but for the five seconds between two Identifies: a bot that is killed may start again at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sandbox:
    """A running local Discord and Model API. The bot under test is started beside it with `bot`."""

    clock: SandboxClock
    discord: DiscordServer
    gateway: Gateway
    model_api: ModelApiServer
    clients: ClientDrivers
    channels: Channels
    data_dir: Path
    spawn: Spawn

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls,
        *,
        data_dir: Path,
        host_map: Mapping[str, Path | str] | None = None,
        models: Iterable[Path] = (),
        gateway_pace: GatewayPace = BRISK,
        ports: tuple[int, int] = (0, 0),
        real_hosts: Collection[str] = (),
        spawn: Spawn = spawn_interpreter,
    ) -> AsyncIterator[Self]:
        """Start both servers on loopback; `ports` are Discord's and the Model API's, 0 for any free one.

        The Model API fetches inputs from `real_hosts` over the real network, from nowhere else.

        `data_dir`, absolute, is where the bot's settings and data go; it is made when they are written. `spawn` starts
        its process.
        """
        clock = SandboxClock()
        async with (
            DiscordServer(clock=clock, port=ports[0]) as discord,
            ModelApiServer(
                clock=clock, port=ports[1], host_map=host_map, models=models, real_hosts=real_hosts
            ) as model_api,
            serving_gateway(discord, pace=gateway_pace) as gateway,
        ):
            yield cls(
                clock=clock,
                discord=discord,
                gateway=gateway,
                model_api=model_api,
                clients=ClientDrivers(discord.state, gateway),
                channels=Channels(discord.state),
                data_dir=data_dir,
                spawn=spawn,
            )

    @property
    def state(self) -> DiscordState:
        """The state of the local Discord."""
        return self.discord.state

    @property
    def violations(self) -> list[str]:
        """What the bot did that neither service knows or allows: unknown routes, a token sent astray."""
        return [
            *(f"Discord: {one}" for one in self.discord.violations),
            *(f"Model API: {one.message}" for one in self.model_api.violations),
        ]

    def place(self, channel: Channel) -> Place:
        """Return the place of any channel of the local Discord."""
        return Place(channel, state=self.state)

    def write_config(
        self, name: str = "config.toml", *, database_url: str | None = None, overrides: Overrides | None = None
    ) -> Path:
        """Write the bot's settings file into the data folder and return its path."""
        return write_config(
            self.data_dir / name,
            discord=self.discord,
            model_api=self.model_api,
            database_url=database_url,
            overrides=overrides,
        )

    def bot(
        self,
        *,
        config: Path | None = None,
        module: str = "bot",
        arguments: Sequence[str] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> BotProcess:
        """Return the bot as a process that is not started yet; `config` is by default the plain one."""
        return BotProcess(
            config=config or self.write_config(),
            state=self.state,
            gateway=self.gateway,
            module=module,
            arguments=arguments,
            env=env,
            spawn=self.spawn,
        )
