"""What a command writes: to a file, whole or not at all, or to standard output."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path

from nixauth.errors import UsageError


def write_out(content: bytes, output: Path | None, *, binary: bool) -> None:
    """Write to `output`, or to standard output for None and `-`; raises UsageError."""
    if output is None or str(output) == "-":
        if binary and sys.stdout.isatty():
            raise UsageError(
                "binary keys are not for a terminal", "Give -o FILE or --armor, or use a pipe."
            )
        _to_standard_output(content)
        return
    try:
        if output.exists() and not output.is_file():  # a device or a pipe
            output.write_bytes(content)
        else:
            _replace(output.resolve(), content)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror or error}") from error


def _to_standard_output(content: bytes) -> None:
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _replace(path: Path, content: bytes) -> None:
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name[:32]}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(_mode(path))
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _mode(path: Path) -> int:
    """Return the mode of the file that is replaced, or that of a new one."""
    with contextlib.suppress(OSError):
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
