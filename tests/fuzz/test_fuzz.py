"""What fuzzing found stays mended, and the harness itself works; atheris is not needed for that."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path

import pytest

from tests.fuzz import __main__ as script
from tests.fuzz import harness, real


@pytest.mark.parametrize("name", harness.READERS)
def test_what_was_found_stays_mended(name: str) -> None:
    reader = harness.load(name)
    for path in harness.regressions(name):
        reader.check(path.read_bytes())
        reader.compare(path.read_bytes())


@pytest.mark.parametrize("name", harness.READERS)
def test_nothing_is_found_in_seeds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real, "FOLDER", Path("/nonexistent"))
    reader = harness.load(name)
    seeds = list(reader.seeds())
    assert seeds
    for data in seeds:
        reader.check(data)
        reader.compare(data)


@pytest.mark.parametrize("name", harness.READERS)
def test_nothing_is_found_in_changed_seeds(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As the fuzzer does it, but for its guidance."""
    monkeypatch.setattr(real, "FOLDER", Path("/nonexistent"))
    reader, rng = harness.load(name), random.Random(name)
    seeds = sorted(reader.seeds())
    examine = harness.examiner(reader, harness.Findings(tmp_path))
    mutate = harness.mutator(reader, lambda data, most: data[::-1][:most])
    for _ in range(600):
        data = mutate(rng.choice(seeds), 5000, rng.randrange(1 << 32))
        assert type(data) is bytes
        assert len(data) <= 5000
        examine(data)
    for found in tmp_path.glob("*.txt"):
        pytest.fail(found.read_text())


def test_what_is_raised_is_kept_once_for_each_place(tmp_path: Path) -> None:
    findings = harness.Findings(tmp_path)
    for data in (b"one", b"two"):
        try:
            raise ValueError(data)
        except ValueError as error:
            findings.keep(data, error)
    (kept,) = tmp_path.glob("*.bin")
    assert kept.read_bytes() == b"one"
    assert "ValueError: b'one'" in kept.with_suffix(".txt").read_text()


def test_too_slow_is_a_finding() -> None:
    tries: list[bytes] = []
    allowance = harness.Allowance(fixed=2)

    def slow(data: bytes) -> None:
        tries.append(data)
        for _ in range(200_000):
            pass

    with pytest.raises(harness.TooSlowError):
        allowance.watch(slow, b"x")
    assert len(tries) == 4
    allowance.watch(lambda _: None, b"x")


def test_one_input_again(tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_bytes(b"tree")
    assert script.main(["commit-object", "--replay", str(path)]) == 0


def test_without_atheris(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert script.main(["ssh"]) == 2
    assert "atheris is not installed" in capsys.readouterr().err
