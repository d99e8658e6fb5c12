"""Signals: SIGTERM, SIGHUP and Ctrl-C ask for a clean stop, and what does not end in time is ended."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading

log = logging.getLogger(__name__)

# From the signal to the end, whatever hangs: service managers send SIGKILL after 10 s.
STOP_SECONDS = 9.5


def stop_on_signals() -> asyncio.Event:
    """Return an event that SIGTERM, SIGINT and SIGHUP (a closed terminal, unless `nohup` says no) set.

    Several things that hang at once (a submit without its answer, then a database without its own) would each use up
    its own time. A hard end is as safe as a kill is: the next start takes up every job from its row.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    # A thread: it also ends a process whose event loop stands still, or whose threads never end.
    last_resort = threading.Timer(STOP_SECONDS, _end_at_once)
    last_resort.daemon = True

    def ask() -> None:
        if not stop.is_set():
            last_resort.start()
            stop.set()

    for number in _asking():
        if sys.platform == "win32":  # its event loops know no signals
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(ask))
        else:
            loop.add_signal_handler(number, ask)
    return stop


def _asking() -> tuple[signal.Signals, ...]:
    """Return the signals that ask for a stop here; one that was ignored before the start stays ignored."""
    hang_up = () if sys.platform == "win32" else (signal.SIGHUP,)
    kept = (number for number in hang_up if signal.getsignal(number) is not signal.SIG_IGN)
    return (signal.SIGTERM, signal.SIGINT, *kept)


def _end_at_once() -> None:
    log.error("the stop takes longer than %.1f s: ended at once; the next start takes every job up", STOP_SECONDS)
    os._exit(0)
