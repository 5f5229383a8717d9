"""Deep, wide and braided histories: no recursion, every object read at most twice."""

from __future__ import annotations

from collections import Counter

from nixauth.authenticate import Options, authenticate
from nixauth.findings import MemoryStore
from nixauth.history.memory import MemoryObjects
from nixauth.keyring import Keyring
from nixauth.model import Fingerprint, Introduction, ObjectId, Report, Verdict
from tests.support import commits, openpgp
from tests.unit.cli.places import Maker, certificates, listing

DEPTH = 100_000
ALICE = openpgp.key("alice")


class Counting:
    """Objects that count how often each is read."""

    def __init__(self, objects: commits.Objects) -> None:
        self._objects = MemoryObjects(objects)
        self.reads: Counter[tuple[str, bytes]] = Counter()

    def commit(self, object_id: ObjectId) -> bytes:
        self.reads["commit", object_id] += 1
        return self._objects.commit(object_id)

    def tree(self, object_id: ObjectId) -> bytes:
        self.reads["tree", object_id] += 1
        return self._objects.tree(object_id)

    def blob(self, object_id: ObjectId) -> bytes:
        self.reads["blob", object_id] += 1
        return self._objects.blob(object_id)

    def shallow(self) -> frozenset[ObjectId]:
        return frozenset()

    def most(self, kind: str, leave_out: tuple[bytes, ...] = ()) -> int:
        reads = self.reads.items()
        return max((n for (what, o), n in reads if what == kind and o not in leave_out), default=0)


def ask(
    objects: Counting | MemoryObjects,
    start: bytes,
    target: bytes,
    options: Options | None = None,
    store: MemoryStore | None = None,
) -> Report:
    return authenticate(
        objects,
        Keyring.from_files(list(certificates("alice", "bob").items())),
        Introduction(ObjectId(start), Fingerprint(ALICE.fingerprint)),
        ObjectId(target),
        options,
        store=store,
    )


def line(maker: Maker, start: bytes, length: int, *, header: bytes = b"") -> bytes:
    """Add a line of cheap commits with one tree; `header` makes them look signed."""
    tree = maker.objects[start][1][5:45]
    tip = start
    for _ in range(length):
        maker.date += 1
        date = b"%d" % maker.date
        content = (
            b"tree " + tree + b"\nparent " + tip.hex().encode() + b"\nauthor A <a> " + date
            + b" +0000\ncommitter A <a> " + date + b" +0000\n" + header + b"\nx\n"
        )  # fmt: skip
        tip = commits.add(maker.objects, "commit", content)
    return tip


def test_an_unsigned_line_of_100_000_commits_is_refused() -> None:
    maker = Maker()
    start = maker.commit()
    tip = line(maker, start, DEPTH)
    report = ask(MemoryObjects(maker.objects), start, tip)
    assert report.verdict is Verdict.REFUSED
    assert len(report.refusals) == DEPTH
    assert report.refusals[0].reason.code == "unsigned"
    assert report.refusals[1].reason.code == "no-trusted-parent"


def test_a_line_of_garbage_signatures_is_refused_and_read_once_or_twice() -> None:
    maker = Maker()
    start = maker.commit()
    tip = line(maker, start, 20_000, header=b"gpgsig garbage\n")
    objects = Counting(maker.objects)
    report = ask(objects, start, tip, Options(stats=True))
    assert report.verdict is Verdict.REFUSED
    assert report.refusals[0].reason.code == "malformed-signature"
    assert objects.most("commit", (start, tip)) <= 2


def test_a_long_unsigned_side_branch_under_a_signed_merge() -> None:
    maker = Maker()
    start = maker.commit(history="trusted-path")
    side = line(maker, start, 20_000)
    merge = maker.commit(start, side, history="trusted-path")
    objects = Counting(maker.objects)
    report = ask(objects, start, merge, Options(stats=True))
    assert report.verdict is Verdict.AUTHENTIC
    assert report.stats is not None
    assert report.stats.trusted == 1
    assert objects.most("commit", (start, merge)) <= 2
    brief = Counting(maker.objects)
    assert ask(brief, start, merge).verdict is Verdict.AUTHENTIC
    assert len(brief.reads) < 20, "nothing behind the unsigned tip is looked at"


