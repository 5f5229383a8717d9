"""What is found out of commits ahead of their turn, where scenarios do not reach."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from nixauth import evidence
from nixauth.authenticate import Session
from nixauth.engines import Check, Native, Outcome
from nixauth.errors import EngineError
from nixauth.examination import Examiner
from nixauth.findings import MemoryStore
from nixauth.history.memory import MemoryObjects
from nixauth.keyring import Keyring
from nixauth.model import Fingerprint, Introduction, ObjectId, Verdict
from nixauth.options import Options
from nixauth.rule import Signer
from tests.support import openpgp
from tests.unit.cli.places import Maker, certificates

ALICE, BOB = Signer(Fingerprint("A" * 40)), Signer(Fingerprint("B" * 40))


def test_several_keys_share_no_testimony() -> None:
    found = Examiner(
        MemoryObjects({}), Keyring.from_files([]), "path", Native(), sha1_may_count=False
    )
    for outcomes in ({ALICE.key: False, BOB.key: True}, {ALICE.key: False, BOB.key: False}):
        kept = found.testimony(evidence.Testimony((ALICE, BOB), outcomes))
        assert kept.outcomes == outcomes


def test_what_cannot_be_said_of_one_commit_is_said_of_no_other() -> None:
    found = Examiner(
        MemoryObjects({}), Keyring.from_files([]), "path", Native(), sha1_may_count=False
    )
    errors = [EngineError("it cannot say"), EngineError("nor of this one")]
    for outcome in (errors[0], True, errors[1], False, None, errors[0], True):
        outcomes = {ALICE.key: outcome} if outcome is not None else {}
        kept = found.testimony(evidence.Testimony((ALICE,), outcomes))
        assert kept.outcomes == outcomes


class Unsure:
    """An engine that can say nothing after its first answer."""

    name, batch, keeps_payloads = "unsure", 8, False

    def __init__(self) -> None:
        own = Native()
        self.prepare, self.close = own.prepare, own.close
        self._asked = 0

    def verify(self, checks: Sequence[Check]) -> Sequence[Outcome]:
        self._asked += 1
        return [True if self._asked == 1 else EngineError("it cannot say")] * len(checks)


def test_what_an_engine_cannot_say_is_no_yes() -> None:
    maker = Maker()
    start, tip = maker.chain(2)
    session = Session(
        MemoryObjects(maker.objects),
        Keyring.from_files(list(certificates("alice", "bob").items())),
        Introduction(ObjectId(start), Fingerprint(openpgp.key("alice").fingerprint)),
        Options(),
        MemoryStore(),
        engine=Unsure(),
    )
    report = session.report(ObjectId(tip))
    assert report.verdict is Verdict.UNDECIDED
    assert report.verified == 0
    assert isinstance(report.error, EngineError)


def test_a_claim_raises_what_an_engine_cannot_say() -> None:
    error = EngineError("it cannot say")
    claim = object.__new__(evidence.Claim)
    claim.outcomes = {ALICE.key: error}
    with pytest.raises(EngineError):
        claim.verifies(ALICE)
