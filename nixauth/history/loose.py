"""Look at loose objects before libgit2 does.

libgit2 1.9 never returns from reading a loose object whose zlib stream ends early, and nothing
interrupts it. So a loose object is inflated here first, in bounded steps, and refused when it is
cut off. What it says is still taken from libgit2, which hashes it with collision detection.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from pathlib import Path

_STEP = 1 << 16
_MAX_HEADER = 32
_MAX_ALTERNATES = 16


class LooseObjects:
    """The loose objects in some object directories, as they were when first asked for."""

    def __init__(self, directories: Sequence[Path]) -> None:
        self._directories = directories
        self._files: dict[bytes, str] | None = None

    def fault(self, object_id: bytes) -> str:
        """Say what keeps a loose object from being read; empty if nothing does."""
        if self._files is None:
            self._files = {}
            for directory in self._directories:
                self._files.update(_list(directory))
        file = self._files.get(object_id)
        return _fault(file) if file is not None else ""


def with_alternates(objects: Path) -> list[Path]:
    """Return an object directory and those it borrows from (gitrepository-layout, alternates)."""
    found = [objects]
    for directory in found:
        try:
            lines = (directory / "info" / "alternates").read_bytes().splitlines()
        except OSError:
            continue
        for line in lines:
            other = directory / os.fsdecode(line)
            if line and not line.startswith(b"#") and len(found) < _MAX_ALTERNATES:
                found.append(other)
    return found


def _list(objects: Path) -> dict[bytes, str]:
    found = {}
    for first in range(256):
        folder = f"{objects}/{first:02x}"
        try:
            names = os.listdir(folder)  # noqa: PTH208 - a quarter of the time of Path.iterdir
        except OSError:
            continue
        for name in names:
            if len(name) == 38:
                try:
                    found[bytes.fromhex(f"{first:02x}{name}")] = f"{folder}/{name}"
                except ValueError:
                    continue
    return found


def _fault(path: str) -> str:
    """Inflate a file and compare its size with what its header says."""
    stream = zlib.decompressobj()
    header, size = b"", 0
    try:
        # No file object: where an interrupt comes as it is made, it complains of not being closed.
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            while not stream.eof and (read := os.read(file, _STEP)):
                while read:
                    out = stream.decompress(read, _STEP)
                    header += out[: _MAX_HEADER - len(header)]
                    size += len(out)
                    read = stream.unconsumed_tail
        finally:
            os.close(file)
    except FileNotFoundError:
        return ""  # packed and pruned since; libgit2 looks again
    except (OSError, zlib.error) as error:
        return str(error)
    start, nul, _ = header.partition(b"\0")
    declared = start.rpartition(b" ")[2]
    if not stream.eof:
        return "the loose object is cut off"
    if not nul or not declared.isdigit() or int(declared) != size - len(start) - 1:
        return "the loose object has another size than it says"
    return ""
