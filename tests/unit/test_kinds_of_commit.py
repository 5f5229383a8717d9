"""A judgement that is taken over for commits of one kind is taken over for no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from nixauth.authenticate import Options, Session
from nixauth.engines import Check, Native, Outcome
from nixauth.findings import Finding, NoStore
from nixauth.history.memory import MemoryObjects
from nixauth.judging import Judge
from nixauth.keyring import Keyring
from nixauth.model import Fingerprint, Introduction, ObjectId, Report, Verdict
from tests.support import commits, openpgp
from tests.unit.cli.places import Maker, certificates, listing

ALICE = openpgp.key("alice")
BOTH = listing({"alice": ["alice"], "bob": ["bob"]})
ROBOT = listing({"alice": ["alice"], "robot": ["bob"]})


class CountingEngine(Native):
    """Counts the signatures that it is asked about, by key."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def verify(self, checks: Sequence[Check]) -> Sequence[Outcome]:
        self.asked += [check.key.fingerprint for check in checks]
        return super().verify(checks)


def begun(file: bytes = BOTH) -> tuple[Maker, bytes, bytes]:
    """Make a history in which alice and bob have signed a few commits of the usual kind."""
    maker = Maker()
    start = tip = maker.commit(file=file)
    for number in range(6):
        signer = ("alice", "bob")[number % 2]
        tip = maker.commit(tip, signer=signer, file=file, message=b"%d\n" % number)
    return maker, start, tip


def ask(maker: Maker, start: bytes, tip: bytes, engine: Native | None = None) -> Report:
    session = Session(
        MemoryObjects(maker.objects),
        Keyring.from_files(list(certificates("alice", "bob", "carol").items())),
        Introduction(ObjectId(start), Fingerprint(ALICE.fingerprint)),
        Options(stats=True),
        NoStore(),
        engine=engine or Native(),
    )
    return session.report(ObjectId(tip))


def test_commits_of_one_kind_are_all_trusted() -> None:
    maker, start, tip = begun()
    report = ask(maker, start, tip)
    assert report.verdict is Verdict.AUTHENTIC
    assert report.verified == 6
    assert report.stats is not None
    assert [(one.person, one.commits) for one in report.stats.signers] == [("alice", 3), ("bob", 3)]


def another_file_of_the_parent(maker: Maker, tip: bytes) -> bytes:
    removed = maker.commit(tip, signer="alice", people=["alice"])
    return maker.commit(removed, signer="bob", file=BOTH)


def a_file_that_is_none(maker: Maker, tip: bytes) -> bytes:
    return maker.commit(tip, signer="bob", file=b"version: 7\n")


def another_key(maker: Maker, tip: bytes) -> bytes:
    return maker.commit(tip, signer="carol", file=BOTH)


def a_signature_over_something_else(maker: Maker, tip: bytes) -> bytes:
    made = maker.commit(tip, signer="bob", file=BOTH)
    kind, content = maker.objects.pop(made)
    changed = content.replace(b"A change", b"A charge")
    assert changed != content
    return commits.add(maker.objects, kind, changed)


def a_second_parent_that_does_not_list(maker: Maker, tip: bytes) -> bytes:
    other = maker.commit(tip, signer="alice", people=["alice"])
    return maker.commit(tip, other, signer="bob", file=BOTH)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (another_file_of_the_parent, "unauthorized-key"),
        (a_file_that_is_none, "authorizations-malformed"),
        (another_key, "unauthorized-key"),
        (a_signature_over_something_else, "bad-signature"),
        (a_second_parent_that_does_not_list, "unauthorized-key"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_one_of_another_kind_is_judged_by_itself(
    make: Callable[[Maker, bytes], bytes], reason: str
) -> None:
    maker, start, tip = begun()
    bad = make(maker, tip)
    report = ask(maker, start, bad)
    assert report.verdict is Verdict.REFUSED
    assert report.refusals[0].reason.code == reason
    after = maker.commit(bad, signer="alice", file=BOTH)
    assert ask(maker, start, after).refusals[0].reason.code == reason


def test_a_service_that_changes_the_file_is_of_another_kind() -> None:
    maker, start, tip = begun(ROBOT)
    assert ask(maker, start, tip).verdict is Verdict.AUTHENTIC
    changed = maker.commit(tip, signer="bob", file=ROBOT + b"# more\n")
    report = ask(maker, start, changed)
    assert report.refusals[0].reason.code == "service-changes-authorizations"


def test_a_key_that_is_listed_later_is_checked_when_its_turn_comes() -> None:
    """Nobody lists it when commits are examined ahead: neither yes nor no was said of it."""
    maker, start, tip = begun()
    welcome = maker.commit(
        tip, signer="alice", file=listing({"alice": ["alice"], "carol": ["carol"]})
    )
    good = maker.commit(
        welcome, signer="carol", file=listing({"alice": ["alice"], "carol": ["carol"]})
    )
    engine = CountingEngine()
    assert ask(maker, start, good, engine).verdict is Verdict.AUTHENTIC
    assert engine.asked.count(openpgp.key("carol").fingerprint) == 1


@pytest.mark.parametrize("good", [True, False])
def test_a_key_that_only_an_ancestor_lists_is_checked_when_its_turn_comes(*, good: bool) -> None:
    """Files of the introduction's ancestors are looked at by the judge, and not before."""
    maker = Maker()
    root = maker.commit(people=["alice", "carol"])
    start = maker.commit(root, people=["alice"])
    side = maker.commit(root, signer="carol", people=["alice"])
    if not good:
        kind, content = maker.objects.pop(side)
        side = commits.add(maker.objects, kind, content.replace(b"A change", b"A charge"))
    tip = maker.commit(start, side, people=["alice"])
    engine = CountingEngine()
    report = ask(maker, start, tip, engine)
    assert engine.asked.count(openpgp.key("carol").fingerprint) == 1
    if good:
        assert report.verdict is Verdict.AUTHENTIC
    else:
        assert report.refusals[0].commit == side
        assert report.refusals[0].reason.code == "bad-signature"


def test_no_mathematics_for_a_key_that_nobody_lists() -> None:
    maker, start, tip = begun()
    for number in range(5):
        tip = maker.commit(tip, signer="carol", file=BOTH, message=b"%d\n" % number)
    engine = CountingEngine()
    report = ask(maker, start, tip, engine)
    assert report.refusals[0].reason.code == "unauthorized-key"
    assert openpgp.key("carol").fingerprint not in engine.asked


def test_what_stands_for_a_kind_lives_as_long_as_its_name() -> None:
    """Kinds are named by where their values are in memory: nothing else may come to be there."""
    maker, start, tip = begun()
    session = Session(
        MemoryObjects(maker.objects),
        Keyring.from_files(list(certificates("alice", "bob").items())),
        Introduction(ObjectId(start), Fingerprint(ALICE.fingerprint)),
        Options(stats=True),
        NoStore(),
    )
    assert session.report(ObjectId(tip)).verdict is Verdict.AUTHENTIC
    assert session.judge is not None
    assert session.judge._same
    for kind, (_, kept) in session.judge._same.items():
        assert tuple(map(id, kept)) == kind


def test_a_finding_with_a_line_is_that_of_its_own_commit() -> None:
    """The finding that it is made of may be gone, and another one be where it was."""
    judge = object.__new__(Judge)
    judge._with_line = {}
    for number in range(100):
        finding = Finding(Fingerprint("A" * 40), (), f"person {number}", False, (0,), line=False)
        assert judge._lined(finding) == replace(finding, line=True)
        assert judge._lined(finding) is judge._lined(finding)
        del finding
