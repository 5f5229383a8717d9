"""Keys that are the same in every run, and OpenPGP packets taken apart and put together again.

Two kinds of keys. Of the kept ones the fuzzer is asked whether something counts that they never
signed. Mallory's belong to the mutator, which signs with them whatever it made up, so that the
reader gets past the mathematics.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import dsa

from tests.support import openpgp as support
from tests.unit.signatures.openpgp import maker

PAYLOAD = b"payload"
SIGNATURE, PUBLIC_KEY, USER_ID, SUBKEY = 2, 6, 13, 14

_DSA = """
f1b0cd8a4262bf6023aa4f49a25e1ab130d6f040fe3ce274f112b29f8b2b53deb63c550399a1fab52291ebd3078da8c9
e3e7fa3389c476d79f04823877c24256ccd1a74151e3936de7fa0aca9bccbc74dd6079bbc8ba329b882d3b455c8dbe17
299a84eb74a8ffddc71d84c6c3801fbd5657478e1500967b2cbeb930f3bf3f79

eb1e930d53f0929d84cd715ea0786880f7cd65a1

acf08d8193b22d47c66a7117bfa8816ef80d10c269c2c6eb1dbde1301200d049f8e2c526209651d1b08f861020016d5b
d731e51e5944bb3c0787c8da9b6105b42c5a0d942e0b431522ef6d29b7a5584f25da45eeb51b0141408b0575cc88e040
c7833d1a0b7e870c3db1c05445582d1c762356aba2acc12e19a9773943676c58

c34accf9400768d50a52d009cef224e8eddf7668
"""


@cache
def key(name: str, kind: str, version: int = 4) -> maker.Key:
    """A key of a name, whose packets `maker` makes: rsa, dsa, p256, eddsa, ed25519 or ed448."""
    made = support.Key(name, _private(name, kind), maker_number(kind))
    body = maker.key_body(version, made.algorithm, made._material())
    return maker.Key(kind, made.algorithm, version, body, made.private)


def maker_number(kind: str) -> int:
    return {"rsa": 1, "dsa": 17, "p256": 19, "eddsa": 22, "ed25519": 27, "ed448": 28}[kind]


def _private(name: str, kind: str) -> Any:
    if kind == "rsa":
        return support.rsa_key(name, 1024).private
    if kind == "dsa":
        p, q, g, x = (int(n.replace("\n", ""), 16) for n in _DSA.split("\n\n"))
        public = dsa.DSAPublicNumbers(pow(g, x, p), dsa.DSAParameterNumbers(p, q, g))
        return dsa.DSAPrivateNumbers(x, public).private_key()
    return support.key(name, {"p256": "ecdsa"}.get(kind, kind)).private  # type: ignore[arg-type]


KEPT = [
    key("alice", kind, version)
    for kind, version in (
        ("eddsa", 4),
        ("rsa", 4),
        ("dsa", 4),
        ("p256", 4),
        ("ed25519", 4),
        ("ed25519", 6),
        ("ed448", 6),
    )
]
MALLORY = [key("mallory", "eddsa"), key("mallory", "ed25519", 6), key("mallory", "rsa")]
ALICE = KEPT[0]
SIGNING, ENCRYPTING, OLD, SILENT = (
    key(f"alice/{name}", "ed25519") for name in ("sign", "encrypt", "old", "silent")
)
MALLORYS_SUBKEY = key("mallory/sign", "ed25519")


def certificate() -> bytes:
    """Alice's, with one subkey that counts and one that does not."""
    silent = maker.binding(ALICE, SILENT, back=b"")
    return maker.certificate(ALICE, (SIGNING, maker.binding(ALICE, SIGNING)), (SILENT, silent))


def certificate_with_faults() -> bytes:
    """Alice's, with subkeys that do not count."""
    return maker.certificate(
        ALICE,
        (ENCRYPTING, maker.binding(ALICE, ENCRYPTING, octet=12)),
        (OLD, maker.binding(ALICE, OLD, digest=maker.SHA1)),
    )


def mallorys_certificate() -> bytes:
    """Mallory's, with a signing subkey."""
    primary = MALLORY[0]
    bound = maker.binding(primary, MALLORYS_SUBKEY)
    return maker.certificate(primary, (MALLORYS_SUBKEY, bound), user_id=b"Mallory")


