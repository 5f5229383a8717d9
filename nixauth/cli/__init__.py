"""The command line: options in, exit codes out, no decisions."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

INTERRUPTED = 130


def main() -> NoReturn:
    """Run the command line and exit with its code; no exception leaves it as a traceback."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started this; it changes no verdict
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - for as long as it runs
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        from nixauth.cli.app import app  # noqa: PLC0415 - an interrupt while importing is one, too

        app(prog_name="nixauth")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    sys.exit(0)
