"""The library agrees with the oracle, and obeys the laws that the rule promises."""

from dataclasses import replace

from hypothesis import event, given
from hypothesis import strategies as st

from nixauth.cache import MemoryStore
from nixauth.model import Report
from tests.property.abstract import Question
from tests.property.histories import CERTIFICATES, dates, questions
from tests.property.objects import build
from tests.property.oracle import answer
from tests.property.running import PROFILE, named, run


def agree(q: Question) -> None:
    built, expected = build(q.commits), answer(q)
    event(f"{expected.verdict} {expected.named[1] if expected.named else ''}")
    report = run(q, built)
    assert (report.verdict.value, named(report, built)) == (expected.verdict, expected.named)
    way = [(built.name(r.commit), r.reason.code) for r in report.refusals]
    assert sorted(way) == sorted(expected.way)
    if expected.verdict == "authentic":
        assert report.stats is not None
        assert report.stats.trusted == expected.count


@PROFILE
@given(questions(options=False))
def test_the_bare_rule(q: Question) -> None:
    agree(q)


@PROFILE
@given(questions())
def test_the_rule_with_options(q: Question) -> None:
    agree(q)


@st.composite
def earlier_runs(draw: st.DrawFn, q: Question) -> list[tuple[Question, bool]]:
    """Draw questions that the same store answered before, with stats or without."""
    names = sorted(q.commits)
    runs = []
    for _ in range(draw(st.integers(1, 4))):
        other = replace(q, target=draw(st.sampled_from(names)))
        if draw(st.integers(0, 3)) == 3:
            other = replace(other, after=draw(st.sampled_from(names)))
        if draw(st.integers(0, 7)) == 7:
            other = replace(other, every_commit=not q.every_commit)
        runs.append((other, draw(st.booleans())))
    return runs


def spoil(draw: st.DrawFn, store: MemoryStore) -> None:
    """Take rows from the store, and from others what they say of a line."""
    for rows in store.scopes.values():
        for commit in sorted(rows):
            match draw(st.integers(0, 5)):
                case 5:
                    del rows[commit]
                case 4:
                    rows[commit] = replace(rows[commit], line=False)


def but_verified(report: Report) -> Report:
    return replace(report, verified=0)


@PROFILE
@given(st.data())
def test_a_warm_store_in_any_state_gives_the_cold_report(data: st.DataObject) -> None:
    q = data.draw(questions())
    built, store = build(q.commits), MemoryStore()
    for earlier, stats in data.draw(earlier_runs(q)):
        run(earlier, built, store=store, stats=stats)
    spoil(data.draw, store)
    stats = data.draw(st.booleans())
    cold = but_verified(run(q, built, stats=stats))
    event(cold.verdict.value)
    assert but_verified(run(q, built, store=store, stats=stats)) == cold
    assert but_verified(run(q, built, store=store, stats=stats)) == cold


@PROFILE
@given(st.data())
def test_runs_with_fewer_keys_leave_nothing_behind_that_matters(data: st.DataObject) -> None:
    q = data.draw(questions())
    built, store = build(q.commits), MemoryStore()
    for earlier, stats in data.draw(earlier_runs(q)):
        fewer = data.draw(st.frozensets(st.sampled_from(CERTIFICATES))) & q.keyring
        run(replace(earlier, keyring=fewer), built, store=store, stats=stats)
    cold = but_verified(run(q, built))
    assert but_verified(run(q, built, store=store)) == cold


@PROFILE
@given(st.data())
def test_the_order_of_parents_does_not_change_the_verdict(data: st.DataObject) -> None:
    q = data.draw(questions())
    commits = {
        name: replace(commit, parents=tuple(data.draw(st.permutations(commit.parents))))
        for name, commit in q.commits.items()
    }
    first, second = run(q), run(replace(q, commits=commits))
    assert (first.verdict, first.stats) == (second.verdict, second.stats)


@PROFILE
@given(questions(), st.frozensets(st.sampled_from(CERTIFICATES)))
def test_fewer_keys_never_make_a_pass(q: Question, at_hand: frozenset[str]) -> None:
    built = build(q.commits)
    fewer = run(replace(q, keyring=q.keyring & at_hand), built)
    more = run(replace(q, keyring=q.keyring | at_hand), built)
    event(f"{fewer.verdict.value} {more.verdict.value}")
    assert (fewer.verdict.value, more.verdict.value) != ("authentic", "refused")


@PROFILE
@given(st.data())
def test_dates_never_matter(data: st.DataObject) -> None:
    q = data.draw(questions())
    built, shifted = build(q.commits), build(q.commits, data.draw(dates(q)))
    first, second = run(q, built), run(q, shifted)
    assert (first.verdict, named(first, built)) == (second.verdict, named(second, shifted))
    assert (first.stats, first.untrusted) == (second.stats, second.untrusted)
