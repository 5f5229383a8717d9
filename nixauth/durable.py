"""Files that are replaced whole, and are on the disk before anything else happens."""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

_MOMENT, _PAUSE = 1.0, 0.05
"""Seconds after which it is said that a lock is waited for, and between two trials."""


def replace(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Put a file in place, whole, and wait until it is on the disk; raises OSError.

    Whoever is killed meanwhile leaves the file as it was, or as it was to be.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:32]}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


@contextlib.contextmanager
def locked(
    path: Path, seconds: float = math.inf, waits: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold a lock, a file that stays; waits for who holds it, and says so after a moment.

    Raises TimeoutError when it was not to be had in so many seconds, and other OSError.
    """
    with path.open("ab") as file:
        start = time.monotonic()
        while not has_lock(file, fcntl.LOCK_EX):
            waited = time.monotonic() - start
            if waited > seconds:
                raise TimeoutError("somebody else holds the lock")
            if waited > _MOMENT and waits is not None:
                waits()
                waits = None
            time.sleep(_PAUSE)
        yield


def has_lock(file: IO[bytes] | int, how: int) -> bool:
    """Take a lock (`fcntl.LOCK_EX` or `LOCK_SH`) if nobody else's is in the way; raises OSError."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
