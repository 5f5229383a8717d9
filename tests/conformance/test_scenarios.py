"""Every scenario, in memory, on a real repository and through the command line, cold and warm."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.conftest import OWN
from tests.support import runners, scenario
from tests.support.runners import Outcome
from tests.support.scenario import Scenario


def check(outcome: Outcome, wanted: Scenario, where: str, *, totals: bool = True) -> None:
    """Compare an answer with what the scenario expects."""
    expect = wanted.expect
    got = (outcome.verdict, outcome.first_commit, outcome.first_reason)
    message = f"{wanted.name} ({wanted.description.strip()}) {where}: {outcome}"
    assert outcome.verdict == expect.verdict, message
    if expect.verdict == "authentic":
        assert got[1:] == (None, None), message
    if expect.commit is not None:
        assert outcome.first_commit == expect.commit, message
    if expect.reason is not None:
        assert outcome.first_reason == expect.reason, message
    if expect.way is not None:
        assert dict(outcome.way) == dict(expect.way), message
    if totals and expect.trusted is not None:
        assert outcome.trusted == expect.trusted, message
    if expect.error is not None:
        assert outcome.error == expect.error, message


@pytest.mark.parametrize("way", runners.RUNNERS)
def test_scenario(scenario_file: Path, way: str, tmp_path: Path) -> None:
    wanted = scenario.load(scenario_file)
    runner = runners.RUNNERS[way](scenario.build(wanted), tmp_path)
    cold = runner.ask(wanted.question)
    check(cold, wanted, "cold")
    warm = runner.ask(wanted.question)
    check(warm, wanted, "warm")
    assert warm.report == cold.report


@pytest.mark.parametrize("way", ["memory", "repository"])
def test_scenario_without_totals(scenario_file: Path, way: str, tmp_path: Path) -> None:
    """Without totals a run may stop at what is known, and must answer the same."""
    wanted = scenario.load(scenario_file)
    runner = runners.RUNNERS[way](scenario.build(wanted), tmp_path)
    cold = runner.ask(wanted.question, stats=False)
    check(cold, wanted, "cold, without totals", totals=False)
    warm = runner.ask(wanted.question, stats=False)
    check(warm, wanted, "warm, without totals", totals=False)
    assert warm.report == cold.report
    check(runner.ask(wanted.question), wanted, "warm, now with totals")


@pytest.mark.parametrize("stats", [True, False], ids=["totals", "brief"])
@pytest.mark.parametrize("way", runners.RUNNERS)
def test_earlier_runs_change_nothing(
    run_scenario_file: Path, way: str, stats: bool, tmp_path: Path
) -> None:
    wanted = scenario.load(run_scenario_file)
    runner = runners.RUNNERS[way](scenario.build(wanted), tmp_path)
    cold = runner.ask(wanted.question, stats=stats)
    for runs in (wanted.runs, tuple(reversed(wanted.runs))):
        runner.forget()
        for run in runs:
            runner.ask(run, stats=stats)
        filled = runner.ask(wanted.question, stats=stats)
        check(filled, wanted, "after the earlier runs", totals=stats)
        assert filled.report == cold.report


@pytest.mark.parametrize("dates", ["decreasing", "equal", "scrambled"])
def test_dates_do_not_matter(
    scenario_file: Path, dates: scenario.DateOrder, tmp_path: Path
) -> None:
    wanted = scenario.load(scenario_file)
    runner = runners.InMemory(scenario.build(wanted, date_order=dates), tmp_path)
    for stats in (False, True):
        answer = runner.ask(wanted.question, stats=stats)
        check(answer, wanted, f"with {dates} dates", totals=stats)
        runner.forget()
        for run in wanted.runs:
            runner.ask(run, stats=stats)
        answer = runner.ask(wanted.question, stats=stats)
        check(answer, wanted, f"with {dates} dates, after the earlier runs", totals=stats)
        runner.forget()


@pytest.mark.parametrize(
    "name", ["key-removed-by-parent", "rotation-over-two-commits", "undecided-missing-commit"]
)
def test_in_a_process_of_its_own(name: str, tmp_path: Path) -> None:
    wanted = scenario.load(OWN / f"{name}.yaml")
    runner = runners.BySubprocess(scenario.build(wanted), tmp_path)
    check(runner.ask(wanted.question), wanted, "by subprocess")
    check(runner.ask(wanted.question), wanted, "by subprocess, warm")


def test_every_reason_has_a_scenario() -> None:
    expected = [scenario.load(file).expect for file in OWN.glob("*.yaml")]
    said = {e.reason for e in expected} | {r for e in expected for r in (e.way or {}).values()}
    assert set(scenario.REASONS) <= said


def test_a_description_for_each() -> None:
    described = [scenario.load(file).description for file in sorted(OWN.glob("*.yaml"))]
    assert len(set(described)) == len(described)