# --- Packets ---


@dataclass
class Packet:
    """A packet, and how its header is written: old or new format, octets of the length."""

    tag: int
    body: bytes
    style: int = 0

    def framed(self) -> bytes:
        size = len(self.body)
        match self.style:
            case 1 if self.tag < 16 and size < 256:
                return bytes([0x80 | self.tag << 2, size]) + self.body
            case 2 if self.tag < 16 and size < 65536:
                return maker.old_packet(self.tag, self.body)
            case 3 if self.tag < 16:
                return bytes([0x82 | self.tag << 2]) + size.to_bytes(4, "big") + self.body
            case 4:
                return maker.packet(self.tag, self.body)
        return bytes([0xC0 | self.tag & 63]) + support.new_length(size) + self.body


def split_packets(data: bytes) -> list[Packet]:
    """Take packets apart as far as they can be; the rest is the last one's body."""
    found: list[Packet] = []
    at = 0
    while at + 2 <= len(data):
        first, second = data[at], data[at + 1]
        if first & 0x40:
            tag = first & 63
            if second < 192:
                size, start = second, at + 2
            elif second < 255:
                size, start = (
                    (second - 192 << 8) + int.from_bytes(data[at + 2 : at + 3]) + 192,
                    at + 3,
                )
            else:
                size, start = int.from_bytes(data[at + 2 : at + 6]), at + 6
        else:
            tag, wide = first >> 2 & 15, (1, 2, 4, 0)[first & 3]
            size, start = int.from_bytes(data[at + 1 : at + 1 + wide]), at + 1 + wide
        found.append(Packet(tag, data[start : start + size]))
        at = start + size
    return found


def join_packets(packets: Sequence[Packet]) -> bytes:
    return b"".join(packet.framed() for packet in packets)


# --- Signatures ---


@dataclass
class Subpacket:
    """A subpacket, and how many octets its length is written with."""

    octet: int
    content: bytes
    wide: int = 0

    def framed(self) -> bytes:
        size = len(self.content) + 1
        if self.wide == 5:
            length = b"\xff" + size.to_bytes(4, "big")
        elif self.wide == 2 and 192 <= size < 16320:
            length = bytes([192 + (size - 192 >> 8), size - 192 & 255])
        else:
            length = support.new_length(size)
        return length + bytes([self.octet & 255]) + self.content


@dataclass
class Body:
    """The body of a signature packet of version 4 or 6."""

    version: int
    type: int
    algorithm: int
    digest: int
    hashed: list[Subpacket] = field(default_factory=list)
    unhashed: list[Subpacket] = field(default_factory=list)
    left: bytes = b"\0\0"
    salt: bytes = b""
    numbers: bytes = b""

    @property
    def head(self) -> bytes:
        """What is signed of it."""
        first = b"".join(one.framed() for one in self.hashed)
        wide = 4 if self.version == 6 else 2
        octets = bytes(
            [self.version & 255, self.type & 255, self.algorithm & 255, self.digest & 255]
        )
        return octets + (len(first) & 256**wide - 1).to_bytes(wide, "big") + first

    def framed(self) -> bytes:
        second = b"".join(one.framed() for one in self.unhashed)
        wide = 4 if self.version == 6 else 2
        salted = bytes([len(self.salt) & 255]) + self.salt if self.version == 6 else b""
        length = (len(second) & 256**wide - 1).to_bytes(wide, "big")
        return self.head + length + second + self.left + salted + self.numbers

    def sign(self, by: maker.Key, over: bytes) -> None:
        """Put a good signature by a key in the place of what is there."""
        self.version, self.algorithm = by.version, by.algorithm
        if by.version == 6:
            self.salt = self.salt[:0] + bytes(maker.SALT_SIZES.get(self.digest, 16))
        tail = bytes([self.version, 255]) + len(self.head).to_bytes(4, "big")
        made = maker._digest(
            (self.salt if by.version == 6 else b"") + over + self.head + tail, self.digest
        )
        self.left = made[:2]
        self.numbers = by.sign_digest(made, self.digest)


