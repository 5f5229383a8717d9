"""Take out each check in turn, and show which scenario or vector then fails.

python -m tests.mutants              all; exit code 1 and a list where some survive
python -m tests.mutants --list
python -m tests.mutants --only 3b 3f          those whose names hold one of the texts
python -m tests.mutants --record              note what noticed each, to be asked first
python -m tests.mutants --matrix FILE         all scenarios that notice each, as JSON
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from tests.mutants import checks
from tests.mutants.running import Outcome, Workshop
from tests.mutants.table import SCENARIOS, Mutant

HINTS = Path(__file__).with_name("killers.json")


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _options(arguments)
    mutants = _chosen(options.only)
    if options.matrix:
        mutants = [mutant for mutant in mutants if SCENARIOS in mutant.by]
    if options.list:
        for mutant in mutants:
            print(f"{mutant.name}  [{', '.join(edit.file for edit in mutant.edits)}]")
        print(f"{len(mutants)} mutants")
        return 0
    if not mutants:
        print("no mutant of that name", file=sys.stderr)
        return 2
    begun = time.monotonic()
    hints = json.loads(HINTS.read_text()) if HINTS.exists() else {}
    with Workshop(hints, every=bool(options.matrix)) as workshop:
        for mutant in mutants:
            mutant.changed(workshop.package)  # all of the table fits before anything is run
        workshop.warm_up(mutants)
        outcomes = []
        for outcome in workshop.run(mutants, options.jobs):
            outcomes.append(outcome)
            _show(outcome)
            if options.record:
                _record(hints, outcome)
        failing = workshop.failing_anyway([name for o in outcomes for name in o.killers[:1]])
    if failing:
        print("These fail on the package as it is, and so show nothing:", *failing, sep="\n  ")
        return 1
    if options.matrix:
        options.matrix.write_text(json.dumps({o.mutant: o.killers for o in outcomes}, indent=1))
    return _sum_up(outcomes, time.monotonic() - begun)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--list", action="store_true", help="name the mutants and stop")
    parser.add_argument("--only", nargs="+", metavar="NAME", default=[])
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    parser.add_argument("--record", action="store_true", help=f"write {HINTS.name}")
    parser.add_argument("--matrix", type=Path, metavar="FILE")
    return parser.parse_args(arguments)


def _chosen(only: list[str]) -> list[Mutant]:
    return [m for m in checks.MUTANTS if not only or any(text in m.name for text in only)]


def _show(outcome: Outcome) -> None:
    if outcome.broken:
        said = f"BROKEN: {outcome.broken}"
    elif not outcome.killers:
        said = "SURVIVES"
    else:
        more = f" and {len(outcome.killers) - 1} more" if len(outcome.killers) > 1 else ""
        said = f"{outcome.killers[0]}{more} ({outcome.how[:100]})"
    print(f"{outcome.seconds:5.1f} s  {outcome.mutant}: {said}", flush=True)


def _record(hints: dict[str, list[str]], outcome: Outcome) -> None:
    known = {mutant.name for mutant in checks.MUTANTS}
    if outcome.killers:
        hints[outcome.mutant] = list(outcome.killers[:1])
    kept = {name: tests for name, tests in sorted(hints.items()) if name in known}
    HINTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


def _sum_up(outcomes: list[Outcome], seconds: float) -> int:
    survivors = [o for o in outcomes if not o.killers and not o.broken]
    broken = [o for o in outcomes if o.broken]
    caught = len(outcomes) - len(survivors) - len(broken)
    print(f"\n{len(outcomes)} mutants, {caught} caught, in {seconds:.0f} s")
    for kind, some in (("survive", survivors), ("could not be tried", broken)):
        if some:
            print(f"{len(some)} {kind}:")
            for outcome in sorted(some, key=lambda one: one.mutant):
                print(f"  {outcome.mutant}")
    return 1 if survivors or broken else 0


if __name__ == "__main__":
    sys.exit(main())
