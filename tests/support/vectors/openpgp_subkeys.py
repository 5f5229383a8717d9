"""Subkeys: which of them stand for their primary key, and which do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.support.openpgp import subpacket
from tests.support.vectors import pgp
from tests.support.vectors.made import (
    ALICE,
    BOB,
    GOOD,
    PAYLOAD,
    UNAUTHORIZED,
    UNUSABLE,
    Vector,
    vector,
)
from tests.support.vectors.pgp import Parts, back, binding, over_keys

_SUBKEY = pgp.eddsa("alice/laptop")
_OTHER = pgp.eddsa("alice/phone")
_OVER = over_keys(ALICE, _SUBKEY)


def _vector(
    name: str,
    expect: str,
    guards: str,
    description: str,
    bindings: Sequence[bytes],
    listed: str = ALICE.fingerprint,
) -> Vector:
    return vector(
        f"openpgp-{name}",
        expect,
        guards,
        description,
        signature=pgp.sign(_SUBKEY, PAYLOAD),
        keyring=[pgp.certificate(ALICE, (_SUBKEY, bindings))],
        listed=[listed],
        signer=_SUBKEY.fingerprint,
    )


def vectors() -> Iterator[Vector]:
    yield from _good()
    yield from _bindings()
    yield from _backs()
    yield from _others()


def _good() -> Iterator[Vector]:
    good = binding(ALICE, _SUBKEY)
    yield _vector(
        "good-subkey",
        GOOD,
        "certificates.py: bound_primaries; rule.py: holder",
        "A signing subkey, bound and bound back, stands for the listed primary key.",
        [good],
    )
    yield _vector(
        "good-listed-subkey",
        GOOD,
        "rule.py: holder asks for the key itself",
        "The subkey itself is listed and has no binding at all: it needs none.",
        [],
        _SUBKEY.fingerprint,
    )
    yield _vector(
        "good-subkey-bound-again",
        GOOD,
        "bindings.py: one good binding is enough",
        "Of three bindings one counts: the others lack the flag and a back-signature.",
        [binding(ALICE, _SUBKEY, octet=12), good, binding(ALICE, _SUBKEY, backs=[])],
    )
    yield _vector(
        "good-subkey-of-many-uses",
        GOOD,
        "bindings.py: the signing flag among others",
        "The subkey may certify, sign and authenticate: signing is one flag of several.",
        [binding(ALICE, _SUBKEY, octet=0x23)],
    )
    yield _vector(
        "good-subkey-back-signature-hashed",
        GOOD,
        "bindings.py: an embedded signature in either area",
        "The back-signature stands in the hashed area of the binding.",
        [binding(ALICE, _SUBKEY, backs=[], extra=[back(ALICE, _SUBKEY)])],
    )
    yield _vector(
        "good-subkey-two-back-signatures",
        GOOD,
        "bindings.py: one good back-signature is enough",
        "Of two back-signatures the first is by another key and the second is good.",
        [
            binding(
                ALICE,
                _SUBKEY,
                backs=[
                    subpacket(32, pgp.body(_OTHER, _OVER, Parts(type=0x19))),
                    back(ALICE, _SUBKEY),
                ],
            )
        ],
    )
    yield vector(
        "openpgp-good-subkey-in-other-file",
        GOOD,
        "certificates.py: copies are merged",
        "One copy of the certificate has the subkey and its binding, a later one does not.",
        signature=pgp.sign(_SUBKEY, PAYLOAD),
        keyring=[pgp.certificate(ALICE, (_SUBKEY, [good])), pgp.certificate(ALICE)],
        signer=_SUBKEY.fingerprint,
    )
    revocation = pgp.signature(ALICE, _OVER, Parts(type=0x28))
    yield _vector(
        "good-subkey-revoked",
        GOOD,
        "nothing asks for revocations",
        "The subkey is revoked: to withdraw a key is for the list, which has no clock to trust.",
        [good, revocation],
    )
    six = pgp.ed25519("alice").of_version_6()
    sub = pgp.ed25519("alice/laptop").of_version_6()
    yield vector(
        "openpgp-good-v6-subkey",
        GOOD,
        "keys.py: hashed_form of version 6",
        "A signing subkey of a version 6 key: its binding hashes keys in another form.",
        signature=pgp.sign(sub, PAYLOAD),
        keyring=[pgp.certificate(six, (sub, [binding(six, sub)]))],
        listed=[six.fingerprint],
        signer=sub.fingerprint,
    )


def _bindings() -> Iterator[Vector]:
    unknown = subpacket(99, b"?", critical=True)
    rows = (
        ("none", [], "has no binding signature"),
        ("flags-encryption", [binding(ALICE, _SUBKEY, octet=12)], "may encrypt, not sign"),
        ("flags-none", [binding(ALICE, _SUBKEY, octet=None)], "has a binding without flags"),
        (
            "flags-unhashed",
            [binding(ALICE, _SUBKEY, octet=None, unhashed=[pgp.flags(2)])],
            "has its signing flag in the unhashed area, where anybody can put it",
        ),
        (
            "flags-empty",
            [binding(ALICE, _SUBKEY, octet=None, extra=[subpacket(27, b"")])],
            "has flags without an octet",
        ),
        (
            "flags-last",
            [binding(ALICE, _SUBKEY, extra=[pgp.flags(12)])],
            "has flags twice, and the last say that it encrypts",
        ),
        (
            "over-other-keys",
            [binding(ALICE, _SUBKEY, over=over_keys(ALICE, _OTHER))],
            "carries the binding of another subkey",
        ),
        (
            "by-itself",
            [binding(ALICE, _SUBKEY, by=_SUBKEY)],
            "is bound by itself and not by the primary key",
        ),
        (
            "critical-subpacket",
            [binding(ALICE, _SUBKEY, extra=[unknown])],
            "has a binding with a critical subpacket that nobody knows",
        ),
        ("sha1", [binding(ALICE, _SUBKEY, digest="SHA1")], "has a binding over SHA-1"),
        ("md5", [binding(ALICE, _SUBKEY, digest="MD5")], "has a binding over MD5"),
        (
            "of-other-type",
            [
                pgp.signature(
                    ALICE,
                    _OVER,
                    Parts(
                        type=0x13,
                        hashed=[pgp.created(), pgp.issuer(ALICE), pgp.flags(2)],
                        unhashed=[back(ALICE, _SUBKEY)],
                    ),
                )
            ],
            "carries a certification in the place of a binding",
        ),
    )
    for name, bindings, what in rows:
        yield _vector(
            f"subkey-binding-{name}",
            UNUSABLE,
            "bindings.py: _binding_fault",
            f"The signing key is a subkey of the listed one and {what}.",
            bindings,
        )


def _backs() -> Iterator[Vector]:
    def embedded(by: pgp.Key, over: bytes, parts: Parts) -> list[bytes]:
        return [subpacket(32, pgp.body(by, over, parts))]

    kind = Parts(type=0x19)
    rows = (
        ("none", [], "has none: anybody can bind anybody's key as his subkey"),
        ("bad", embedded(_SUBKEY, _OVER + b"!", kind), "has one over something else"),
        ("by-other-key", embedded(_OTHER, _OVER, kind), "has one by another subkey"),
        ("by-primary", embedded(ALICE, _OVER, kind), "has one by the primary key itself"),
        (
            "for-other-primary",
            embedded(_SUBKEY, over_keys(BOB, _SUBKEY), kind),
            "has one that agrees to another primary key",
        ),
        ("sha1", embedded(_SUBKEY, _OVER, Parts(type=0x19, digest="SHA1")), "has one over SHA-1"),
        ("of-other-type", embedded(_SUBKEY, _OVER, Parts(type=0x18)), "has one of another type"),
        (
            "cut-off",
            [subpacket(32, pgp.body(_SUBKEY, _OVER, kind)[:-1])],
            "has one that is cut off",
        ),
    )
    for name, backs, what in rows:
        yield _vector(
            f"subkey-back-signature-{name}",
            UNUSABLE,
            "bindings.py: _back_signature_fault",
            f"The subkey's binding should hold a back-signature by the subkey and {what}.",
            [binding(ALICE, _SUBKEY, backs=backs)],
        )


def _others() -> Iterator[Vector]:
    yield vector(
        "openpgp-subkey-of-other-primary",
        UNAUTHORIZED,
        "rule.py: holder asks for the primary keys that the key is bound to",
        "The subkey is bound, and to another primary key than the listed one.",
        signature=pgp.sign(_SUBKEY, PAYLOAD),
        keyring=[pgp.certificate(BOB, (_SUBKEY, [binding(BOB, _SUBKEY)])), pgp.certificate(ALICE)],
    )
    yield vector(
        "openpgp-subkey-stolen",
        UNUSABLE,
        "bindings.py: a back-signature, by this primary key's subkey",
        """A listed person's certificate carries a stranger's subkey, whose back-signature was made
        for the stranger's own primary key.""",
        signature=pgp.sign(_SUBKEY, PAYLOAD),
        keyring=[
            pgp.certificate(BOB, (_SUBKEY, [binding(BOB, _SUBKEY)])),
            pgp.certificate(
                ALICE, (_SUBKEY, [binding(ALICE, _SUBKEY, backs=[back(BOB, _SUBKEY)])])
            ),
        ],
    )
    yield vector(
        "openpgp-primary-of-listed-subkey",
        UNAUTHORIZED,
        "rule.py: a listed subkey covers itself alone",
        "The primary key signs, and only its subkey is listed: that covers nothing but itself.",
        keyring=[pgp.certificate(ALICE, (_SUBKEY, [binding(ALICE, _SUBKEY)]))],
        listed=[_SUBKEY.fingerprint],
    )
    yield vector(
        "openpgp-subkey-beside-listed-subkey",
        UNAUTHORIZED,
        "rule.py: a listed subkey covers itself alone",
        "A subkey signs, and only another subkey of the same certificate is listed.",
        signature=pgp.sign(_SUBKEY, PAYLOAD),
        keyring=[
            pgp.certificate(
                ALICE,
                (_SUBKEY, [binding(ALICE, _SUBKEY)]),
                (_OTHER, [binding(ALICE, _OTHER)]),
            )
        ],
        listed=[_OTHER.fingerprint],
    )
    six = pgp.ed25519("alice").of_version_6()
    four = pgp.ed25519("alice/laptop")
    yield vector(
        "openpgp-subkey-of-other-version",
        UNUSABLE,
        "bindings.py: of one version",
        "A version 4 subkey in a version 6 certificate.",
        signature=pgp.sign(four, PAYLOAD),
        keyring=[
            pgp.certificate(six, (four, [binding(six, four)])),
        ],
        listed=[six.fingerprint],
    )
