"""The command line: options in, exit codes out, no decisions."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from pathlib import Path
from typing import NoReturn

UNDECIDED, INTERRUPTED = 3, 130


def main() -> NoReturn:
    """Run the command line and exit with its code; no exception leaves it as a traceback."""
    # What is imported and read stays, and holds no cycles: looking for them is in vain, and takes
    # a tenth of the time. `Question.ask` has it end.
    gc.disable()
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
    except Exception as error:  # noqa: BLE001 - the outermost place: a defect is no refusal
        _confess(error)
        sys.exit(UNDECIDED)
    sys.exit(0)


def _confess(error: Exception) -> None:
    """Say where a defect showed itself; the whole traceback for those who ask for it."""
    if os.environ.get("NIXAUTH_DEBUG"):
        traceback.print_exception(error)
    places = traceback.extract_tb(error.__traceback__)
    place = f"{Path(places[-1].filename).name}:{places[-1].lineno}" if places else "nowhere"
    sys.stderr.write(
        f"undecided: a defect in nixauth: {type(error).__name__} at {place}\n"
        "  next: report it, please, with what NIXAUTH_DEBUG=1 prints; nothing was decided\n"
    )
