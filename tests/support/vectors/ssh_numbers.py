"""SSH keys and signatures whose numbers are wrong, or right but not in their range."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from tests.support.vectors import numbers, sshsig
from tests.support.vectors.made import BAD, PAYLOAD, UNUSABLE, Vector, vector
from tests.support.vectors.sshsig import Key, Parts, mpint, string

_DATA = sshsig.signed_data(PAYLOAD, Parts())


def vectors() -> Iterator[Vector]:
    yield from _keys()
    yield from _eddsa()
    yield from _ecdsa()
    yield from _rsa()


def _vector(
    name: str,
    expect: str,
    guards: str,
    description: str,
    key: Key,
    parts: Parts = Parts(),  # noqa: B008
) -> Vector:
    return vector(
        f"ssh-{name}",
        expect,
        guards,
        description,
        signature=sshsig.sign(key, PAYLOAD, parts),
        keyring=[],
        listed=[key.line],
    )


def _keys() -> Iterator[Vector]:
    usual = numbers.rsa("alice", 2048)
    even = numbers.rsa("even", 2048, even=True)
    rows = (
        ("1024-bits", numbers.rsa("alice"), "has 1024 bits: enough for OpenPGP here, not for SSH"),
        ("2047-bits", numbers.rsa("alice", 2047), "has 2047 bits, one fewer than the least"),
        ("even-modulus", even, "has an even modulus"),
        ("exponent-1", numbers.Rsa(usual.n, 1, 1), "has the exponent 1: anybody signs with it"),
        ("exponent-2", numbers.Rsa(usual.n, 2, 1), "has the exponent 2"),
    )
    where = "mathematics: what RSA's numbers must be"
    for name, own, what in rows:
        yield _vector(
            f"rsa-{name}",
            UNUSABLE,
            where,
            f"The RSA key of an SSH signature {what}.",
            sshsig.rsa_of(own),
        )
    point = numbers.ecdsa("alice").point
    off = string(point[:-1] + bytes([point[-1] ^ 1]))
    p256, new = sshsig.ecdsa("alice"), sshsig.ed25519("alice")
    foreign = string((2).to_bytes(32, "little"))
    high = string((numbers.ED25519_PRIME + 1).to_bytes(32, "little"))
    points = (
        ("ecdsa-off-curve", p256, string(b"nistp256") + off, "is not on the curve"),
        ("ed25519-off-curve", new, foreign, "is not on the curve"),
        ("ed25519-above-prime", new, high, "has a y that is written above the prime"),
        (
            "sk-ed25519-off-curve",
            sshsig.sk_ed25519("alice"),
            foreign + string(sshsig.APPLICATION),
            "is not on the curve",
        ),
        (
            "sk-ecdsa-off-curve",
            sshsig.sk_ecdsa("alice"),
            string(b"nistp256") + off + string(sshsig.APPLICATION),
            "is not on the curve",
        ),
    )
    for name, key, fields, what in points:
        yield _vector(
            name,
            UNUSABLE,
            "mathematics: points",
            f"The point of the {name.removesuffix('-off-curve')} key {what}.",
            sshsig.with_fields(key, fields),
        )


def _eddsa() -> Iterator[Vector]:
    key = sshsig.ed25519("alice")
    good = key.make(_DATA)
    high = numbers.above_order(good, numbers.ED25519_ORDER)
    yield _vector(
        "ed25519-s-above-order",
        BAD,
        "mathematics: S below the order",
        "The order is added to S of an Ed25519 signature: lax verifiers see two for one.",
        key,
        Parts(raw=high),
    )
    yield _vector(
        "ed25519-flipped",
        BAD,
        "mathematics: Ed25519 is asked",
        "A bit of an Ed25519 signature is flipped.",
        key,
        Parts(raw=bytes([good[0] ^ 1]) + good[1:]),
    )


def _ecdsa() -> Iterator[Vector]:
    for curve in sshsig.CURVES:
        key, own = sshsig.ecdsa("alice", curve), numbers.ecdsa("alice", sshsig.CURVES[curve])
        r, s = own.sign(hashlib.new(sshsig.HASHES[curve], _DATA).digest())
        wrong_digest = {"nistp256": "sha512", "nistp384": "sha512", "nistp521": "sha256"}[curve]
        other = own.sign(hashlib.new(wrong_digest, _DATA).digest())
        rows = (
            ("r-zero", (0, s), "r is zero"),
            ("s-zero", (r, 0), "s is zero: it has no inverse"),
            ("zero", (0, 0), "both are zero"),
            ("r-order", (own.order, s), "r is the order"),
            ("s-order", (r, own.order), "s is the order: it has no inverse"),
            ("r-above-order", (r + own.order, s), "the order is added to r"),
            ("s-above-order", (r, s + own.order), "the order is added to s"),
            ("other-digest", other, f"both are made over {wrong_digest}, not the curve's digest"),
        )
        for name, pair, what in rows:
            if curve != "nistp256" and name not in {"s-above-order", "other-digest"}:
                continue
            yield _vector(
                f"ecdsa-{curve}-{name}",
                BAD,
                "mathematics: r and s in 1 … order - 1",
                f"Of the two numbers of an ECDSA signature over {curve} {what}.",
                key,
                Parts(raw=mpint(pair[0]) + mpint(pair[1])),
            )


def _rsa() -> Iterator[Vector]:
    own = numbers.rsa("alice", 2048)
    key = sshsig.rsa("alice")
    good = int.from_bytes(key.make(_DATA))
    value = hashlib.sha512(_DATA).digest()
    prefix = bytes.fromhex(numbers.DIGEST_INFO["SHA512"])
    without_null = bytes.fromhex("304f300b0609608648016503040203") + b"\4\x40" + value
    short = b"\0\1" + b"\xff" * 8 + b"\0" + prefix + value
    garbage = short + b"\xff" * (own.size - len(short))
    rows = (
        ("longer", b"\1" + good.to_bytes(own.size), "has an octet before the modulus's length"),
        ("zero-before", b"\0" + good.to_bytes(own.size), "has a zero before the modulus's length"),
        ("zero", bytes(own.size), "is zero"),
        ("empty", b"", "is empty"),
        ("flipped", (good ^ 1).to_bytes(own.size), "has a bit flipped"),
        (
            "without-null",
            own.raw(numbers.padded(own.size, without_null)).to_bytes(own.size),
            "lacks the NULL behind the digest's name",
        ),
        (
            "garbage-after-digest",
            own.raw(garbage).to_bytes(own.size),
            "has octets behind the digest",
        ),
        (
            "other-algorithm",
            sshsig.rsa("alice", "rsa-sha2-256").make(_DATA),
            "is made with SHA-256 where rsa-sha2-512 is named",
        ),
    )
    for name, raw, what in rows:
        yield _vector(
            f"rsa-{name}",
            BAD,
            "mathematics: RSA's padding and range",
            f"The RSA signature {what}.",
            key,
            Parts(raw=raw),
        )
    above = good + own.n
    if above.bit_length() <= 8 * own.size:
        yield _vector(
            "rsa-above-modulus",
            BAD,
            "mathematics: RSA's number below the modulus",
            "The RSA signature is the good one plus the modulus, and no longer than it.",
            key,
            Parts(raw=above.to_bytes(own.size)),
        )
