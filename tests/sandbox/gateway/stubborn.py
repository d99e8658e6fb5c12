"""A process that does what its first argument says; stands in for a bot in tests of how bots are run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time


def say(line: str) -> None:
    """Write a line to the log."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(way: str) -> None:
    """Exit, stop on SIGTERM, ignore it, or leave a child behind."""
    say(f"way {way}, token {os.environ.get('DISCORD_TOKEN')}, extra {os.environ.get('EXTRA')}")
    if way == "exits":
        sys.exit(3)
    if way == "obeys":
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if way == "ignores":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if way == "has-child":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        say(f"child {child.pid}")
    say("settled")
    time.sleep(600)


if __name__ == "__main__":
    main(sys.argv[1])
