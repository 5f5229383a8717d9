"""The Nix archive format, written into whatever takes bytes.

The grammar is that of the Nix manual, "Nix Archive (NAR) Format", and of figure 5.2 of E. Dolstra's
thesis: strings are a 64-bit little-endian length, the bytes, and zeros up to a multiple of eight.
An archive is `nix-archive-1` and a node; a directory has its entries once each, in the order of the
names' bytes. There is one archive for one tree, or hashes would mean nothing: what would give a
second is refused here, whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

Bytes = bytes | memoryview
_PIECE = 1 << 16
"""Bytes of small things that are gathered before they are handed on."""
_PADDING = tuple(bytes(-size % 8) for size in range(8))
_FORBIDDEN = frozenset((b"", b".", b".."))


class NarError(ValueError):
    """The writer was asked for something that is no archive."""


def string(text: bytes) -> bytes:
    """Return a string as it stands in an archive."""
    return len(text).to_bytes(8, "little") + text + _PADDING[len(text) % 8]


def _strings(*words: bytes) -> bytes:
    return b"".join(map(string, words))


_MAGIC = string(b"nix-archive-1")
_REGULAR = _strings(b"(", b"type", b"regular", b"contents")
_EXECUTABLE = _strings(b"(", b"type", b"regular", b"executable", b"", b"contents")
_SYMLINK = _strings(b"(", b"type", b"symlink", b"target")
_DIRECTORY = _strings(b"(", b"type", b"directory")
_ENTRY = _strings(b"entry", b"(", b"name")
_NODE = string(b"node")
_CLOSE = string(b")")


class NarWriter:
    """Writes one archive; `update` takes the bytes in order (a hash's method, say).

    After each `entry` comes exactly one node: `file`, `stream`, `symlink`, or `directory` and what
    belongs to it up to `close`. The first node is the archive's own. Every method raises NarError
    for what is no archive.
    """

    def __init__(self, update: Callable[[Bytes], object]) -> None:
        self._update = update
        self._gathered = bytearray(_MAGIC)
        self._written = 0
        self._open: list[bytes] = []
        """For each directory that is open the name before; names are never empty."""
        self._expected = True  # is it a node's turn?

    @property
    def size(self) -> int:
        """How many bytes were written."""
        return self._written + len(self._gathered)

    def file(self, content: Bytes, *, executable: bool) -> None:
        """Write a regular file."""
        self.stream(len(content), (content,), executable=executable)

    def stream(self, size: int, pieces: Iterable[Bytes], *, executable: bool) -> None:
        """Write a regular file of `size` bytes, which come in pieces."""
        self._node(_EXECUTABLE if executable else _REGULAR)
        self._gathered += size.to_bytes(8, "little")
        left = size
        for piece in pieces:
            left -= len(piece)
            if len(piece) < _PIECE:
                self._gathered += piece
            else:
                self._flush()
                self._written += len(piece)
                self._update(piece)
            if len(self._gathered) >= _PIECE:
                self._flush()
        if left:
            raise NarError(f"a file of {size} bytes has {size - left}")
        self._gathered += _PADDING[size % 8]
        self._end()

    def symlink(self, target: bytes) -> None:
        """Write a symbolic link."""
        if not target or b"\0" in target:
            raise NarError(f"no target of a link: {target!r}")
        self._node(_SYMLINK)
        self._gathered += string(target)
        self._end()

    def directory(self) -> None:
        """Begin a directory; its entries follow, and `close`."""
        self._node(_DIRECTORY)
        self._open.append(b"")

    def entry(self, name: bytes) -> None:
        """Begin the next entry of the open directory; the names' bytes have to ascend."""
        if self._expected or not self._open:
            raise NarError("an entry outside of a directory")
        if name in _FORBIDDEN or b"/" in name or b"\0" in name:
            raise NarError(f"no name of an entry: {name!r}")
        if name <= self._open[-1]:
            raise NarError(f"the entry {name!r} comes after {self._open[-1]!r}")
        self._open[-1] = name
        self._gathered += _ENTRY
        self._gathered += string(name)
        self._gathered += _NODE
        self._expected = True

    def close(self) -> None:
        """End the open directory."""
        if self._expected or not self._open:
            raise NarError("no directory is open")
        self._open.pop()
        self._end()

    def finish(self) -> int:
        """End the archive and return its size in bytes."""
        if self._expected or self._open:
            raise NarError("the archive is not complete")
        self._flush()
        return self._written

    def _node(self, head: bytes) -> None:
        if not self._expected:
            raise NarError("a node that nothing announced")
        self._expected = False
        self._gathered += head

    def _end(self) -> None:
        """Close a node, and the entry that it belongs to."""
        self._gathered += _CLOSE
        if self._open:
            self._gathered += _CLOSE
        if len(self._gathered) >= _PIECE:
            self._flush()

    def _flush(self) -> None:
        self._written += len(self._gathered)
        self._update(bytes(self._gathered))
        self._gathered.clear()
