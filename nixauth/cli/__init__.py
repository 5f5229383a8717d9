"""The command line: options in, exit codes out, no decisions.

An interrupt ends every command with the same code and no traceback, whenever it comes: so this
module loads next to nothing before `main` can deal with one.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

UNDECIDED, INTERRUPTED = 3, 130


def main() -> NoReturn:
    """Run the command line and exit with its code; no exception leaves it as a traceback."""
    try:
        from nixauth.cli import interrupts  # noqa: PLC0415 - an interrupt while importing is one

        try:
            _run()
        finally:
            interrupts.ignore()
    except KeyboardInterrupt:
        from nixauth.cli import interrupts  # noqa: PLC0415 - perhaps it had not come to that

        interrupts.ignore()
        sys.exit(INTERRUPTED)
    sys.exit(0)


def _run() -> None:
    import gc  # noqa: PLC0415

    from nixauth.cli import interrupts  # noqa: PLC0415

    # What is imported and read stays, and holds no cycles: looking for them is in vain, and takes
    # a tenth of the time. `Question.ask` has it end.
    gc.disable()
    _mend_streams()
    try:
        with interrupts.leave_at_once(INTERRUPTED):
            from nixauth.cli.app import app  # noqa: PLC0415

        interrupts.lose_none()
        app(prog_name="nixauth")
    except Exception as error:  # noqa: BLE001 - the outermost place: a defect is no refusal
        _confess(error)
        sys.exit(UNDECIDED)


def _mend_streams() -> None:
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started this; it changes no verdict
            import os  # noqa: PLC0415

            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115, PTH123 - as long as it runs
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _confess(error: Exception) -> None:
    """Say where a defect showed itself; the whole traceback for those who ask for it."""
    import os  # noqa: PLC0415
    import traceback  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    if os.environ.get("NIXAUTH_DEBUG"):
        traceback.print_exception(error)
    places = traceback.extract_tb(error.__traceback__)
    place = f"{Path(places[-1].filename).name}:{places[-1].lineno}" if places else "nowhere"
    sys.stderr.write(
        f"undecided: a defect in nixauth: {type(error).__name__} at {place}\n"
        "  next: report it, please, with what NIXAUTH_DEBUG=1 prints; nothing was decided\n"
    )
