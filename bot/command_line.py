"""The command line. A start-up error is one clear line and exit code 2; any other end that was not asked for is 1."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TypeVar

from bot.interrupts import INTERRUPTED, end_at_ctrl_c, raise_at_ctrl_c
from bot.redaction import Redactor
from bot.settings import Settings
from bot.settings.loading import load_settings
from services.errors import ComfycordError, InvalidSchema, StartupError, UnknownModel
from services.version import VERSION

log = logging.getLogger(__name__)

OK, FAILED, WRONG_SETUP = 0, 1, 2

T = TypeVar("T")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says and return the exit code."""
    options = _parser().parse_args(arguments)
    redact = Redactor(())
    try:
        settings = load_settings(options.config)
        redact = Redactor(settings.secrets)
        if options.is_quiet and settings.log.level == "INFO":
            settings = settings.model_copy(update={"log": settings.log.model_copy(update={"level": "WARNING"})})
        from bot.logs import configure_logging  # noqa: PLC0415 - see below

        configure_logging(settings.log, secrets=settings.secrets, stream=sys.stderr)
        command: Callable[[Settings, argparse.Namespace], int] = options.call
        return command(settings, options)
    except (StartupError, InvalidSchema, UnknownModel) as error:
        _complain(redact(str(error)))
        return WRONG_SETUP
    except ComfycordError as error:
        _complain(redact(str(error)))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def _complain(text: str) -> None:
    for line in text.splitlines():
        print(f"comfycord: {line}", file=sys.stderr)  # noqa: T201 - the command line's answer


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="Comfycord: RunComfy's models in Discord.")
    parser.add_argument("--version", action="version", version=f"comfycord {VERSION}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, call, text in (
        ("run", _run, "run the bot until SIGTERM or Ctrl-C"),
        ("check", _check, "look whether settings, database, Discord and all else are as they should be"),
        ("sync", _sync, "write the slash commands to Discord now (a run does so when they changed)"),
        ("migrate", _migrate, "bring the database's schema up to date (a run does so by itself)"),
        ("adopt", _adopt, "have an unconfirmed, late or given-up job followed by a request id"),
    ):
        command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        command.add_argument(
            "--config", type=Path, default=Path("config.toml"), metavar="FILE", help="default: %(default)s"
        )
        # What the other commands do is said in their answer; their log is for what goes wrong.
        command.set_defaults(call=call, is_quiet=call is not _run)
        if name == "adopt":
            command.add_argument("job", metavar="JOB", help="the job's id, as its card shows it")
            command.add_argument("request", metavar="REQUEST_ID", help="RunComfy's id of the request")
    return parser


def _do(work: Callable[[], Coroutine[object, object, T]]) -> T:
    """Do the work, which a KeyboardInterrupt ends in order."""
    raise_at_ctrl_c()
    try:
        return asyncio.run(work())
    finally:
        end_at_ctrl_c()


def _say(work: Callable[[], Coroutine[object, object, str]]) -> int:
    print(_do(work), flush=True)  # noqa: T201 - the command line's answer
    return OK


# The heavy imports wait until the settings are known to be right: a wrong one is told at once.


def _keep_private() -> None:
    """Have what is made from here on be the user's own: prompts, tokens and results are nobody else's business."""
    os.umask(0o077)


def _run(settings: Settings, _: argparse.Namespace) -> int:
    _keep_private()
    settings.require_tokens()
    from bot.running import run  # noqa: PLC0415 - see above

    # asyncio's own loop: uvloop holds each write back to the end of a round, so that in a burst of commands the
    # acknowledgements leave later, not sooner (measured with `make bench`).
    _do(lambda: run(settings))
    return OK


def _check(settings: Settings, options: argparse.Namespace) -> int:
    from bot.checks.all_checks import check  # noqa: PLC0415 - see above

    return OK if _do(lambda: check(settings, config=options.config, say=print)) else FAILED


def _sync(settings: Settings, _: argparse.Namespace) -> int:
    _keep_private()
    settings.require_tokens()
    from bot.maintenance import sync  # noqa: PLC0415 - see above

    return _say(lambda: sync(settings))


def _migrate(settings: Settings, _: argparse.Namespace) -> int:
    _keep_private()
    from bot.maintenance import migrate_database  # noqa: PLC0415 - see above

    return _say(lambda: migrate_database(settings))


def _adopt(settings: Settings, options: argparse.Namespace) -> int:
    _keep_private()
    settings.require_tokens(discord=False)
    from bot.maintenance import adopt  # noqa: PLC0415 - see above

    return _say(lambda: adopt(settings, options.job, options.request))
