"""Writes a git pack file (gitformat-pack): whole objects, and trees as deltas of one another."""

from __future__ import annotations

import hashlib
import subprocess
import zlib
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.commits import object_id

_NUMBERS = {"commit": 1, "tree": 2, "blob": 3}
_OFFSET_DELTA = 6
_CHUNK = 1 << 20


class Run:
    """Packed objects one after another, ready to be appended to a pack: `data`, how many."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.count = 0

    def add(self, kind: str, content: bytes) -> bytes:
        """Append an object and return its id."""
        self._entry(_NUMBERS[kind], len(content), b"", content)
        return object_id(kind, content)

    def add_patched_tree(self, base: int, before: int, size: int, patch: bytes) -> None:
        """Append a tree that is another of `size` octets with `patch` at `before`.

        `base` is where that one starts in this run.
        """
        after = before + len(patch)
        delta = _varint(size) * 2 + _copy(0, before) + bytes([len(patch)]) + patch
        delta += _copy(after, size - after)
        self._entry(_OFFSET_DELTA, len(delta), _distance(len(self.data) - base), delta)

    def _entry(self, number: int, size: int, between: bytes, content: bytes) -> None:
        first = number << 4 | size & 15
        head = bytes([first]) if size < 16 else bytes([first | 0x80]) + _varint(size >> 4)
        self.data += head + between + zlib.compress(content, 1)
        self.count += 1


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _distance(number: int) -> bytes:
    """Encode how far back the base of a delta starts."""
    out = bytearray([number & 0x7F])
    while number := number >> 7:
        number -= 1
        out.append(number & 0x7F | 0x80)
    return bytes(reversed(out))


def _copy(start: int, size: int) -> bytes:
    if not size:
        return b""
    return b"\xb3" + start.to_bytes(2, "little") + size.to_bytes(2, "little")


class Pack:
    """A pack file in the making; leaving the block finishes it and has git make its index."""

    def __init__(self, repository: Path) -> None:
        self._repository = repository
        self._path = repository / "objects" / "pack" / "new.pack"
        self._file = self._path.open("w+b")
        self._file.write(b"PACK" + (2).to_bytes(4, "big") + bytes(4))
        self._count = 0

    def append(self, data: bytes | bytearray, count: int) -> None:
        """Append a run."""
        self._file.write(data)
        self._count += count

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._file as file:
            if error is None:
                file.seek(8)
                file.write(self._count.to_bytes(4, "big"))
                file.seek(0)
                digest = hashlib.sha1(usedforsecurity=False)
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
                file.write(digest.digest())
        if error is None:
            name = self._path.with_name(f"pack-{digest.hexdigest()}.pack")
            self._path.rename(name)
            subprocess.run(
                ["git", "-C", str(self._repository), "index-pack", str(name)],
                check=True,
                stdout=subprocess.DEVNULL,
            )
