"""A refusal at the far end of a long history is told without holding it all twice."""

from __future__ import annotations

import copy
import gc
import html
import json
import pickle
import sys
import tracemalloc
import weakref
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest

from nixauth import naming
from nixauth.authenticate import Session
from nixauth.cli import common, machine
from nixauth.cli.options import OutputFormat
from nixauth.findings import NoStore
from nixauth.history.memory import MemoryObjects
from nixauth.keyring import Keyring
from nixauth.merging.values import Kind, MergeReport, NewCommit, Outlook, State
from nixauth.model import (
    AuthorizationsMalformed,
    Fingerprint,
    HistoryMode,
    Introduction,
    NotDescendant,
    NoTrustedParent,
    ObjectId,
    Problem,
    Refusal,
    Report,
    Unsigned,
    UntrustedParent,
    Verdict,
)
from nixauth.options import Options
from nixauth.reports import json as json_report
from nixauth.reports import merge_text
from nixauth.reports import text as text_report
from tests.support import openpgp
from tests.unit.cli.places import Maker, certificates
from tests.unit.test_large_histories import line

ALICE = openpgp.key("alice")
LENGTH = 2_500


def refused(length: int, history: str | None = None) -> tuple[Report, list[bytes]]:
    """Ask about a line of unsigned commits; return the answer, and the commits in their order."""
    maker = Maker()
    start = maker.commit(history=history)
    before = len(maker.objects)
    tip = line(maker, start, length)
    made = [name for name, (kind, _) in [*maker.objects.items()][before:] if kind == "commit"]
    session = Session(
        MemoryObjects(maker.objects),
        Keyring.from_files(list(certificates("alice").items())),
        Introduction(ObjectId(start), Fingerprint(ALICE.fingerprint)),
        Options(),
        NoStore(),
    )
    return session.report(ObjectId(tip)), made


REPORT, MADE = refused(LENGTH)
LISTED = [
    Refusal(ObjectId(commit), NoTrustedParent(1) if position else Unsigned())
    for position, commit in enumerate(MADE)
]


def both_kinds() -> tuple[Session, ObjectId, list[Refusal]]:
    """Return a question about a way on which parents are not trusted for either reason."""
    maker = Maker()
    start = maker.commit()
    good = maker.commit(start)
    bad = maker.commit(start, signer=None)
    merge = maker.commit(good, bad)
    child = maker.commit(merge)
    again = maker.commit(good, child)
    octopus = maker.commit(again, child, bad)
    tip = maker.commit(octopus)
    session = Session(
        MemoryObjects(maker.objects),
        Keyring.from_files(list(certificates("alice").items())),
        Introduction(ObjectId(start), Fingerprint(ALICE.fingerprint)),
        Options(),
        NoStore(),
    )
    way = [
        Refusal(ObjectId(bad), Unsigned()),
        Refusal(ObjectId(merge), UntrustedParent(ObjectId(bad))),
        Refusal(ObjectId(child), NoTrustedParent(1)),
        Refusal(ObjectId(again), UntrustedParent(ObjectId(child))),
        Refusal(ObjectId(octopus), NoTrustedParent(3)),
        Refusal(ObjectId(tip), NoTrustedParent(1)),
    ]
    return session, ObjectId(tip), way


def test_each_has_its_own_reason() -> None:
    session, tip, way = both_kinds()
    report = session.report(tip)
    assert list(report.refusals) == way
    assert [*report.refusals][::-2] == report.refusals[::-2] == way[::-2]
    assert report.untrusted == {}


def test_a_report_can_be_kept_without_what_it_was_made_of() -> None:
    session, tip, way = both_kinds()
    report = session.report(tip)
    made_of = [weakref.ref(session.walk), weakref.ref(session.judge)]
    del session
    gc.collect()
    assert [reference() for reference in made_of] == [None, None]
    assert report.refusals == way


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda report: pickle.loads(pickle.dumps(report))]
)
def test_a_report_can_be_copied_and_sent(again: Callable[[Report], Report]) -> None:
    session, tip, way = both_kinds()
    for report in (REPORT, session.report(tip)):
        other = again(report)
        assert other == report
        assert type(other.refusals) is type(report.refusals)
        assert "".join(json_report.render(other)) == "".join(json_report.render(report))
    undecided = session.report(ObjectId(bytes(20)))
    assert undecided.verdict is Verdict.UNDECIDED
    other = again(undecided)
    assert "".join(json_report.render(other)) == "".join(json_report.render(undecided))
    assert list(again(session.report(tip)).refusals) == way


def test_of_each_refusal_little_is_held() -> None:
    assert len(pickle.dumps(REPORT)) < 25 * LENGTH + 2_000


# --- that nothing is named does not mean that nothing is wrong ---


def test_no_refusals_are_no_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    session, tip, _ = both_kinds()
    monkeypatch.setattr(sys.modules[Session.__module__], "way_to_the_break", lambda *_: [])
    with pytest.raises(ValueError, match="for no reason"):
        session.report(tip)


def test_what_is_not_refused_has_no_way() -> None:
    session, tip, _ = both_kinds()
    session.report(tip)
    assert session.walk is not None
    assert session.judge is not None
    session.walk.nodes[tip].reason = None
    with pytest.raises(ValueError, match="not refused"):
        naming.way_to_the_break(session.walk, session.judge, tip)
    with pytest.raises(ValueError, match="a way has commits"):
        naming.Way(Unsigned(), bytearray(), array("I"))


def test_the_way_is_a_sequence() -> None:
    way = REPORT.refusals
    assert REPORT.verdict is Verdict.REFUSED
    assert len(way) == LENGTH
    assert way[0] == LISTED[0]
    assert way[-1] == LISTED[-1]
    assert list(way[3:6]) == LISTED[3:6]
    assert way[3:6] == LISTED[3:6]
    assert way == LISTED
    assert way != LISTED[:-1]
    assert way != [*LISTED[:-1], LISTED[0]]
    assert next(reversed(way)) == LISTED[-1]
    with pytest.raises(IndexError):
        way[LENGTH]


