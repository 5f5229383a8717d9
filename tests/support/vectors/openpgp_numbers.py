"""OpenPGP signatures whose numbers are wrong, or right but not in their range."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.openpgp import mpi
from tests.support.vectors import numbers, pgp
from tests.support.vectors.made import ALICE, BAD, PAYLOAD, Vector, vector
from tests.support.vectors.pgp import Key, Parts, pair


def vectors() -> Iterator[Vector]:
    yield from _changed()
    yield from _eddsa()
    yield from _rsa()
    yield from _pairs()


def _by(key: Key, name: str, guards: str, description: str, made: bytes) -> Vector:
    return vector(
        f"openpgp-{name}",
        BAD,
        guards,
        description,
        signature=pgp.sign(key, PAYLOAD, Parts(numbers=made)),
        keyring=[pgp.certificate(key)],
        listed=[key.fingerprint],
    )


def _changed() -> Iterator[Vector]:
    good = pgp.body(ALICE, PAYLOAD)
    later = good.replace(pgp.CREATED.to_bytes(4), (pgp.CREATED + 1).to_bytes(4), 1)
    yield vector(
        "openpgp-hashed-area-changed",
        BAD,
        "signature.py: the hashed area is hashed",
        "The creation time in the hashed area was changed after signing.",
        signature=pgp.armor(pgp.packet(2, later)),
    )
    digest = good[:3] + b"\x0c" + good[4:]
    yield vector(
        "openpgp-digest-changed",
        BAD,
        "signature.py: the digest that is named is computed",
        "The digest's number was changed from SHA-256 to SHA3-256 after signing.",
        signature=pgp.armor(pgp.packet(2, digest)),
    )
    for key in (pgp.ed25519("alice"), pgp.ed448("alice")):
        made = key.make("SHA256", pgp.value_of(key, PAYLOAD))
        name = "ed25519" if key.algorithm == 27 else "ed448"
        yield _by(
            key,
            f"{name}-flipped",
            f"mathematics: {name} is asked",
            f"A bit of a signature of {name.capitalize()} is flipped.",
            bytes([made[0] ^ 1]) + made[1:],
        )
    six = pgp.ed25519("alice").of_version_6()
    body = pgp.body(six, PAYLOAD)
    salt = bytes(range(16))
    yield vector(
        "openpgp-v6-salt-changed",
        BAD,
        "signature.py: the salt is hashed",
        "The salt of a version 6 signature was changed after signing.",
        signature=pgp.armor(pgp.packet(2, body.replace(salt, bytes(16)))),
        keyring=[pgp.certificate(six)],
        listed=[six.fingerprint],
    )


def _eddsa() -> Iterator[Vector]:
    value = pgp.value_of(ALICE, PAYLOAD)
    made = ALICE.make("SHA256", value)
    cut = 2 + (int.from_bytes(made[:2]) + 7) // 8
    raw = made[2:cut].rjust(32, b"\0") + made[cut + 2 :].rjust(32, b"\0")
    high = numbers.above_order(raw, numbers.ED25519_ORDER)
    yield _by(
        ALICE,
        "eddsa-s-above-order",
        "mathematics: S below the order",
        "The order is added to S of an EdDSA signature: lax verifiers see two for one.",
        mpi(high[:32]) + mpi(high[32:]),
    )
    yield _by(
        ALICE,
        "eddsa-zero",
        "mathematics: EdDSA is asked",
        "Both integers of an EdDSA signature are zero.",
        mpi(0) + mpi(0),
    )
    yield _by(
        ALICE,
        "eddsa-33-octets",
        "mathematics: EdDSA's numbers have at most 32 octets",
        "An octet stands before the 32 of an EdDSA signature's first integer.",
        mpi(b"\1" + raw[:32]) + mpi(raw[32:]),
    )
    for key, order, name in (
        (pgp.ed25519("alice"), numbers.ED25519_ORDER, "ed25519"),
        (pgp.ed448("alice"), numbers.ED448_ORDER, "ed448"),
    ):
        native = key.make("SHA256", pgp.value_of(key, PAYLOAD))
        yield _by(
            key,
            f"{name}-s-above-order",
            "mathematics: S below the order",
            f"The order is added to S of a signature of {name.capitalize()}.",
            numbers.above_order(native, order),
        )


def _rsa() -> Iterator[Vector]:
    key, own = pgp.rsa("alice"), numbers.rsa("alice")
    value = pgp.value_of(key, PAYLOAD)
    good = own.sign("SHA256", value)
    info = bytes.fromhex(numbers.DIGEST_INFO["SHA256"]) + value
    sha512 = bytes.fromhex(numbers.DIGEST_INFO["SHA512"]) + value
    without_null = bytes.fromhex("302f300b06096086480165030402010420") + value
    block = numbers.padded(own.size, info)
    short = b"\0\1" + b"\xff" * 8 + b"\0" + info
    encryption = b"\0\2" + block[2:]
    rows = (
        ("above-modulus", good + own.n, "is the good one plus the modulus"),
        ("zero", 0, "is zero"),
        ("modulus", own.n, "is the modulus"),
        ("without-null", own.raw(numbers.padded(own.size, without_null)), "lacks the NULL"),
        ("other-digest-named", own.raw(numbers.padded(own.size, sha512)), "names SHA-512 inside"),
        ("no-digest-named", own.raw(numbers.padded(own.size, value)), "names no digest inside"),
        ("encryption-padding", own.raw(encryption), "is padded as for encryption"),
        (
            "garbage-after-digest",
            own.raw(short + b"\xff" * (own.size - len(short))),
            "has octets behind the digest",
        ),
    )
    for name, number, what in rows:
        yield _by(
            key,
            f"rsa-{name}",
            "mathematics: RSA's padding and range",
            f"The number of an RSA signature {what}.",
            mpi(number),
        )
    yield _by(
        key,
        "rsa-longer-than-modulus",
        "mathematics: RSA's number has at most the modulus's octets",
        "The number of an RSA signature is the good one with an octet before it.",
        mpi(b"\1" + good.to_bytes(own.size)),
    )
    cube = pgp.rsa("cube", 2048, 3)
    begin = short[:-32] + pgp.value_of(cube, PAYLOAD)
    root = _cube_root(int.from_bytes(begin.ljust(256, b"\0")))
    assert (root**3).to_bytes(256).startswith(begin)
    yield _by(
        cube,
        "rsa-exponent-3-forged",
        "mathematics: nothing behind the digest",
        """A forgery without the private key: the exponent is 3, and a cube root gives the right
        digest with garbage behind it, which careless verifiers do not look at.""",
        mpi(root),
    )


def _cube_root(number: int) -> int:
    """Return the smallest number whose cube is not below this one."""
    low, high = 0, 1 << number.bit_length() // 3 + 1
    while low < high:
        middle = (low + high) // 2
        if middle**3 < number:
            low = middle + 1
        else:
            high = middle
    return low


def _pairs() -> Iterator[Vector]:
    kinds: list[tuple[str, Key, tuple[int, int], int]] = []
    dsa = numbers.dsa("alice")
    key = pgp.dsa("alice")
    kinds.append(("dsa", key, dsa.sign(pgp.value_of(key, PAYLOAD)), dsa.q))
    for curve, name in (("secp256r1", "p256"), ("secp521r1", "p521"), ("brainpoolP256r1", "bp256")):
        own, key = numbers.ecdsa("alice", curve), pgp.ecdsa("alice", curve)
        kinds.append((f"ecdsa-{name}", key, own.sign(pgp.value_of(key, PAYLOAD)), own.order))
    for name, key, (r, s), order in kinds:
        rows = (
            ("r-zero", 0, s, "r is zero"),
            ("s-zero", r, 0, "s is zero: it has no inverse"),
            ("zero", 0, 0, "both are zero, which lax verifiers took for anybody's signature"),
            ("r-order", order, s, "r is the order"),
            ("s-order", r, order, "s is the order: it has no inverse"),
            ("r-above-order", r + order, s, "the order is added to r, which changes no remainder"),
            ("s-above-order", r, s + order, "the order is added to s, which changes no remainder"),
            ("giant", r + (order << 512), s, "r has hundreds of bits too many"),
        )
        for fault, first, second, what in rows:
            if name not in {"dsa", "ecdsa-p256"} and "above" not in fault:
                continue
            yield _by(
                key,
                f"{name}-{fault}",
                "mathematics: r and s in 1 … order - 1",
                f"Of the two numbers of {name.upper()} {what}.",
                pair(first, second),
            )
