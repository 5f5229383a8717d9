"""A git pack of whole objects (gitformat-pack, version 2), piece by piece."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator

from nixauth.nar.serialize import Bytes

NUMBERS = {"commit": 1, "tree": 2, "blob": 3}
_LEVEL = 0
"""Nothing is compressed: the pack is read once, and lives as long as that takes."""


def pack(count: int, objects: Iterable[tuple[str, Bytes]]) -> Iterator[bytes]:
    """Yield the bytes of a pack of `count` objects, each a kind (`commit`, …) and its content."""
    digest = hashlib.sha1(usedforsecurity=False)
    piece = b"PACK" + (2).to_bytes(4, "big") + count.to_bytes(4, "big")
    digest.update(piece)
    yield piece
    for kind, content in objects:
        stream = zlib.compressobj(_LEVEL)
        for piece in (
            _header(NUMBERS[kind], len(content)),
            stream.compress(content),
            stream.flush(),
        ):
            digest.update(piece)
            yield piece
    yield digest.digest()


def _header(number: int, size: int) -> bytes:
    """Return type and size: four bits of it, and seven in each byte that follows."""
    out = bytearray([number << 4 | size & 15])
    size >>= 4
    while size:
        out[-1] |= 0x80
        out.append(size & 0x7F)
        size >>= 7
    return bytes(out)
