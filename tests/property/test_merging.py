"""What is said of a merge before it is made is what the library says of it afterwards."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import event, given
from hypothesis import strategies as st

from nixauth.authenticate import Session
from nixauth.findings import MemoryStore, NoStore
from nixauth.history.memory import MemoryObjects
from nixauth.keyring import Keyring
from nixauth.merging.ancestry import parting
from nixauth.merging.check import check_merge
from nixauth.merging.values import Kind, Limit, MergeReport, Origin, Outlook, State
from nixauth.model import Fingerprint, Introduction, ObjectId
from nixauth.options import Options
from tests.property.abstract import Commit, File, Person, Question
from tests.property.histories import KEYS, dates, questions
from tests.property.objects import PATH, Built, build, content, keyring_files, pair
from tests.property.oracle import answer
from tests.property.running import PROFILE, run

OUTLOOKS = {"authentic": Outlook.ACCEPTED, "refused": Outlook.REFUSED}


def ask(
    q: Question,
    built: Built,
    base: str,
    head: str,
    *,
    store: MemoryStore | None = None,
    merge_commit: bool = False,
) -> MergeReport:
    signer = Fingerprint(pair(q.introduction_signer).fingerprint)
    session = Session(
        MemoryObjects(built.objects),
        Keyring.from_files(keyring_files(q)),
        Introduction(ObjectId(built.ids[q.introduction]), signer),
        Options(
            authorizations_path=PATH if q.path_given else None,
            historical=content(q.historical) if q.historical else None,
            historical_sha1=q.historical_sha1,
            require_every_commit=q.every_commit,
        ),
        store or NoStore(),
    )
    return check_merge(
        session, ObjectId(built.ids[base]), ObjectId(built.ids[head]), merge_commit=merge_commit
    )


def history(q: Question, name: str) -> set[str]:
    found: set[str] = set()
    todo = [name]
    while todo:
        commit = todo.pop()
        if commit not in found:
            found.add(commit)
            todo += q.commits[commit].parents
    return found


def accepted_by(q: Question, base: str, head: str, file: object) -> set[str]:
    """Return the fingerprints of the keys with which a merge, once made, is a step forward."""
    found = set()
    for key in KEYS:
        merge = Commit((base, head), key, "good", file)
        commits = {**q.commits, "merge": merge}
        asked = replace(q, commits=commits, target="merge", after=base)
        if run(asked, build(commits), stats=False).verdict.value == "authentic":
            found.add(pair(key).fingerprint)
    return found


@st.composite
def sides(draw: st.DrawFn) -> tuple[Question, str, str]:
    """Draw a history and two commits of it; the first is authentic more often than not."""
    q = replace(draw(questions(largest=12)), after=None)
    names = sorted(q.commits)
    line = sorted(answer(replace(q, target=names[-1])).line) or names
    base = draw(st.sampled_from(line if draw(st.integers(0, 9)) else names))
    beside = [name for name in names if name not in history(q, base)] or names
    return q, base, draw(st.sampled_from(beside if draw(st.integers(0, 9)) else names))


@PROFILE
@given(sides(), st.booleans())
def test_who_may_sign(asked: tuple[Question, str, str], warm: bool) -> None:
    q, base, head = asked
    built = build(q.commits)
    store = MemoryStore() if warm else None
    if store is not None:
        for name in (head, max(q.commits)):
            run(replace(q, target=name), built, store=store)
    found = ask(q, built, base, head, store=store, merge_commit=True)
    verdict = answer(replace(q, target=base)).verdict
    if verdict != "authentic":
        assert found.outlook is Outlook.REFUSED
        assert not found.candidates
        return
    event(f"{found.outlook} {found.kind} {found.effect.origin}")
    if found.kind is Kind.UP_TO_DATE:
        assert head in history(q, base)
        assert found.outlook is Outlook.ACCEPTED
        return
    at_hand = {
        Origin.UNCHANGED: q.commits[base].file,
        Origin.BASE: q.commits[base].file,
        Origin.HEAD: q.commits[head].file,
        Origin.BOTH: File("trusted-path", (Person("somebody", ("dave",)),), "another"),
    }
    accepted = accepted_by(q, base, head, at_hand[found.effect.origin])
    said = [one for one in found.candidates if one.may_sign and one.limit is Limit.NONE]
    assert {key for one in said for key in one.keys} == accepted
    if found.effect.origin is not Origin.BOTH:
        assert all(one.limit is Limit.NONE for one in found.candidates)
        persons = any(not one.service for one in said)
        assert found.outlook is (Outlook.ACCEPTED if persons else Outlook.REFUSED)
        return
    kept = {
        Limit.KEEPS_BASE: accepted_by(q, base, head, q.commits[base].file),
        Limit.KEEPS_HEAD: accepted_by(q, base, head, q.commits[head].file),
    }
    for one in found.candidates:
        if one.may_sign and one.limit is not Limit.NONE:
            assert set(one.keys) <= kept[one.limit]
        if not one.may_sign:
            assert one.reason is not None


@PROFILE
@given(sides())
def test_fast_forward(asked: tuple[Question, str, str]) -> None:
    q, base, head = asked
    found = ask(q, build(q.commits), base, head)
    if answer(replace(q, target=base)).verdict != "authentic":
        return
    if base in history(q, head) and base != head:
        assert found.kind is Kind.FAST_FORWARD
        moved = answer(replace(q, target=head, after=base)).verdict
        event(moved)
        assert found.outlook is OUTLOOKS[moved]
    else:
        assert found.kind is not Kind.FAST_FORWARD


@PROFILE
@given(sides(), st.booleans())
def test_new_commits(asked: tuple[Question, str, str], warm: bool) -> None:
    q, base, head = asked
    built = build(q.commits)
    store = MemoryStore()
    if warm:
        run(replace(q, target=head), built, store=store)
    found = ask(q, built, base, head, store=store)
    if answer(replace(q, target=base)).verdict != "authentic":
        return
    new = history(q, head) - history(q, base)
    assert {built.name(one.commit) for one in found.new} == new
    expected = answer(replace(q, target=head))
    for one in found.new:
        name = built.name(one.commit)
        assert one.error is None
        assert (one.state is State.AUTHENTIC) == (name in expected.line)
        assert (one.state is State.NOT_TRUSTED) == (name not in expected.trusted)
        assert (one.reason is None) == (name in expected.trusted)


@PROFILE
@given(questions(options=False).flatmap(lambda q: st.tuples(st.just(q), dates(q))), st.data())
def test_where_two_commits_parted(
    drawn: tuple[Question, dict[str, int]], data: st.DataObject
) -> None:
    q, when = drawn
    built = build(q.commits, when)
    names = sorted(q.commits)
    base, head = data.draw(st.sampled_from(names)), data.draw(st.sampled_from(names))
    found = parting(
        MemoryObjects(built.objects), ObjectId(built.ids[base]), ObjectId(built.ids[head])
    )
    ours, theirs = history(q, base), history(q, head)
    assert {built.name(c) for c in found.new} == theirs - ours
    common = ours & theirs
    best = {c for c in common if not any(c in history(q, d) for d in common if d != c)}
    assert {built.name(c) for c in found.merge_bases} == best
