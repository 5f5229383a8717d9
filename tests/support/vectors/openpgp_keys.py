"""Keys that are missing, not listed, damaged, too short, of another kind than the signature."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.support.openpgp import armor, mpi, packet
from tests.support.vectors import numbers, pgp
from tests.support.vectors.made import (
    ALICE,
    BAD,
    BOB,
    GOOD,
    MISSING,
    PAYLOAD,
    UNAUTHORIZED,
    UNSUPPORTED,
    UNUSABLE,
    Vector,
    vector,
)
from tests.support.vectors.pgp import Key, Parts

_BOTH = [pgp.certificate(ALICE), pgp.certificate(BOB)]


def vectors() -> Iterator[Vector]:
    yield from _keyrings()
    yield from _names()
    yield from _rsa()
    yield from _dsa()
    yield from _points()
    yield from _kinds()


def _keyrings() -> Iterator[Vector]:
    yield vector(
        "openpgp-missing-key",
        MISSING,
        "evidence.py: no key",
        "The key is listed, and the keyring lacks it: a list says who, not with which numbers.",
        keyring=[pgp.certificate(BOB)],
    )
    broken = pgp.certificate(ALICE).replace(b"\n\n", b"\n\n*", 1)
    yield vector(
        "openpgp-missing-key-unreadable",
        MISSING,
        "armor.py: key_blocks",
        "The key's file is damaged and cannot be read.",
        keyring=[broken],
    )
    yield vector(
        "openpgp-good-beside-unreadable-key",
        GOOD,
        "parts.py: a file that cannot be read does not spoil the others",
        "A file of the keyring cannot be read, and the key is in another one.",
        keyring=[pgp.certificate(BOB).replace(b"\n\n", b"\n\n*", 1), pgp.certificate(ALICE)],
    )
    old = packet(6, b"\3" + bytes(6) + b"\1" + mpi(3) + mpi(3))
    elgamal = packet(14, b"\4" + bytes(4) + b"\x10" + mpi(23) + mpi(5) + mpi(8))
    curve = packet(14, b"\4" + bytes(4) + b"\x12\1\1" + mpi(4) + b"\3\1\x08\x07")
    crowd = old + packet(60, b"?") + packet(6, ALICE.body) + elgamal + curve + packet(61, b"?")
    yield vector(
        "openpgp-good-among-oddities",
        GOOD,
        "parts.py: FileReader passes over what it does not know",
        """The keyring also holds a version 3 key, encryption subkeys of ElGamal and ECDH and
        packets that nobody knows; real ones do, and none of it may hide a good key.""",
        keyring=[armor(crowd, "PGP PUBLIC KEY BLOCK")],
    )
    yield vector(
        "openpgp-good-keyring-crlf",
        GOOD,
        "armor.py: key_blocks",
        "The key's armor has CR LF line ends, text before it and a wrong checksum.",
        keyring=[
            b"Alice:\n"
            + armor(packet(6, ALICE.body), "PGP PUBLIC KEY BLOCK", checksum=1).replace(
                b"\n", b"\r\n"
            )
        ],
    )
    secret = packet(5, ALICE.body + b"\0" + mpi(1) + b"\0\1")
    yield vector(
        "openpgp-missing-key-secret",
        MISSING,
        "parts.py: a secret key is none",
        "The keyring holds the key as a secret one, which has no place there and is not read.",
        keyring=[armor(secret, "PGP PUBLIC KEY BLOCK")],
    )
    yield vector(
        "openpgp-unlisted-key",
        UNAUTHORIZED,
        "rule.py: admit",
        "A good signature by a key of the keyring that is not listed: being there is no trust.",
        sign=lambda content: pgp.sign(BOB, content),
        keyring=_BOTH,
    )
    yield vector(
        "openpgp-good-expired-key",
        GOOD,
        "nothing asks for expiry",
        "The key says that it expired a second after it was made: that is for the list to decide.",
        keyring=[pgp.certificate(ALICE, extra=[b"\5\x09\0\0\0\1"])],
    )


def _names() -> Iterator[Vector]:
    rows: Sequence[tuple[str, str, list[bytes], list[bytes], str]] = (
        ("no-issuer", MISSING, [], [], "Nothing in the signature names its key."),
        (
            "hashed-fingerprint-lies",
            BAD,
            [pgp.issuer(BOB)],
            [pgp.issuer_id(ALICE)],
            """The hashed area names another listed key than the one that made the signature; that
            the unhashed area names the right one counts for nothing.""",
        ),
        (
            "only-unhashed-lies",
            BAD,
            [],
            [pgp.issuer_id(BOB)],
            "The one name of a key is an unhashed key id, and is another listed key's.",
        ),
        (
            "unhashed-names-nobody",
            MISSING,
            [],
            [pgp.issuer(pgp.eddsa("nobody"))],
            "The one name of a key is unhashed, and nobody has that key.",
        ),
        (
            "hashed-names-nobody",
            MISSING,
            [pgp.issuer(pgp.eddsa("nobody"))],
            [pgp.issuer(ALICE)],
            "The hashed area names a key that nobody has; the maker's unhashed name does not help.",
        ),
        (
            "key-id-of-nobody-with-fingerprint",
            MISSING,
            [pgp.issuer_id(pgp.eddsa("nobody"))],
            [pgp.issuer(ALICE)],
            "The hashed key id is nobody's; an unhashed fingerprint that disagrees does not help.",
        ),
    )
    for name, expect, hashed, unhashed, description in rows:
        parts = Parts(hashed=[pgp.created(), *hashed], unhashed=unhashed)
        yield vector(
            f"openpgp-issuer-{name}",
            expect,
            "signature.py: _issuers",
            description,
            signature=pgp.sign(ALICE, PAYLOAD, parts),
            keyring=_BOTH,
            listed=[ALICE.fingerprint, BOB.fingerprint],
        )


def _by(
    name: str, expect: str, key: Key, guards: str, description: str, parts: Parts | None = None
) -> Vector:
    return vector(
        f"openpgp-key-{name}",
        expect,
        guards,
        description,
        signature=pgp.sign(key, PAYLOAD, parts or Parts()),
        keyring=[pgp.bare(key)],
        listed=[key.fingerprint],
    )


def _rsa() -> Iterator[Vector]:
    usual = numbers.rsa("alice")
    rows = (
        ("1023-bits", numbers.rsa("short", 1023), "has 1023 bits, one fewer than the least"),
        ("512-bits", numbers.rsa("tiny", 512), "has 512 bits, which anybody can factor"),
        ("even-modulus", numbers.rsa("even", 1024, even=True), "has an even modulus"),
        ("exponent-1", numbers.Rsa(usual.n, 1, 1), "has the exponent 1: anybody signs with it"),
        (
            "exponent-2",
            numbers.Rsa(usual.n, 2, 1),
            "has the exponent 2, for which nobody can have the other one",
        ),
        (
            "long-exponent",
            numbers.Rsa(usual.n, usual.e + (1 << 64), 1),
            "has an exponent of 65 bits, which costs more than it should",
        ),
        (
            "16392-bits",
            numbers.Rsa((1 << 16391) + 1, usual.e, 1),
            "has more than 16384 bits, which costs more than it should",
        ),
    )
    for name, own, what in rows:
        made = None
        if own.d == 1 and name != "exponent-1":
            made = Parts(numbers=mpi(2))
        yield _by(
            f"rsa-{name}",
            UNUSABLE,
            pgp.rsa_of("alice", own),
            "check.py: RSA's least size; mathematics: what RSA's numbers must be",
            f"The RSA key of an OpenPGP signature {what}.",
            made,
        )
    sign_only = pgp.rsa_of("alice", numbers.rsa("short", 1023), 3)
    yield _by(
        "rsa-sign-only-1023-bits",
        UNUSABLE,
        sign_only,
        "check.py: RSA's least size, for both of its numbers",
        "An RSA key of 1023 bits under the number for signing only.",
    )


def _dsa() -> Iterator[Vector]:
    own = numbers.dsa("alice")
    rows = (
        (
            "composite-q",
            replace(own, q=own.q * numbers.prime("factor", 64)),
            "q is a multiple of the order, and does not divide p - 1",
        ),
        ("even-p", replace(own, p=own.p + 1), "p is even"),
        ("generator-1", replace(own, g=1, y=1), "the generator is 1: all signatures verify"),
        ("generator-of-other-group", replace(own, g=2), "the generator is not of order q"),
        ("y-of-other-group", replace(own, y=2), "the public value is not of the group"),
        ("y-1", replace(own, y=1, x=own.q), "the public value is 1: anybody signs with it"),
        ("y-above-p", replace(own, y=own.y + own.p), "the public value is above p"),
    )
    for name, key, what in rows:
        yield _by(
            f"dsa-{name}",
            UNUSABLE,
            pgp.dsa_of("alice", key),
            "mathematics: what DSA's numbers must be",
            f"Of the DSA key {what}; libraries take a group on trust.",
        )


def _points() -> Iterator[Vector]:
    p256, new = pgp.ecdsa("alice"), pgp.ed25519("alice")
    point = numbers.ecdsa("alice").point
    oid = pgp.OIDS["secp256r1"]
    off = point[:-1] + bytes([point[-1] ^ 1])
    compressed = bytes([2 + (point[-1] & 1)]) + point[1:33]
    foreign = b"\x40" + (2).to_bytes(32, "little")
    native = ALICE.material[-32:]
    high = (numbers.ED25519_PRIME + 1).to_bytes(32, "little")
    ed448 = pgp.ed448("alice")
    old = pgp.ED25519_OID
    rows = (
        ("ecdsa-off-curve", p256, pgp.on_curve(oid, off), "a point that is not on the curve"),
        ("ecdsa-compressed", p256, pgp.on_curve(oid, compressed), "a compressed point"),
        ("ecdsa-short-point", p256, pgp.on_curve(oid, point[:-1]), "a point of 64 octets"),
        ("ecdsa-zero-point", p256, pgp.on_curve(oid, b"\4" + bytes(64)), "the point (0, 0)"),
        ("eddsa-off-curve", ALICE, pgp.on_curve(old, foreign), "a point that is not on the curve"),
        ("eddsa-other-prefix", ALICE, pgp.on_curve(old, b"\x41" + native), "the prefix 0x41"),
        ("eddsa-long", ALICE, pgp.on_curve(old, b"\x40" + native + b"\0"), "a point of 34 octets"),
        ("eddsa-no-curve", ALICE, b"\0" + ALICE.material[11:], "no curve"),
        ("eddsa-no-prefix", ALICE, pgp.on_curve(old, native), "a point without its prefix"),
        ("ed25519-off-curve", new, foreign[1:], "a point that is not on the curve"),
        ("ed25519-above-prime", new, high, "a point whose y is written above the prime"),
        ("ed25519-33-octets", new, new.material + b"\0", "33 octets instead of 32"),
        ("ed25519-negative-zero", new, (1 | 1 << 255).to_bytes(32, "little"), "an x of minus zero"),
        ("ed448-off-curve", ed448, (2).to_bytes(57, "little"), "a point that is not on the curve"),
        (
            "ed448-last-octet",
            ed448,
            ed448.material[:-1] + bytes([ed448.material[-1] | 1]),
            "bits set in its last octet but the sign's",
        ),
        ("trailing-octet", ALICE, ALICE.material + b"\0", "an octet after its point"),
        ("rsa-wrong-bit-count", pgp.rsa("alice"), _miscounted(), "a modulus with a bit too many"),
    )
    for name, key, material, what in rows:
        yield _by(
            name,
            UNUSABLE,
            replace(key, material=material),
            "mathematics: points; keys.py: the material",
            f"The {name.split('-')[0].upper()} key has {what}.",
        )

    six = replace(pgp.ed25519("alice").of_version_6(), count=33)
    yield _by(
        "v6-length",
        UNUSABLE,
        six,
        "keys.py: the length of version 6's material",
        "A version 6 key says that its material is an octet longer than it is.",
    )


def _miscounted() -> bytes:
    material = pgp.rsa("alice").material
    return (1025).to_bytes(2) + b"\0" + material[2:]


def _kinds() -> Iterator[Vector]:
    new = replace(ALICE, make=lambda _, value: pgp.ed25519("alice").make("", value))
    yield vector(
        "openpgp-key-of-other-algorithm",
        UNUSABLE,
        "check.py: algorithms of signature and key",
        """The signature says Ed25519 in the newer form, the key is of the older one: the point is
        the same and the mathematics would agree.""",
        signature=pgp.sign(new, PAYLOAD, Parts(algorithm=27)),
    )
    six, four = pgp.ed25519("alice").of_version_6(), pgp.ed25519("alice")
    yield vector(
        "openpgp-v4-by-v6-key",
        UNUSABLE,
        "check.py: versions of signature and key",
        "A version 4 signature by a version 6 key, whose numbers would verify.",
        signature=pgp.sign(six, PAYLOAD, Parts(version=4)),
        keyring=[pgp.certificate(six)],
        listed=[six.fingerprint],
    )
    yield vector(
        "openpgp-v6-by-v4-key",
        UNUSABLE,
        "check.py: versions of signature and key",
        "A version 6 signature by a version 4 key, whose numbers would verify.",
        signature=pgp.sign(four, PAYLOAD, Parts(version=6)),
        keyring=[pgp.certificate(four)],
        listed=[four.fingerprint],
    )
    koblitz = pgp.ecdsa("alice", "secp256k1")
    where = "check.py: _is_listed_curve"
    yield _by(
        "secp256k1", UNSUPPORTED, koblitz, where, "A key over secp256k1, which is not listed."
    )
    for oid, name in (
        (b"\x2b\x65\x71", "ed448"),
        (bytes.fromhex("2b060104019755010501"), "x25519"),
    ):
        other = replace(ALICE, material=pgp.on_curve(oid, ALICE.material[-33:]))
        yield _by(
            f"eddsa-over-{name}",
            UNSUPPORTED,
            other,
            where,
            f"An older EdDSA key whose curve is {name.capitalize()}: only Ed25519 is listed.",
        )
