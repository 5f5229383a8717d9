"""The command line: options in, exit codes out, no decisions."""

from __future__ import annotations

import sys
from typing import NoReturn

INTERRUPTED = 130


def main() -> NoReturn:
    """Run the command line and exit with its code; no exception leaves it as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        from nixauth.cli.app import app  # noqa: PLC0415 - an interrupt while importing is one, too

        app(prog_name="nixauth")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    sys.exit(0)
