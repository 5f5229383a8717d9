"""The benchmark of updates itself works, with nothing said about speed."""

from __future__ import annotations

import pytest

from tests.benchmarks import channels


def test_a_small_channel(capsys: pytest.CaptureFixture[str]) -> None:
    assert channels.main(["--commits", "5", "--repeat", "1"]) == 0
    said = capsys.readouterr().out
    for row in ("channel update", "git ls-remote", "Python"):
        assert f"| {row} |" in said
    assert "goal 0.60 s" in said
