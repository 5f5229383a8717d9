"""Two faults at once: which is told is the one that is asked first (docs/signatures.md)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.openpgp import armor, subpacket
from tests.support.vectors import numbers, pgp
from tests.support.vectors.made import (
    ALICE,
    BOB,
    MALFORMED,
    MISSING,
    MULTIPLE,
    PAYLOAD,
    UNAUTHORIZED,
    UNSUPPORTED,
    UNUSABLE,
    WEAK,
    Vector,
    insert,
    vector,
)
from tests.support.vectors.pgp import Parts


def vectors() -> Iterator[Vector]:
    made = pgp.signature(ALICE, PAYLOAD)
    critical = [pgp.created(), pgp.issuer(ALICE), subpacket(99, b"?", critical=True)]
    rows = (
        (
            "multiple-before-malformed",
            MULTIPLE,
            armor(made + made + b"\0"),
            "two signature packets and garbage behind them",
        ),
        (
            "malformed-before-unsupported",
            MALFORMED,
            pgp.sign(ALICE, PAYLOAD, Parts(hashed=critical, numbers=b"\0\1")),
            "a critical subpacket that is unknown and an integer that is cut off",
        ),
        (
            "malformed-before-type",
            MALFORMED,
            pgp.sign(ALICE, PAYLOAD, Parts(type=1, numbers=b"\0\1")),
            "the type of a text document and an integer that is cut off",
        ),
        (
            "unsupported-before-weak",
            UNSUPPORTED,
            pgp.sign(ALICE, PAYLOAD, Parts(type=1, digest="SHA1")),
            "the type of a text document and SHA-1",
        ),
        (
            "weak-before-missing",
            WEAK,
            pgp.sign(pgp.eddsa("nobody"), PAYLOAD, Parts(digest="SHA1")),
            "SHA-1 and a key that is not in the keyring",
        ),
        (
            "weak-before-bad",
            WEAK,
            pgp.sign(ALICE, PAYLOAD + b"!", Parts(digest="SHA1")),
            "SHA-1 and another payload",
        ),
        (
            "missing-before-bad",
            MISSING,
            pgp.sign(pgp.eddsa("nobody"), PAYLOAD + b"!"),
            "a key that is not in the keyring and another payload",
        ),
        (
            "unauthorized-before-bad",
            UNAUTHORIZED,
            pgp.sign(BOB, PAYLOAD + b"!"),
            "a key that is not listed and another payload",
        ),
    )
    keyring = [pgp.certificate(ALICE), pgp.certificate(BOB)]
    for name, expect, signature, what in rows:
        yield vector(
            f"order-{name}",
            expect,
            "the order in which faults are asked for",
            f"Two faults, {what}: the first row of the table that applies is the reason.",
            signature=signature,
            keyring=keyring,
        )
    yield vector(
        "order-multiple-before-misplaced",
        MULTIPLE,
        "commit_object.py: two headers are told before headers out of order",
        "Two faults: two gpgsig headers, one of them before the parent.",
        commit=insert(insert(PAYLOAD, armor(made)), armor(made), b"parent "),
    )
    short = pgp.rsa_of("short", numbers.rsa("short", 1023))
    yield vector(
        "order-unusable-before-unauthorized",
        UNUSABLE,
        "evidence.py: keys are looked at before lists",
        "Two faults: the RSA key has 1023 bits, and is not listed.",
        signature=pgp.sign(short, PAYLOAD),
        keyring=[pgp.bare(short)],
    )
    koblitz = pgp.ecdsa("koblitz", "secp256k1")
    yield vector(
        "order-unsupported-before-unauthorized",
        UNSUPPORTED,
        "evidence.py: curves are looked at before lists",
        "Two faults: the curve is secp256k1, and the key is not listed.",
        signature=pgp.sign(koblitz, PAYLOAD),
        keyring=[pgp.bare(koblitz)],
    )
