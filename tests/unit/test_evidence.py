"""Step 3c where scenarios do not reach: other digests, keys at fault, keys that share an id."""

from __future__ import annotations

from typing import Any

import pytest

from nixauth.evidence import Claim, examine
from nixauth.model import (
    MissingKey,
    ObjectId,
    UnsupportedSignature,
    UnusableKey,
    WeakDigest,
)
from nixauth.rule import Signer
from nixauth.signatures.commit_object import SignedCommit
from nixauth.signatures.openpgp import PublicKey
from tests.unit.signatures.openpgp import maker
from tests.unit.signatures.openpgp.maker import CURVES, key, key_body, mpi, packet, sign

PAYLOAD = b"payload"
ALICE, BOB = key("eddsa"), key("eddsa", number=1)


class Keys:
    """A keyring that answers every question with these keys: they share the id."""

    def __init__(self, *bodies: bytes) -> None:
        self.keys = [PublicKey(body) for body in bodies]

    def find(self, _: object) -> list[PublicKey]:
        return self.keys

    def signer(self, name: Any) -> Signer:
        return Signer(name)


def ask(*bodies: bytes, sha1_counts: bool = False, **changes: Any) -> Any:
    """Examine a commit that alice signed, with these keys at hand."""
    armored = maker.armor(packet(2, sign(ALICE, PAYLOAD, **changes)))
    commit = SignedCommit(ObjectId(bytes(20)), armored, PAYLOAD)
    keys: Any = Keys(*bodies)
    return examine(commit, keys, lambda: sha1_counts)


def test_sha1_counts_where_it_is_asked_for_and_no_other_weak_digest() -> None:
    assert isinstance(ask(ALICE.body, digest=maker.SHA1, sha1_counts=True), Claim)
    assert ask(ALICE.body, digest=maker.SHA1) == WeakDigest("SHA-1")
    for digest, name in ((maker.MD5, "MD5"), (maker.RIPEMD160, "RIPEMD-160")):
        assert ask(ALICE.body, digest=digest, sha1_counts=True) == WeakDigest(name)


def test_no_key() -> None:
    assert ask() == MissingKey(ALICE.fingerprint)


@pytest.mark.parametrize("before", [(), (BOB.body,)], ids=["alone", "beside another"])
def test_the_key_that_made_it(before: tuple[bytes, ...]) -> None:
    for bodies in ((*before, ALICE.body), (ALICE.body, *before)):
        found = ask(*bodies)
        assert isinstance(found, Claim)
        assert [one.key for one in found.signers] == [PublicKey(b).fingerprint for b in bodies]
        for _ in range(2):
            for one in found.signers:
                assert found.verifies(one) == (one.key == ALICE.fingerprint)


DAMAGED = key_body(4, 22, ALICE.body[6:-33] + b"\x41" + ALICE.body[-32:])
OTHER_CURVE = key_body(4, 22, bytes([8]) + bytes.fromhex(CURVES["p256"][0]) + mpi(b"\x04" * 65))
OTHER_KIND = key("ed25519").body


@pytest.mark.parametrize("body", [DAMAGED, OTHER_KIND], ids=["damaged", "of another algorithm"])
def test_a_key_that_cannot_count(body: bytes) -> None:
    assert isinstance(ask(body), UnusableKey)
    assert isinstance(ask(body, body), UnusableKey)
    for bodies in ((body, ALICE.body), (ALICE.body, body)):
        found = ask(*bodies)
        assert isinstance(found, Claim)
        assert [one.key for one in found.signers] == [ALICE.fingerprint]


def test_what_is_unsupported_is_told_before_what_is_unusable() -> None:
    assert isinstance(ask(OTHER_CURVE), UnsupportedSignature)
    for bodies in ((DAMAGED, OTHER_CURVE), (OTHER_CURVE, DAMAGED)):
        assert isinstance(ask(*bodies), UnsupportedSignature)
