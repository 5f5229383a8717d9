"""A signature that names a key id may be by any key that bears it (docs/rule.md, 1, 3d, 3e)."""

from __future__ import annotations

import pytest

from nixauth import rule
from nixauth.model import (
    Authorizations,
    AuthorizationsRemoved,
    BadSignature,
    Fingerprint,
    HistoryMode,
    Introduction,
    ObjectId,
    Person,
    ServiceChangesAuthorizations,
    UnauthorizedKey,
    UnusableKey,
    WrongIntroductionSigner,
)
from nixauth.rule import Parent, Signer, Trusted

ALICE, BOB, MALLORY = (Fingerprint(letter * 40) for letter in "ABC")
LIST = Authorizations(
    b"", HistoryMode.EVERY_COMMIT, (Person("alice", (ALICE,)), Person("bob", (BOB,)))
)
PARENT = Parent(ObjectId(bytes(20)), LIST)


def judged(
    *signers: Fingerprint, good: str, own: Authorizations | None = LIST, parent: Parent = PARENT
) -> object:
    """Judge a commit whose signature verifies by the keys `good`."""
    return rule.judge(
        [parent],
        [Signer(key) for key in signers],
        lambda signer: signer.key[0] in good,
        lambda: own,
        ".authorizations",
        lambda: True,
    )


@pytest.mark.parametrize("signers", [(MALLORY, ALICE), (ALICE, MALLORY)])
def test_an_unlisted_key_with_the_same_id_takes_nothing(signers: tuple[Fingerprint, ...]) -> None:
    found = judged(*signers, good="A")
    assert isinstance(found, Trusted)
    assert (found.signer, found.person.name) == (ALICE, "alice")


@pytest.mark.parametrize("signers", [(ALICE, BOB), (BOB, ALICE)])
def test_the_key_counts_that_verifies(signers: tuple[Fingerprint, ...]) -> None:
    found = judged(*signers, good="B")
    assert isinstance(found, Trusted)
    assert found.person.name == "bob"


@pytest.mark.parametrize("signers", [(MALLORY, ALICE), (ALICE, MALLORY)])
def test_an_unlisted_key_that_verifies_grants_nothing(signers: tuple[Fingerprint, ...]) -> None:
    assert judged(*signers, good="C") == BadSignature(ALICE)


def test_refusals_without_a_key_that_is_admitted() -> None:
    assert judged(MALLORY, good="C") == UnauthorizedKey(MALLORY, PARENT.commit)
    assert judged(ALICE, BOB, good="") == BadSignature(ALICE)


@pytest.mark.parametrize("signers", [(MALLORY, ALICE), (ALICE, MALLORY)])
def test_a_key_of_a_person_counts_beside_that_of_a_service(
    signers: tuple[Fingerprint, ...],
) -> None:
    people = (Person("alice", (ALICE,)), Person("forge", (MALLORY,), service=True))
    parent = Parent(PARENT.commit, Authorizations(b"old", HistoryMode.EVERY_COMMIT, people))
    found = judged(*signers, good="AC", parent=parent)
    assert isinstance(found, Trusted)
    assert found.person.name == "alice"
    refused = ServiceChangesAuthorizations(MALLORY, "forge", PARENT.commit)
    assert judged(*signers, good="C", parent=parent) == refused


@pytest.mark.parametrize("signers", [(BOB, ALICE), (ALICE, BOB)])
def test_what_the_key_signed_is_told_that_verifies(signers: tuple[Fingerprint, ...]) -> None:
    assert judged(*signers, good="A", own=None) == AuthorizationsRemoved(".authorizations")


def test_nobody_signed() -> None:
    with pytest.raises(ValueError, match="needs a signer"):
        judged(good="ABC")
    with pytest.raises(ValueError, match="needs a signer"):
        introduced(good="ABC")


def introduced(*signers: Signer, good: str) -> object:
    introduction = Introduction(ObjectId(bytes(20)), ALICE)
    return rule.judge_introduction(introduction, signers, lambda one: one.key[0] in good)


def test_the_introduction() -> None:
    alice, bob, mallory = Signer(ALICE), Signer(BOB, frozenset([ALICE])), Signer(MALLORY)
    for signers in ((alice, mallory), (mallory, alice)):
        assert introduced(*signers, good="A") == alice
        assert introduced(*signers, good="C") in {
            BadSignature(ALICE),
            WrongIntroductionSigner(ALICE, MALLORY),
        }
    for signers in ((alice, bob), (bob, alice)):
        assert introduced(*signers, good="A") == alice
        assert introduced(*signers, good="B") == bob
        assert isinstance(introduced(*signers, good=""), BadSignature)
    assert introduced(mallory, good="C") == WrongIntroductionSigner(ALICE, MALLORY)
    unbound = Signer(BOB, claimed={ALICE: "it has no back-signature"})
    assert isinstance(introduced(unbound, good="B"), UnusableKey)