def test_a_deep_line_behind_the_introduction() -> None:
    """The introduction's ancestors are walked without recursion, too."""
    maker = Maker()
    root = maker.commit()
    old = line(maker, root, 30_000)
    start = maker.commit(old)
    stray = maker.commit(root, signer=None)
    tip = maker.commit(start, stray)
    report = ask(MemoryObjects(maker.objects), start, tip)
    assert report.verdict is Verdict.REFUSED
    assert report.refusals[0].reason.code == "unsigned"


def fan(maker: Maker, start: bytes, levels: int, history: str) -> bytes:
    """Let two commits fork and rejoin crosswise, so that there are 2 ** levels ways down."""
    left = right = start
    for number in range(levels):
        signer = "alice" if number % 2 else "bob"
        left, right = (
            maker.commit(left, right, signer=signer, history=history, message=b"left\n"),
            maker.commit(right, left, signer=signer, history=history, message=b"right\n"),
        )
    return maker.commit(left, right, history=history)


def check_reads(maker: Maker, start: bytes, tip: bytes, options: Options) -> None:
    store = MemoryStore()
    objects = Counting(maker.objects)
    report = ask(objects, start, tip, options, store)
    assert report.verdict is Verdict.AUTHENTIC, report.refusals[:1]
    ends = (start, tip)
    trees = tuple(bytes.fromhex(maker.objects[end][1][5:45].decode()) for end in ends)
    assert objects.most("commit", ends) <= 2
    assert objects.most("tree", trees) <= 2
    assert objects.most("commit") <= 4
    assert objects.most("tree") <= 4
    assert objects.most("blob") <= 2
    warm = Counting(maker.objects)
    again = ask(warm, start, tip, options, store)
    assert again.verified == 0
    assert warm.most("commit", ends) <= 2


def test_a_fan_of_twenty_merges_reads_each_object_at_most_twice() -> None:
    for history in ("every-commit", "trusted-path"):
        for stats in (False, True):
            maker = Maker()
            start = maker.commit(history=history)
            tip = fan(maker, start, 20, history)
            check_reads(maker, start, tip, Options(stats=stats))


def test_a_fan_under_historical_authorizations() -> None:
    """Whether a parent has a file of its own is looked up once for each parent."""
    maker = Maker()
    files = {"a": ("100644", commits.add(maker.objects, "blob", b"a"))}

    def bare(*parents: bytes, message: bytes = b"x\n") -> bytes:
        maker.date += 1
        raw = commits.commit_content(
            commits.add_tree(maker.objects, files), parents, message=message, date=maker.date
        )
        return commits.add(maker.objects, "commit", commits.signed_by(raw, ALICE.sign))

    start = bare()
    parents = [bare(start, message=b"%d\n" % number) for number in range(40)]
    for _ in range(3):
        parents = [bare(*parents, message=b"%d\n" % number) for number in range(40)]
    tip = bare(*parents)
    options = Options(historical=listing({"alice": ["alice"]}), stats=True)
    objects = Counting(maker.objects)
    report = ask(objects, start, tip, options)
    assert report.verdict is Verdict.AUTHENTIC
    assert objects.most("commit", (start, tip)) <= 3


def test_a_commit_with_500_parents() -> None:
    maker = Maker()
    start = maker.commit(history="trusted-path")
    sides = [maker.commit(start, history="trusted-path") for _ in range(500)]
    tip = maker.commit(*sides, history="trusted-path")
    objects = Counting(maker.objects)
    report = ask(objects, start, tip, Options(stats=True))
    assert report.stats is not None
    assert report.stats.trusted == 501
    assert objects.most("commit", (start, tip)) <= 2


def test_the_same_parent_500_times() -> None:
    maker = Maker()
    start = maker.commit()
    one = maker.commit(start)
    tip = maker.commit(*[one] * 500)
    assert ask(MemoryObjects(maker.objects), start, tip).verdict is Verdict.AUTHENTIC
