"""Runs the real bot with room for few open files: `python -m tests.acceptance.few_files 64 run --config FILE`."""

from __future__ import annotations

import resource
import sys

from bot.__main__ import main

if __name__ == "__main__":
    limit = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    sys.exit(main(sys.argv[2:]))
