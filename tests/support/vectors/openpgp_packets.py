"""Faults of OpenPGP's packets and subpackets, kinds of signature that are not accepted, digests."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.openpgp import armor, packet, subpacket
from tests.support.vectors import pgp
from tests.support.vectors.made import (
    ALICE,
    MALFORMED,
    PAYLOAD,
    UNSUPPORTED,
    WEAK,
    Vector,
    vector,
)
from tests.support.vectors.pgp import Key, Parts

_BODY = pgp.body(ALICE, PAYLOAD)
_MADE = packet(2, _BODY)
_SIX = pgp.ed25519("alice").of_version_6()


def vectors() -> Iterator[Vector]:
    for name, packets, guards, description in (*_framing(), *_others()):
        yield vector(
            f"openpgp-packet-{name}", MALFORMED, guards, description, signature=armor(packets)
        )
    yield from _areas()
    yield from _integers()
    yield from _salts()
    yield from _kinds()
    yield from _critical()
    yield from _algorithms()


Row = tuple[str, bytes, str, str]


def _framing() -> Iterator[Row]:
    half = 128
    rest = _BODY[half:]
    partial = b"\xc2" + bytes([0xE0 | 7]) + _BODY[:half] + bytes([len(rest)]) + rest
    where = "packets.py: read_packet"
    yield ("partial-length", partial, where, "The packet has a partial length: only data may.")
    yield (
        "indeterminate-length",
        b"\x8b" + _BODY,
        where,
        "The packet has an indeterminate length: it lasts to the end, whatever that is.",
    )
    yield (
        "cut-short",
        b"\x89" + (len(_BODY) + 1).to_bytes(2) + _BODY,
        where,
        "The packet's length is an octet more than there is.",
    )
    yield (
        "three-octets",
        packet(2, b"\4\0\x16"),
        "signature.py: fewer than four octets",
        "The packet holds three octets, fewer than any signature's fixed fields.",
    )
    yield (
        "top-bit-clear",
        bytes([_MADE[0] & 0x7F]) + _MADE[1:],
        where,
        "The first octet's top bit is clear, so this is no packet.",
    )


def _others() -> Iterator[Row]:
    where = "signature.py: _one_packet"
    marker, literal = packet(10, b"PGP"), packet(11, b"b\0\0\0\0\0text")
    one_pass = packet(4, b"\3\0\x08\x16" + ALICE.key_id + b"\1")
    rows = (
        ("garbage-after", _MADE + b"\0", "An octet that is no packet follows the signature."),
        ("marker-before", marker + _MADE, "A marker packet, which means nothing, comes first."),
        ("marker-after", _MADE + marker, "A marker packet, which means nothing, follows."),
        ("padding-after", _MADE + packet(21, b"\0\0"), "A padding packet follows the signature."),
        (
            "literal-after",
            _MADE + literal,
            "A literal packet follows: the signature would be over that text, not the commit.",
        ),
        (
            "one-pass",
            one_pass + literal + _MADE,
            "A whole signed message with its own text stands in place of a detached signature.",
        ),
        ("compressed", packet(8, b"\0" + _MADE), "The signature stands in a compressed packet."),
        ("key-alone", packet(6, ALICE.body), "The block of a signature holds a key."),
    )
    for name, packets, description in rows:
        yield name, packets, where, description


def _areas() -> Iterator[Vector]:
    good = [pgp.created(), pgp.issuer(ALICE)]
    long_fingerprint = subpacket(33, b"\4" + ALICE.raw_fingerprint + b"\0")
    rows = (
        ("no-time", [pgp.issuer(ALICE)], None, "no creation time, which each signature has"),
        (
            "unhashed-time",
            [pgp.issuer(ALICE)],
            [pgp.created()],
            "no creation time: it stands in the unhashed area, where anybody can put it",
        ),
        (
            "short-time",
            [pgp.issuer(ALICE), subpacket(2, b"\0\0\0")],
            None,
            "a creation time of three octets",
        ),
        (
            "short-key-id",
            [*good, subpacket(16, ALICE.key_id[1:])],
            None,
            "a key id of seven octets",
        ),
        ("long-fingerprint", [pgp.created(), long_fingerprint], None, "a fingerprint of 21 octets"),
        (
            "fingerprint-of-other-length",
            [pgp.created(), subpacket(33, b"\6" + ALICE.raw_fingerprint)],
            None,
            "a fingerprint of 20 octets that says it is of version 6",
        ),
        ("empty-fingerprint", [pgp.created(), subpacket(33, b"")], None, "an empty fingerprint"),
        ("length-0", [*good, b"\0"], None, "a subpacket of length 0, without even a type"),
        ("too-long", [*good, b"\x09\x10abcd"], None, "a subpacket that is longer than its area"),
    )
    for name, hashed, unhashed, what in rows:
        yield vector(
            f"openpgp-subpacket-{name}",
            MALFORMED,
            "signature.py: Area; packets.py: subpackets",
            f"The hashed area holds {what}.",
            signature=pgp.sign(ALICE, PAYLOAD, Parts(hashed=hashed, unhashed=unhashed)),
        )
    yield vector(
        "openpgp-subpacket-unhashed-too-long",
        MALFORMED,
        "signature.py: the unhashed area is read as strictly",
        "The unhashed area, which decides little, holds a subpacket that is longer than it.",
        signature=pgp.sign(ALICE, PAYLOAD, Parts(unhashed=[pgp.issuer_id(ALICE), b"\x20\x10"])),
    )
    for name, at, description in (
        ("hashed-area-too-long", 4, "The hashed area is longer than the packet."),
        (
            "unhashed-area-too-long",
            6 + int.from_bytes(_BODY[4:6]),
            "The other area is longer than the packet.",
        ),
    ):
        yield vector(
            f"openpgp-{name}",
            MALFORMED,
            "signature.py: the areas end within the packet",
            description,
            signature=armor(packet(2, _BODY[:at] + b"\xff\xff" + _BODY[at + 2 :])),
        )


def _integers() -> Iterator[Vector]:
    over, bits = PAYLOAD, 0
    while not bits % 8:  # so that a bit more or less makes no octet more or less
        over += b"."
        made = ALICE.make("SHA256", pgp.value_of(ALICE, over))
        bits = int.from_bytes(made[:2])
    cut = 2 + (bits + 7) // 8
    r, s = made[:cut], made[cut:]
    rows = (
        ("too-many-bits", (bits + 1).to_bytes(2) + r[2:] + s, "counts a bit too many"),
        ("too-few-bits", (bits - 1).to_bytes(2) + r[2:] + s, "counts a bit too few"),
        (
            "leading-zero",
            (8 * (cut - 2) + 8).to_bytes(2) + b"\0" + r[2:] + s,
            "begins with a zero octet that is counted",
        ),
    )
    for name, numbers, what in rows:
        yield vector(
            f"openpgp-integer-{name}",
            MALFORMED,
            "packets.py: integers, the bit count",
            f"An integer of the signature {what}; the same number has one spelling.",
            over=over,
            signature=pgp.sign(ALICE, over, Parts(numbers=numbers)),
        )
    for name, numbers, description in (
        ("missing", r, "The signature has one integer where EdDSA has two."),
        ("cut-off", made[:-1], "The last integer is cut off."),
        ("count-cut-off", r + b"\0", "The last integer ends within its own bit count."),
        ("third", made + b"\0\1\1", "A third integer follows the two of EdDSA."),
    ):
        yield vector(
            f"openpgp-integer-{name}",
            MALFORMED,
            "packets.py: integers fill the packet exactly",
            description,
            over=over,
            signature=pgp.sign(ALICE, over, Parts(numbers=numbers)),
        )
    rsa = pgp.rsa("alice")
    own = rsa.make("SHA256", pgp.value_of(rsa, PAYLOAD))
    size = int.from_bytes(own[:2])
    for name, numbers, what in (
        ("rsa-too-many-bits", (size + 1).to_bytes(2) + own[2:], "counts a bit too many"),
        ("rsa-too-few-bits", (size - 1).to_bytes(2) + own[2:], "counts a bit too few"),
        ("rsa-second", own + b"\0\1\1", "is followed by a second one"),
    ):
        yield vector(
            f"openpgp-integer-{name}",
            MALFORMED,
            "packets.py: padded_integer",
            f"The one integer of an RSA signature {what}.",
            signature=pgp.sign(rsa, PAYLOAD, Parts(numbers=numbers)),
            keyring=[pgp.certificate(rsa)],
            listed=[rsa.fingerprint],
        )
    new = pgp.ed25519("alice")
    native = new.make("SHA256", pgp.value_of(new, PAYLOAD))
    for name, numbers in (("63-octets", native[:-1]), ("65-octets", native + b"\0")):
        yield vector(
            f"openpgp-ed25519-{name}",
            MALFORMED,
            "signature.py: a native signature has its length",
            f"A signature of Ed25519 in the newer form has {name.replace('-', ' ')} instead of 64.",
            signature=pgp.sign(new, PAYLOAD, Parts(numbers=numbers)),
            keyring=[pgp.certificate(new)],
            listed=[new.fingerprint],
        )


def _by_six(name: str, expect: str, guards: str, description: str, parts: Parts) -> Vector:
    return vector(
        f"openpgp-v6-{name}",
        expect,
        guards,
        description,
        signature=pgp.sign(_SIX, PAYLOAD, parts),
        keyring=[pgp.certificate(_SIX)],
        listed=[_SIX.fingerprint],
    )


def _salts() -> Iterator[Vector]:
    for name, size in (("short", 15), ("long", 17), ("empty", 0)):
        yield _by_six(
            f"{name}-salt",
            MALFORMED,
            "signature.py: the salt's length is the digest's",
            f"The salt of a version 6 signature has {size} octets; with SHA-256 it has 16.",
            Parts(salt=bytes(size)),
        )


def _kinds() -> Iterator[Vector]:
    types = (
        (0x01, "text", "a text document: its line ends are not the commit's own"),
        (0x02, "standalone", "its own subpackets alone"),
        (0x10, "certification", "a user id"),
        (0x1F, "direct-key", "a key"),
        (0x40, "timestamp", "a time"),
        (0x99, "unknown-type", "something that nobody knows"),
    )
    for number, name, what in types:
        yield vector(
            f"openpgp-type-{name}",
            UNSUPPORTED,
            "signature.py: type binary document",
            f"The signature verifies, and says that it is over {what}.",
            signature=pgp.sign(ALICE, PAYLOAD, Parts(type=number)),
        )
    yield vector(
        "openpgp-version-3",
        UNSUPPORTED,
        "signature.py: versions",
        "A good signature of version 3, which hashes next to nothing of itself.",
        signature=armor(pgp.version_3(ALICE, PAYLOAD)),
    )
    for version in (2, 5, 7):
        yield vector(
            f"openpgp-version-{version}",
            UNSUPPORTED,
            "signature.py: versions",
            f"A signature of version {version}"
            + (", which some programs write and no standard has." if version == 5 else "."),
            signature=pgp.sign(ALICE, PAYLOAD, Parts(version=version)),
        )


def _critical() -> Iterator[Vector]:
    unknown = subpacket(99, b"?", critical=True)
    notation = subpacket(20, b"\x80\0\0\0\0\1\0\1xy", critical=True)
    base = [pgp.created(), pgp.issuer(ALICE)]
    rows = (
        ("subpacket", [*base, unknown], None, "a subpacket that nobody knows in the hashed area"),
        ("unhashed-subpacket", base, [unknown], "a subpacket that nobody knows in the other area"),
        ("notation", [*base, notation], None, "a notation, whose meaning is unknown"),
        ("private", [*base, subpacket(105, b"?", critical=True)], None, "a private subpacket"),
    )
    for name, hashed, unhashed, what in rows:
        yield vector(
            f"openpgp-critical-{name}",
            UNSUPPORTED,
            "signature.py: _critical",
            f"Marked critical is {what}: who does not understand it must not accept the signature.",
            signature=pgp.sign(ALICE, PAYLOAD, Parts(hashed=hashed, unhashed=unhashed)),
        )


def _algorithms() -> Iterator[Vector]:
    for number, name, integers in (
        (2, "rsa-encrypt-only", b"\0\1\1"),
        (16, "elgamal", b"\0\1\1" * 2),
        (18, "ecdh", b"\0\1\1" * 2),
        (20, "elgamal-sign", b"\0\1\1" * 2),
        (99, "unknown", b"\0\1\1"),
    ):
        yield vector(
            f"openpgp-algorithm-{name}",
            UNSUPPORTED,
            "algorithms.py: SIGNING",
            f"The signature is of the public-key algorithm {number}, which signs nothing here.",
            signature=pgp.sign(ALICE, PAYLOAD, Parts(algorithm=number, numbers=integers)),
        )
    old: Key = ALICE.of_version_6()
    yield vector(
        "openpgp-v6-older-eddsa",
        UNSUPPORTED,
        "signature.py: version 6 has no older EdDSA",
        "A version 6 signature of EdDSA in the older form, which the standard forbids.",
        signature=pgp.sign(old, PAYLOAD),
        keyring=[pgp.certificate(old)],
        listed=[old.fingerprint],
    )
    for number in (13, 99):
        yield vector(
            f"openpgp-digest-{number}",
            UNSUPPORTED,
            "signature.py: the digest is listed",
            f"The digest has the number {number}, which is reserved or unknown.",
            signature=pgp.sign(ALICE, PAYLOAD, Parts(digest_number=number)),
        )
    for digest in ("MD5", "SHA1", "RIPEMD160"):
        yield vector(
            f"openpgp-digest-{digest.lower()}",
            WEAK,
            "algorithms.py: weak digests",
            f"The signature verifies, and is over {digest}, for which others can be made.",
            signature=pgp.sign(ALICE, PAYLOAD, Parts(digest=digest)),
        )
