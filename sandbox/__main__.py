"""`python -m sandbox` serves a page to try the bot on; `python -m sandbox demo` shows a job from end to end."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

from sandbox.demo import run_demo
from sandbox.live_backends import Backend
from sandbox.serving import ServeOptions, serve


def main() -> int:
    """Read the command line, run, and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without Unicode gets "?" for a sign, not a traceback
            stream.reconfigure(errors="replace")
    parser = _parser()
    arguments = parser.parse_args()
    if arguments.command == "demo":
        return run_demo(arguments.output)
    live = [
        backend
        for backend, side in ((Backend.DISCORD, arguments.discord), (Backend.MODEL_API, arguments.model_api))
        if side
    ]
    if len(live) > 1:
        parser.error("with both backends live there is no sandbox left: that is the bot itself, make run")
    return serve(
        ServeOptions(
            data_dir=arguments.data_dir,
            ports=(arguments.discord_port, arguments.model_api_port),
            page_port=arguments.port,
            live=next(iter(live), None),
            operator_config=arguments.config,
        )
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, help="the page's port (default: 8765 where it is free, else any)")
    parser.add_argument("--data-dir", type=Path, default=Path("sandbox-data"), help="where the bot keeps its data")
    parser.add_argument("--discord-port", type=int, default=0, help="the local Discord's port (default: any free one)")
    parser.add_argument("--model-api-port", type=int, default=0, help="the local Model API's port (default: any)")
    parser.add_argument(
        "--model-api",
        type=_is_real,
        metavar="real",
        help="use the real RunComfy with your token, behind the local Discord",
    )
    parser.add_argument(
        "--discord", type=_is_real, metavar="real", help="use the real Discord with your token, and the local Model API"
    )
    parser.add_argument(
        "--config", type=Path, default=Path("config.toml"), help="where your tokens are, for a live backend"
    )
    commands = parser.add_subparsers(dest="command")
    demo = commands.add_parser("demo", help="let a simulated member run /edit, and print what she sees")
    demo.add_argument("--output", type=Path, default=Path("demo-output"), help="where the result picture goes")
    return parser


def _is_real(word: str) -> bool:
    if word not in ("real", "local"):
        raise argparse.ArgumentTypeError("say real or local")
    return word == "real"


if __name__ == "__main__":
    sys.exit(main())
