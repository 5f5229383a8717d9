"""Shapes that hurt: what is read and checked stays linear. Counted, not timed.

The engine takes every signature for good and counts how often it is asked, so that a hundred
thousand commits cost nobody their mathematics; what it is asked about is well formed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import pytest

from nixauth.authenticate import Options, Session
from nixauth.engines import Check, Outcome
from nixauth.findings import MemoryStore
from nixauth.keyring import Keyring
from nixauth.model import Fingerprint, Introduction, ObjectId, Report, Verdict
from nixauth.signatures.reader import Signature
from tests.support import commits, openpgp
from tests.unit.cli.places import certificates, listing
from tests.unit.test_large_histories import Counting

ALICE = openpgp.key("alice")


class Agreeable:
    """An engine to which every signature is good; `asked` counts its questions, by payload."""

    name, batch, keeps_payloads = "agreeable", 128, True

    def __init__(self) -> None:
        self.asked: Counter[bytes] = Counter()

    def prepare(self, signature: Signature, payload: bytes) -> bytes:
        return commits.object_id("commit", payload)

    def verify(self, checks: Sequence[Check]) -> Sequence[Outcome]:
        self.asked.update(check.material for check in checks)
        return [True] * len(checks)

    def close(self) -> None:
        pass


class Quick:
    """Makes commits with a signature that somebody once made over something else."""

    def __init__(self) -> None:
        self.objects: commits.Objects = {}
        self._date = commits.EPOCH
        self._blocks: dict[str, bytes] = {}

    def tree(self, file: bytes) -> bytes:
        """Add a root tree with these authorizations."""
        blob = commits.add(self.objects, "blob", file)
        return commits.add_tree(self.objects, {".authorizations": ("100644", blob)})

    def commit(
        self,
        tree: bytes,
        *parents: bytes,
        signer: str | None = "alice",
        message: bytes = b"x\n",
    ) -> bytes:
        self._date += 60
        people = b"A <a@example.org> %d +0000" % self._date
        head = b"tree %b\n" % tree.hex().encode()
        head += b"".join(b"parent %b\n" % parent.hex().encode() for parent in parents)
        head += b"author %b\ncommitter %b\n" % (people, people)
        if signer is not None:
            head += self._block(signer)
        return commits.add(self.objects, "commit", head + b"\n" + message)

    def _block(self, signer: str) -> bytes:
        if signer not in self._blocks:
            plain = commits.commit_content(bytes(20))
            signed = commits.signed_by(plain, openpgp.key(signer).sign)
            start = signed.index(b"gpgsig ")
            self._blocks[signer] = signed[start : signed.index(b"\n\n", start) + 1]
        return self._blocks[signer]


class Run:
    """One question, and what answering it took."""

    def __init__(
        self,
        made: Quick,
        start: bytes,
        tip: bytes,
        keys: Iterable[str] = ("alice",),
        options: Options | None = None,
        store: MemoryStore | None = None,
    ) -> None:
        self.objects = Counting(made.objects)
        self.engine = Agreeable()
        session = Session(
            self.objects,
            Keyring.from_files(list(certificates(*keys).items())),
            Introduction(ObjectId(start), Fingerprint(ALICE.fingerprint)),
            options or Options(),
            store or MemoryStore(),
            engine=self.engine,
        )
        self.report: Report = session.report(ObjectId(tip))


LIST = listing({"alice": ["alice"]})
PATH = listing({"alice": ["alice"]}, "trusted-path")


def test_a_hundred_thousand_signed_commits_in_one_line() -> None:
    made = Quick()
    tree = made.tree(LIST)
    start = tip = made.commit(tree)
    for _ in range(100_000):
        tip = made.commit(tree, tip)
    store = MemoryStore()
    run = Run(made, start, tip, store=store)
    assert run.report.verdict is Verdict.AUTHENTIC
    assert run.report.verified == 100_000
    assert run.engine.asked.total() == 100_001
    assert run.objects.most("commit", (start, tip)) <= 2
    tip = made.commit(tree, tip)
    more = Run(made, start, tip, store=store)
    assert more.report.verified == 1
    assert more.engine.asked.total() == 1
    assert more.objects.reads.total() < 20, "nothing is proportional to the whole history"
    nothing = Run(made, start, tip, store=store)
    assert nothing.report.verified == 0
    assert nothing.objects.reads.total() < 20


@pytest.mark.parametrize("file", [LIST, PATH], ids=["every-commit", "trusted-path"])
def test_twenty_thousand_merges_that_each_rejoin_two_lines(file: bytes) -> None:
    made = Quick()
    trees = [made.tree(file + b"# %d\n" % number) for number in range(2)]
    start = one = other = made.commit(trees[0])
    for number in range(10_000):
        one, other = (
            made.commit(trees[number % 2], one, other, message=b"one\n"),
            made.commit(trees[number % 2], other, one, message=b"other\n"),
        )
    tip = made.commit(trees[0], one, other)
    run = Run(made, start, tip)
    assert run.report.verdict is Verdict.AUTHENTIC
    assert run.report.verified == 20_001
    assert run.engine.asked.total() == 20_002
    assert run.objects.most("commit", (start, tip)) <= 2


@pytest.mark.parametrize("file", [LIST, PATH], ids=["every-commit", "trusted-path"])
def test_an_octopus_of_five_hundred(file: bytes) -> None:
    made = Quick()
    tree = made.tree(file)
    start = made.commit(tree)
    tip = start
    for number in range(5):
        arms = [made.commit(tree, tip, message=b"%d %d\n" % (number, n)) for n in range(500)]
        tip = made.commit(tree, *arms)
    run = Run(made, start, tip, options=Options(stats=True))
    assert run.report.verdict is Verdict.AUTHENTIC
    assert run.report.verified == 5 * 501
    assert run.engine.asked.total() == 5 * 501 + 1
    assert run.objects.most("commit", (start, tip)) <= 2


def test_commits_of_a_hundred_kilobytes() -> None:
    """More than are kept until their turn, so most are read twice: to find, and to judge."""
    made = Quick()
    tree = made.tree(LIST)
    start = tip = made.commit(tree)
    for number in range(600):
        tip = made.commit(tree, tip, message=b"%d\n" % number + b"a line of text\n" * 7_000)
    run = Run(made, start, tip)
    assert run.report.verdict is Verdict.AUTHENTIC
    assert run.objects.most("commit", (start, tip)) <= 2
    assert run.engine.asked.total() == 601


def test_five_thousand_changes_of_the_authorizations() -> None:
    made = Quick()
    start = tip = made.commit(made.tree(LIST))
    for number in range(5_000):
        tip = made.commit(made.tree(LIST + b"# %d\n" % number), tip)
    run = Run(made, start, tip)
    assert run.report.verdict is Verdict.AUTHENTIC
    assert run.report.verified == 5_000
    blobs = [number for (kind, _), number in run.objects.reads.items() if kind == "blob"]
    assert len(blobs) == 5_001
    assert max(blobs) <= 2, "each file is parsed once"
    assert run.engine.asked.total() == 5_001


def test_ten_thousand_keys() -> None:
    names = [f"person-{number}" for number in range(3_333)]
    keys = [f"{name}-{n}" for name in names for n in range(3)]
    file = listing(
        {"alice": ["alice"], **{name: [f"{name}-{n}" for n in range(3)] for name in names}}
    )
    made = Quick()
    tree = made.tree(file)
    start = tip = made.commit(tree)
    for number in range(500):
        tip = made.commit(tree, tip, signer=keys[number * 19])
    run = Run(made, start, tip, keys=["alice", *keys])
    assert run.report.verdict is Verdict.AUTHENTIC
    assert run.report.verified == 500
    assert run.engine.asked.total() == 501


def test_cheap_refusals_come_first() -> None:
    """Under trusted-path no mathematics for keys that nobody lists, nothing behind the unsigned."""
    made = Quick()
    tree = made.tree(PATH)
    start = tip = made.commit(tree)
    for number in range(50):
        stray = tip
        for _ in range(20):
            stray = made.commit(tree, stray, signer="mallory")
        loose = tip
        for _ in range(20):
            loose = made.commit(tree, loose, signer=None, message=b"%d\n" % number)
        tip = made.commit(tree, tip, stray, loose)
    run = Run(made, start, tip, keys=["alice", "mallory"])
    assert run.report.verdict is Verdict.AUTHENTIC
    assert run.report.verified == 50
    assert run.engine.asked.total() == 51
    seen = [key for key in run.objects.reads if key[0] == "commit"]
    assert len(seen) == 1 + 50 * 22, "of each unsigned line only the tip is looked at"
