"""One signature that names two keys of the same material."""

from __future__ import annotations

from nixauth import rule
from nixauth.model import Authorizations, Fingerprint, HistoryMode, ObjectId, Person

PARENT = ObjectId(bytes(20))
MACHINE, HUMAN = Fingerprint("A" * 40), Fingerprint("B" * 40)


def test_a_persons_key_counts_beside_a_services() -> None:
    """More keys in the keyring never turn a pass into a refusal."""
    people = (Person("forge", (MACHINE,), service=True), Person("carol", (HUMAN,)))
    before = Authorizations(b"before", HistoryMode.TRUSTED_PATH, people)
    after = Authorizations(b"after", HistoryMode.TRUSTED_PATH, people)
    for signers in (
        [rule.Signer(HUMAN)],
        [rule.Signer(MACHINE), rule.Signer(HUMAN)],
        [rule.Signer(HUMAN), rule.Signer(MACHINE)],
    ):
        outcome = rule.judge(
            [rule.Parent(PARENT, before)],
            signers,
            lambda _: True,
            lambda: after,
            ".authorizations",
            lambda: True,
        )
        assert isinstance(outcome, rule.Trusted)
        assert outcome.person.name == "carol"
