"""Framing of packets, subpackets and integers (RFC 9580, sections 3.2, 4.2 and 5.2.3.7).

Every length is checked against the end of what holds it. Bytes in, positions out: nothing is
copied until somebody wants it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

SIGNATURE: Final = 2
SECRET_KEY: Final = 5
PUBLIC_KEY: Final = 6
SECRET_SUBKEY: Final = 7
USER_ID: Final = 13
PUBLIC_SUBKEY: Final = 14


class FormatError(Exception):
    """The bytes are not as the standard has them. Never leaves this package."""


def read_packet(data: bytes, position: int) -> tuple[int, int, int]:
    """Return tag, start and end of the body of the packet at `position` (< len(data)).

    Old and new format. Partial and indeterminate lengths are for data packets only, none of
    which belongs in a signature or a certificate.
    """
    first = data[position]
    if not first & 0x80:
        raise FormatError("not a packet: the top bit of its first octet is clear")
    try:
        if first & 0x40:
            tag = first & 0x3F
            start, length = _new_length(data, position + 1)
        else:
            tag = first >> 2 & 0x0F
            start, length = _old_length(data, position + 1, first & 3)
    except IndexError:
        raise FormatError("truncated packet header") from None
    if not tag:
        raise FormatError("packet of the reserved type 0")
    end = start + length
    if end > len(data):
        raise FormatError("truncated packet")
    return tag, start, end


def framed(tag: int, body: bytes) -> bytes:
    """Return a packet: in the old format where its type allows, which every reader knows."""
    size = len(body)
    if tag >= 16:
        return bytes([0xC0 | tag, 255]) + size.to_bytes(4, "big") + body
    kind = 0 if size < 1 << 8 else 1 if size < 1 << 16 else 2
    return bytes([0x80 | tag << 2 | kind]) + size.to_bytes(1 << kind, "big") + body


def _new_length(data: bytes, position: int) -> tuple[int, int]:
    """Return where the body starts and its length (section 4.2.1)."""
    first = data[position]
    if first < 192:
        return position + 1, first
    if first < 224:
        return position + 2, (first - 192 << 8) + data[position + 1] + 192
    if first < 255:
        raise FormatError("packet of partial length")
    return position + 5, _four(data, position + 1)


def _old_length(data: bytes, position: int, kind: int) -> tuple[int, int]:
    """Return where the body starts and its length (section 4.2.2)."""
    if kind == 0:
        return position + 1, data[position]
    if kind == 1:
        return position + 2, data[position] << 8 | data[position + 1]
    if kind == 2:
        return position + 4, _four(data, position)
    raise FormatError("packet of indeterminate length")


def _four(data: bytes, position: int) -> int:
    """Return four octets as a number; IndexError where they are not all there."""
    return (
        data[position] << 24
        | data[position + 1] << 16
        | data[position + 2] << 8
        | data[position + 3]
    )


def subpackets(data: bytes, position: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the subpackets of an area that fills `data[position:end]` exactly.

    Each is its type octet (bit 7: critical), and start and end of what follows that octet.
    """
    while position < end:
        length = data[position]
        position += 1
        if length >= 192:
            size = 4 if length == 255 else 1
            if position + size > end:
                raise FormatError("truncated subpacket length")
            if size == 1:
                length = (length - 192 << 8) + data[position] + 192
            else:
                length = _four(data, position)
            position += size
        following = position + length
        if not length:
            raise FormatError("subpacket of length 0")
        if following > end:
            raise FormatError("subpacket longer than its area")
        yield data[position], position + 1, following
        position = following


def integers(data: bytes, position: int, count: int) -> tuple[bytes, ...]:
    """Return the `count` multiprecision integers that fill `data[position:]` exactly.

    Big-endian, without leading zeros: the bit count must be exact (section 3.2). Zero is b"".
    """
    found = []
    for _ in range(count):
        value, position, spare = _integer(data, position)
        if spare:
            raise FormatError("integer with a wrong bit count")
        found.append(value)
    if position != len(data):
        raise FormatError("octets after the last integer")
    return tuple(found)


def padded_integer(data: bytes, position: int) -> bytes:
    """Return the one integer that fills `data[position:]` exactly, without its leading zeros.

    Where its bit count is not exact it must count whole octets: forges write the integer of an
    RSA signature as long as the modulus, whatever its first octets are.
    """
    value, end, spare = _integer(data, position)
    if end != len(data):
        raise FormatError("octets after the last integer")
    if spare:
        if data[position + 1] & 7:
            raise FormatError("integer with a wrong bit count")
        value = value.lstrip(b"\0")
    return value


def _integer(data: bytes, position: int) -> tuple[bytes, int, int]:
    """Return the integer at `position`, where it ends, and how many bits were counted too many."""
    start = position + 2
    if start > len(data):
        raise FormatError("truncated integer")
    bits = data[position] << 8 | data[position + 1]
    end = start + (bits + 7 >> 3)
    if end > len(data):
        raise FormatError("truncated integer")
    spare = (bits - 1 & 7) + 1 - data[start].bit_length() if bits else 0
    if spare < 0:
        raise FormatError("integer with a wrong bit count")
    return data[start:end], end, spare
