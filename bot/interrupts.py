"""Ctrl-C: while the program is loaded it ends the process at once, in silence; while something is at work it is heard.

Python's own way, KeyboardInterrupt, would show a traceback from whatever import it strikes.
"""

from __future__ import annotations

import os
import signal

# What a shell calls the end by Ctrl-C. Once `run` is up, that is a clean stop instead, and 0.
INTERRUPTED = 130


def end_at_once(*_: object) -> None:
    """End the process: there is nothing to be put in order yet, or no longer."""
    os._exit(INTERRUPTED)


def end_at_ctrl_c() -> None:
    """From here on Ctrl-C ends the process; not where it is ignored, as in a shell's background."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, end_at_once)


def raise_at_ctrl_c() -> None:
    """From here on Ctrl-C is a KeyboardInterrupt, as asyncio wants it."""
    if signal.getsignal(signal.SIGINT) is end_at_once:
        signal.signal(signal.SIGINT, signal.default_int_handler)
