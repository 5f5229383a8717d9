"""The table fits the package, and the script tells survivors from what is caught."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from tests.mutants import __main__ as script
from tests.mutants import checks
from tests.mutants.table import ROOT, SCENARIOS, Edit, Mutant, TableError


def test_every_old_text_is_there_once() -> None:
    for mutant in checks.MUTANTS:
        mutant.changed(ROOT / "nixauth")


def test_names_are_given_once() -> None:
    names = Counter(mutant.name for mutant in checks.MUTANTS)
    assert [name for name, count in names.items() if count > 1] == []


def test_every_suite_is_there() -> None:
    for mutant in checks.MUTANTS:
        assert mutant.by
        for suite in mutant.by:
            assert (ROOT / suite).exists(), (mutant.name, suite)


@pytest.mark.parametrize(
    "edits",
    [
        [Edit("rule.py", "no such text", "")],
        [Edit("rule.py", "return", "pass")],
        [Edit("rule.py", "    if not some_trusted:", "    if not some_trusted:")],
        [Edit("rule.py", "    if not some_trusted:", "    if not:")],
    ],
    ids=["absent", "often", "unchanged", "no Python"],
)
def test_a_row_that_does_not_fit(edits: list[Edit]) -> None:
    with pytest.raises(TableError):
        Mutant("a row", tuple(edits), (SCENARIOS,)).changed(ROOT / "nixauth")


def run(*arguments: str) -> tuple[int, str]:
    """Run the script in a process of its own: this one has the package loaded."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_some_from_end_to_end() -> None:
    code, said = run(
        "-m", "tests.mutants", "--only", "3a some", "3e the signature", "4.2 duplicate keys"
    )
    assert code == 0, said
    assert "3 mutants, 3 caught" in said


SURVIVOR = """
import sys
from tests.mutants import checks
from tests.mutants.__main__ import main
from tests.mutants.table import in_file

suite = "tests/unit/authorizations/test_authorizations_ssh_keys.py"
row = ("nothing at all", "Nothing else is decided here", "Nothing is decided here")
checks.MUTANTS[:] = in_file("rule.py", [suite], [row])
sys.exit(main(["--jobs", "1"]))
"""


def test_a_survivor_is_told() -> None:
    code, said = run("-c", SURVIVOR)
    assert code == 1, said
    assert "1 survive" in said
    assert "nothing at all" in said


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert script.main(["--list", "--only", "3a some"]) == 0
    assert "3a some parent is trusted  [rule.py]\n1 mutants\n" in capsys.readouterr().out
    assert script.main(["--only", "no such mutant"]) == 2
