"""`python -m bot`: takes Ctrl-C into account before anything is loaded, then does what the command line says."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from bot.interrupts import end_at_ctrl_c


def main(arguments: Sequence[str] | None = None) -> int:
    """Load the program, do what the command line says, and return the exit code."""
    from bot.command_line import main as do  # noqa: PLC0415 - the loading is what Ctrl-C may strike

    return do(arguments)


if __name__ == "__main__":
    end_at_ctrl_c()
    sys.exit(main())
