"""Spoilt copies of signed commits, each with one fault, and what the fault may be called."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator

from nixauth.signatures.openpgp.packets import read_packet, subpackets
from tests.differential.repository import joined, split
from tests.support.openpgp import armor, packet


def unarmored(armored: bytes) -> bytes:
    """Return the octets in an armored block, without looking at a checksum."""
    lines = armored.rstrip(b"\n").split(b"\n")
    start = lines.index(b"") + 1 if b"" in lines else 1
    return base64.b64decode(b"".join(one for one in lines[start:-1] if one[:1] != b"="))


def _flipped(data: bytes, at: int) -> bytes:
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def body_of(armored: bytes) -> bytes:
    """Return the body of the one signature packet of version 4."""
    data = unarmored(armored)
    tag, start, end = read_packet(data, 0)
    assert (tag, end, data[start]) == (2, len(data), 4)
    return data[start:end]


def _areas(body: bytes) -> tuple[int, int]:
    """Return where the hashed area ends, and where the unhashed one does."""
    hashed = 6 + int.from_bytes(body[4:6], "big")
    return hashed, hashed + 2 + int.from_bytes(body[hashed : hashed + 2], "big")


def _in_subpacket(body: bytes, kind: int) -> int:
    """Return the place of the last octet of a hashed subpacket."""
    hashed, _ = _areas(body)
    return next(last - 1 for octet, _, last in subpackets(body, 6, hashed) if octet & 0x7F == kind)


def _prefix(body: bytes) -> bytes:
    return _flipped(body, _areas(body)[1])


_OF_THE_PACKET: dict[str, Callable[[bytes], bytes]] = {
    "last octet": lambda body: _flipped(body, -1),
    "middle of the last number": lambda body: _flipped(body, -12),
    "first number": lambda body: _flipped(body, _areas(body)[1] + 2 + 2 + 9),
    "creation time": lambda body: _flipped(body, _in_subpacket(body, 2)),
    "issuer's fingerprint": lambda body: _flipped(body, _in_subpacket(body, 33)),
    "type": lambda body: _flipped(body, 1),
    "digest algorithm": lambda body: _flipped(body, 3),
    "cut by an octet": lambda body: body[:-1],
    "cut to half": lambda body: body[: len(body) // 2],
    "an octet too many": lambda body: body + b"\0",
}

REASONS = {
    "last octet": {"bad-signature"},
    "middle of the last number": {"bad-signature"},
    "first number": {"bad-signature"},
    "creation time": {"bad-signature"},
    "issuer's fingerprint": {"missing-key"},
    "type": {"unsupported-signature"},
    "digest algorithm": {"bad-signature", "unsupported-signature"},
    "cut by an octet": {"malformed-signature"},
    "cut to half": {"malformed-signature"},
    "an octet too many": {"malformed-signature"},
    "message": {"bad-signature"},
    "author": {"bad-signature"},
    "a newline more": {"bad-signature"},
    "another commit's": {"bad-signature"},
    "lines missing": {"malformed-signature"},
    "no end": {"malformed-signature"},
    "wrong checksum": {"malformed-signature"},
}
"""What nixauth calls each fault; no other party may find one of them good."""


def _of_the_text(payload: bytes, armored: bytes, other: bytes) -> Iterator[tuple[str, bytes]]:
    lines = armored.rstrip(b"\n").split(b"\n")
    yield "message", joined(payload.replace(b"change ", b"Change "), armored)
    yield "author", joined(payload.replace(b"author A U", b"author B U"), armored)
    yield "a newline more", joined(payload + b"\n", armored)
    yield "another commit's", joined(payload, other)
    yield "lines missing", joined(payload, b"\n".join([*lines[:3], *lines[4:]]))
    yield "no end", joined(payload, b"\n".join(lines[:-1]))


def spoilt(content: bytes, another: bytes) -> dict[str, bytes]:
    """Return copies of a commit with an OpenPGP signature; `another` is signed by the same key."""
    payload, armored = split(content)
    found = dict(_of_the_text(payload, armored, split(another)[1]))
    body = body_of(armored)
    for name, change in _OF_THE_PACKET.items():
        found[name] = joined(payload, armor(packet(2, change(body), old=True)))
    found["wrong checksum"] = joined(payload, armor(packet(2, body, old=True), checksum=0))
    assert found.keys() == REASONS.keys()
    assert all(one != content for one in found.values())
    return found


def without_hint(content: bytes) -> bytes:
    """Return a copy whose first two octets of the digest, a mere hint, are wrong."""
    payload, armored = split(content)
    return joined(payload, armor(packet(2, _prefix(body_of(armored)), old=True)))