@pytest.mark.parametrize("count", [0, 1, 2, 999, 1000, 1001, LENGTH])
def test_the_pieces_are_the_document(count: int) -> None:
    report = Report(
        Verdict.REFUSED,
        REPORT.target,
        REPORT.introduction,
        path='odd\n  "refusals": []\x1b',
        refusals=LISTED[:count],
        untrusted={"unsigned": 3},
    )
    whole = json.dumps(json_report.document(report), indent=2, ensure_ascii=True) + "\n"
    pieces = list(json_report.render(report))
    assert "".join(pieces) == whole
    assert len(json.loads(whole)["refusals"]) == count
    assert max(map(len, pieces)) < 200_000


def test_a_reason_with_everything_in_it() -> None:
    problem = AuthorizationsMalformed('a\n\u202e"\\', Problem(3, 4, "\x1b[31m\u00e9"))
    parent = UntrustedParent(ObjectId(bytes(range(20))))
    descends = NotDescendant(ObjectId(bytes(20)), descends_in_git=True, step_forward=False)
    refusals = [Refusal(REPORT.target, reason) for reason in (problem, parent, descends)]
    report = Report(Verdict.REFUSED, REPORT.target, REPORT.introduction, refusals=refusals)
    whole = json.dumps(json_report.document(report), indent=2, ensure_ascii=True) + "\n"
    assert "".join(json_report.render(report)) == whole


def test_no_garbage_is_left_for_a_collector() -> None:
    """It looks rarely when there is much that stays."""
    gc.collect()
    gc.disable()
    try:
        assert sum(map(len, json_report.render(REPORT))) > 100_000
        assert gc.collect() < 1_000
    finally:
        gc.enable()


def test_what_is_not_in_the_way_is_counted() -> None:
    assert REPORT.untrusted == {}
    maker = Maker()
    start = maker.commit(history="trusted-path")
    side = line(maker, start, 7)
    tip = maker.commit(side, line(maker, start, 5), signer=None, history="trusted-path")
    session = Session(
        MemoryObjects(maker.objects),
        Keyring.from_files(list(certificates("alice").items())),
        Introduction(ObjectId(start), Fingerprint(ALICE.fingerprint)),
        Options(),
        NoStore(),
    )
    report = session.report(ObjectId(tip))
    assert len(report.refusals) == 8
    assert report.untrusted == {"no-trusted-parent": 4, "unsigned": 1}


MANY = 40_000


@pytest.fixture(scope="module")
def many() -> Report:
    report, _ = refused(MANY)
    return report


@pytest.fixture(scope="module")
def merge(many: Report) -> MergeReport:
    """BASE would be moved on to a tip that is refused with all that is behind it."""
    base = Report(Verdict.AUTHENTIC, many.introduction.commit, many.introduction)
    return MergeReport(
        Outlook.REFUSED,
        base.target,
        many.target,
        many.introduction,
        base,
        kind=Kind.FAST_FORWARD,
        mode=HistoryMode.TRUSTED_PATH,
        new=[NewCommit(one.commit, State.NOT_TRUSTED, one.reason) for one in many.refusals],
        fast_forward=many,
        obstacles=many.refusals,
    )


class Sink:
    """A standard output that counts."""

    written = 0

    def write(self, text: str) -> None:
        self.written += len(text)

    def flush(self) -> None:
        pass


def most_memory(monkeypatch: pytest.MonkeyPatch, tell: Callable[[], None]) -> tuple[int, int]:
    """Return how much was written, and the most memory that it took."""
    sink = Sink()
    monkeypatch.setattr(common.sys, "stdout", sink)
    tracemalloc.start()
    try:
        tell()
        return sink.written, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


BACKGROUND = text_report.Background(lambda _: None, lambda _: "", verbose=True)


@pytest.mark.parametrize("form", ["json", "text", "github", "sarif"])
def test_telling_it_takes_little_memory(
    form: str, many: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    def tell() -> None:
        if form == "text":
            common.emit(text_report.render(many, BACKGROUND))
        elif form == "json":
            common.emit(json_report.render(many))
        else:
            machine.emit_report(OutputFormat(form), many)

    written, most = most_memory(monkeypatch, tell)
    assert most < 3_000_000
    assert (written > 1_000_000) is (form != "github")
    if form == "github":
        assert written < 10_000
        assert f"{MANY - 49:,} more errors" in html.unescape(summary.read_text("utf-8"))


@pytest.mark.parametrize("form", ["json", "text", "github", "sarif"])
def test_a_merge_is_told_in_little_memory(
    form: str, merge: MergeReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tell() -> None:
        if form == "text":
            common.emit(merge_text.render(merge, BACKGROUND))
        else:
            machine.emit_merge(OutputFormat(form), merge)

    # Where there may be more than one remark on a commit, the commits are remembered.
    _, most = most_memory(monkeypatch, tell)
    assert most < (8_000_000 if form in {"github", "sarif"} else 3_000_000)


def test_a_reader_that_goes_away_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        written = 0

        def write(self, text: str) -> None:
            self.written += len(text)
            if self.written > 100_000:
                raise BrokenPipeError

        def flush(self) -> None:
            raise BrokenPipeError

        def fileno(self) -> int:
            raise OSError

    monkeypatch.setattr(common.sys, "stdout", Gone())
    common.emit(json_report.render(REPORT))


def test_equal_reasons_are_one() -> None:
    reasons = {id(refusal.reason) for refusal in REPORT.refusals}
    assert len(reasons) == 2
