"""`python -m sandbox` runs both local services and the bot; `python -m sandbox demo` shows a job from end to end."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sandbox.demo import run_demo
from sandbox.serving import serve


def main() -> int:
    """Read the command line, run, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=Path("sandbox-data"), help="where the bot keeps its data")
    parser.add_argument("--discord-port", type=int, default=0, help="the local Discord's port (default: any free one)")
    parser.add_argument("--model-api-port", type=int, default=0, help="the local Model API's port (default: any)")
    commands = parser.add_subparsers(dest="command")
    demo = commands.add_parser("demo", help="let a simulated member run /edit, and print what she sees")
    demo.add_argument("--output", type=Path, default=Path("demo-output"), help="where the result picture goes")
    arguments = parser.parse_args()
    if arguments.command == "demo":
        return run_demo(arguments.output)
    return serve(arguments.data_dir, ports=(arguments.discord_port, arguments.model_api_port))


if __name__ == "__main__":
    sys.exit(main())
