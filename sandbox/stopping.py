"""The signals that ask a run to stop: whatever it started, the bot above all, must end with it."""

from __future__ import annotations

import signal


def stop_signals() -> list[signal.Signals]:
    """Return those besides Ctrl-C: SIGTERM, and SIGHUP of a terminal that was closed, unless nohup has it ignored."""
    return [one for one in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) is not signal.SIG_IGN]
