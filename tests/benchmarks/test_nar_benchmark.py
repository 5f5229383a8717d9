"""The benchmark of NAR hashes itself works, with nothing said about speed."""

from __future__ import annotations

import pytest

from tests.benchmarks import nar
from tests.differential.programs import program


@pytest.fixture(autouse=True)
def _nix() -> None:
    program("nix")


def test_a_small_tree(capsys: pytest.CaptureFixture[str]) -> None:
    words = "--files 50 --megabytes 1 --commits 2 --repeat 1 --no-goal"
    assert nar.main(words.split()) == 0
    said = capsys.readouterr().out
    for row in ("git archive and tar x", "nix hash path", "ours"):
        assert f"| {row} |" in said
    assert "ours (plain) ÷ the other two: wall" in said