def split_body(data: bytes) -> Body | None:
    """Take the body of a signature packet apart; None for what cannot be."""
    if len(data) < 12 or data[0] not in {4, 6}:
        return None
    wide = 4 if data[0] == 6 else 2
    areas = []
    at = 4
    for _ in range(2):
        size = int.from_bytes(data[at : at + wide], "big")
        areas.append(split_subpackets(data[at + wide : at + wide + size]))
        at += wide + size
    body = Body(*data[:4], *areas, data[at : at + 2])
    at += 2
    if data[0] == 6:
        size = int.from_bytes(data[at : at + 1], "big")
        body.salt = data[at + 1 : at + 1 + size]
        at += 1 + size
    body.numbers = data[at:]
    return body


def hashed_part(data: bytes) -> bytes:
    """The beginning of a signature's body, as far as it is signed."""
    wide = 4 if data[0] == 6 else 2
    return data[: 4 + wide + int.from_bytes(data[4 : 4 + wide], "big")]


def split_subpackets(area: bytes) -> list[Subpacket]:
    found = []
    at = 0
    while at < len(area):
        size, wide = area[at], 0
        if size == 255:
            size, wide = int.from_bytes(area[at + 1 : at + 5], "big"), 5
        elif size >= 192:
            size, wide = (size - 192 << 8) + int.from_bytes(area[at + 1 : at + 2], "big") + 192, 2
        start = at + max(wide, 1)
        if start >= len(area):
            break
        found.append(Subpacket(area[start], area[start + 1 : start + max(size, 1)], wide))
        at = start + max(size, 1)
    return found


# --- Mutations ---

ALGORITHMS = (1, 2, 3, 16, 17, 18, 19, 20, 22, 25, 26, 27, 28, 29, 0, 255)
DIGESTS = (1, 2, 3, 8, 9, 10, 11, 12, 14, 0, 13, 255)
TYPES = (0, 1, 2, 0x10, 0x13, 0x18, 0x19, 0x1F, 0x20, 0x28, 0x30, 0x40, 0xFF)
KINDS = (2, 3, 9, 16, 20, 24, 25, 26, 27, 28, 32, 33, 35, 99, 0, 127)


def change_body(body: Body, rng: random.Random) -> None:
    """Change one field of a signature."""
    match rng.randrange(10):
        case 0:
            body.version = rng.choice((3, 4, 5, 6, 0))
        case 1:
            body.type = rng.choice(TYPES)
        case 2:
            body.algorithm = rng.choice(ALGORITHMS)
        case 3:
            body.digest = rng.choice(DIGESTS)
        case 4:
            body.left = rng.randbytes(2)
        case 5:
            body.salt = rng.randbytes(rng.choice((0, 16, 24, 32, 15)))
        case 6:
            body.numbers = change_numbers(body.numbers, rng)
        case _:
            change_area(rng.choice((body.hashed, body.unhashed)), body, rng)


def change_numbers(numbers: bytes, rng: random.Random) -> bytes:
    """Change the count of bits of an integer, its octets, or how many there are."""
    match rng.randrange(6):
        case 0:
            return numbers + maker.mpi(rng.randbytes(rng.randrange(40)))
        case 1:
            return numbers[: rng.randrange(len(numbers) + 1)]
        case 2:
            bits = int.from_bytes(numbers[:2], "big") + rng.choice((-9, -8, -1, 1, 7, 8, 9))
            return (bits & 0xFFFF).to_bytes(2, "big") + numbers[2:]
        case 3:
            return maker.mpi(rng.randbytes(32)) + maker.mpi(
                rng.randbytes(rng.choice((0, 31, 32, 33)))
            )
        case 4:  # leading zeros, counted
            bits = (int.from_bytes(numbers[:2], "big") + 15 & 0xFFF8) & 0xFFFF
            return bits.to_bytes(2, "big") + b"\0" + numbers[2:]
        case _:
            at = rng.randrange(len(numbers) + 1)
            return numbers[:at] + rng.randbytes(1) + numbers[at + 1 :]


