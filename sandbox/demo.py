"""The demo: the real bot as a process of its own, beside both local services, driven by a simulated member."""

from __future__ import annotations

import asyncio
import io
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PIL import Image

from sandbox.bot_process import BotExitedError, BotProcess
from sandbox.client_driver import Card, ClientDriver, ClientRefused, InteractionFailed
from sandbox.pictures import paint
from sandbox.sandbox import Sandbox
from sandbox.stopping import stop_signals
from sandbox.terminal_recorder import TerminalRecorder, readable, say_card, wrapped

PROMPT = "Put the cat on the sailing boat, at night, with paper lanterns along the rail"
SECOND_PROMPT = "The same cat as an astronaut"
_MOST_STOP_SECONDS = 10
_SUBMITS = 2
_INTERRUPTED = 130


class DemoFailed(Exception):
    """Something did not go as it should; the sentence says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What every scene of the demo needs. `say` prints a line; times count from `began`."""

    sandbox: Sandbox
    member: ClientDriver
    output: Path
    say: Callable[[str], None]
    began: datetime

    def tell(self, action: str) -> None:
        """Say what the member does."""
        seconds = (self.sandbox.clock.now() - self.began).total_seconds()
        self.say(f"{seconds:7.2f} s ▶ {self.member.name} {action}")


def run_demo(output: Path) -> int:
    """Run the demo and return the exit code: 0; 1 after telling what failed with the bot's log; 130 when stopped."""
    try:
        return asyncio.run(_run(output, _print))
    except (KeyboardInterrupt, asyncio.CancelledError):  # stopped by a person: the bot is gone by now
        return _INTERRUPTED


async def _run(output: Path, say: Callable[[str], None]) -> int:
    started = time.monotonic()
    if (task := asyncio.current_task()) is not None:
        for number in stop_signals():
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with tempfile.TemporaryDirectory(prefix="comfycord-demo-") as folder:
        async with Sandbox.open(data_dir=Path(folder)) as sandbox:
            say(f"A local Discord on {sandbox.discord.url}, a local Model API on {sandbox.model_api.url}")
            sandbox.model_api.pace.queue_seconds, sandbox.model_api.pace.run_seconds = 2.4, 1.6
            sandbox.model_api.pace.positions = 2
            bot = sandbox.bot()
            async with bot:
                try:
                    await _play(sandbox, bot, output, say)
                except (DemoFailed, TimeoutError, BotExitedError, ClientRefused, InteractionFailed, OSError) as error:
                    say(f"The demo failed: {error}\n\nThe end of the bot's log:\n{bot.log_tail}")
                    return 1
    say(f"All went well in {time.monotonic() - started:.1f} s.")
    return 0


async def _play(sandbox: Sandbox, bot: BotProcess, output: Path, say: Callable[[str], None]) -> None:
    began = time.monotonic()
    await bot.wait_ready()
    say(f"The bot (python -m bot, process {bot.pid}) is online after {time.monotonic() - began:.1f} s\n")
    stage = Stage(sandbox=sandbox, member=sandbox.clients.ada, output=output, say=say, began=sandbox.clock.now())
    await _edit_two_pictures(stage)
    await _cancel_another(stage)
    await _look_back(stage)
    ended = await bot.terminate()
    say(f"The bot stopped {ended.seconds:.1f} s after SIGTERM, with exit code {ended.code}")
    _require(ended.code == 0, f"the bot's exit code is {ended.code}")
    _require(ended.seconds < _MOST_STOP_SECONDS, f"the bot took {ended.seconds:.1f} s to stop")
    _require(not sandbox.violations, f"the bot did what neither service allows: {sandbox.violations}")
    _require(len(sandbox.model_api.submits) == _SUBMITS, "the number of submits is not that of the commands")


async def _edit_two_pictures(stage: Stage) -> None:
    stage.tell(f"/edit prompt: {PROMPT}  image1: cat.png  image2: boat.jpg")
    reply = await stage.member.slash("edit", prompt=PROMPT, image1=paint("cat.png"), image2=paint("boat.jpg"))
    card = await reply.message()
    await TerminalRecorder(card, say=stage.say, began=stage.began).until("Done")
    await card.until(lambda card: card.attachments)
    for path in _keep_results(card, stage.output):
        stage.say(f"{'':9} ▣ the result picture is {path}\n")


def _keep_results(card: Card, output: Path) -> list[Path]:
    """Write the card's files into the output folder; each must be a picture that decodes."""
    output.mkdir(parents=True, exist_ok=True)
    paths = []
    for file in card.attachments:
        with Image.open(io.BytesIO(file.data)) as picture:
            picture.verify()
        path = output / Path(file.filename).name
        path.write_bytes(file.data)
        paths.append(path)
    _require(bool(paths), "the finished card shows no picture")
    return paths


async def _cancel_another(stage: Stage) -> None:
    stage.sandbox.model_api.pace.hold_in_queue()
    stage.tell(f"/edit prompt: {SECOND_PROMPT}  image1: cat.png  quality: low")
    reply = await stage.member.slash("edit", prompt=SECOND_PROMPT, image1=paint("cat.png"), quality="low")
    card = await reply.message()
    recorder = TerminalRecorder(card, say=stage.say, began=stage.began)
    await recorder.until("In queue")
    stage.tell("presses [Cancel]")
    await stage.member.click(card, "Cancel")
    await recorder.until("Cancelled")
    stage.sandbox.model_api.pace.release()


async def _look_back(stage: Stage) -> None:
    for command in ("history", "quota"):
        stage.tell(f"/{command}")
        card = await (await stage.member.slash(command)).message()
        _require(card.is_ephemeral, f"/{command} is not private")
        _require(bool(readable(card.text, stage.sandbox.state).strip()), f"/{command} says nothing")
        say_card(card, say=stage.say, began=stage.began)


def _require(condition: bool, sentence: str) -> None:  # noqa: FBT001 - reads like an assertion
    if not condition:
        raise DemoFailed(sentence)


def _print(line: str) -> None:
    if sys.stdout.isatty():
        line = wrapped(line, shutil.get_terminal_size().columns)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