def change_area(area: list[Subpacket], body: Body, rng: random.Random) -> None:
    """Change, add, double, move or drop a subpacket."""
    what = rng.randrange(7)
    if what == 0 or not area:
        area.insert(rng.randrange(len(area) + 1), new_subpacket(rng))
        return
    at = rng.randrange(len(area))
    one = area[at]
    match what:
        case 1:
            one.octet ^= 0x80
        case 2:
            one.octet = rng.choice(KINDS) | one.octet & 0x80
        case 3:
            one.wide = rng.choice((0, 2, 5))
        case 4:
            del area[at]
        case 5:
            other = rng.choice((body.hashed, body.unhashed))
            other.insert(rng.randrange(len(other) + 1), Subpacket(one.octet, one.content, one.wide))
        case _:
            cut = rng.randrange(len(one.content) + 1)
            one.content = (
                one.content[:cut] + rng.randbytes(rng.randrange(3)) + one.content[cut + 1 :]
            )


def new_subpacket(rng: random.Random) -> Subpacket:
    """A subpacket that may mean something."""
    who = rng.choice([*KEPT, *MALLORY])
    kind = rng.choice(KINDS)
    content = {
        2: rng.randbytes(4),
        9: rng.choice((bytes(4), rng.randbytes(4), b"\0")),
        16: who.key_id,
        20: b"\x80\0\0\0\0\1\0\2nab" if rng.random() < 0.5 else rng.randbytes(9),
        25: rng.choice((b"\0", b"\1", b"")),
        27: rng.choice((b"\2", b"\x0c", b"", b"\3\0")),
        28: "é <é@b>\x1b[0m\u202e".encode(),
        32: maker.sign(MALLORYS_SUBKEY, PAYLOAD, type=0x19),
        33: bytes([who.version]) + who.raw_fingerprint,
    }.get(kind, rng.randbytes(rng.choice((0, 1, 4, 20, 200))))
    return Subpacket(kind | 0x80 * (rng.random() < 0.2), content, rng.choice((0, 0, 0, 2, 5)))


def change_packets(packets: list[Packet], rng: random.Random) -> None:
    """Change one packet, or where it stands."""
    if not packets:
        packets.append(Packet(SIGNATURE, maker.sign(MALLORY[0], PAYLOAD)))
        return
    at = rng.randrange(len(packets))
    one = packets[at]
    match rng.randrange(8):
        case 0:
            one.style = rng.randrange(5)
        case 1:
            one.tag = rng.choice((1, 2, 5, 6, 7, 13, 14, 17, 12, 0, 60))
        case 2:
            del packets[at]
        case 3:
            packets.insert(rng.randrange(len(packets) + 1), Packet(one.tag, one.body, one.style))
        case 4:
            packets.insert(rng.randrange(len(packets)), packets.pop(at))
        case 5 if one.tag != SIGNATURE:
            cut = rng.randrange(len(one.body) + 1)
            one.body = one.body[:cut] + rng.randbytes(rng.randrange(3)) + one.body[cut + 1 :]
        case _:
            body = split_body(one.body) if one.tag == SIGNATURE else None
            if body is not None:
                for _ in range(rng.choice((1, 1, 2, 4))):
                    change_body(body, rng)
                one.body = body.framed()


def sign_document(packets: list[Packet], rng: random.Random) -> None:
    """Let Mallory sign the document again with whatever the fields now say."""
    for packet in packets:
        body = split_body(packet.body) if packet.tag == SIGNATURE else None
        if body is not None:
            body.sign(rng.choice(MALLORY), PAYLOAD)
            packet.body = body.framed()


def sign_certificate(packets: list[Packet]) -> None:
    """Let Mallory sign her certificate again, and her subkey what binds it to her."""
    primary = MALLORY[0]
    over = primary.hashed_form
    inside = False
    for packet in packets:
        if packet.tag == PUBLIC_KEY:
            inside, over = packet.body == primary.body, primary.hashed_form
        elif packet.tag == USER_ID:
            over = maker.over_user_id(primary, packet.body)
        elif packet.tag == SUBKEY and len(packet.body) < 65536:
            over = primary.hashed_form + b"\x99" + len(packet.body).to_bytes(2, "big") + packet.body
        elif packet.tag == SIGNATURE and inside:
            body = split_body(packet.body)
            if body is not None:
                for one in [*body.hashed, *body.unhashed]:
                    back = split_body(one.content) if one.octet & 127 == 32 else None
                    if back is not None:
                        back.sign(MALLORYS_SUBKEY, over)
                        one.content = back.framed()
                body.sign(primary, over)
                packet.body = body.framed()
