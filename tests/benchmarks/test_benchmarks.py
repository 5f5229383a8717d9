"""The benchmark itself works: on a small history, and with nothing said about speed."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from nixauth import Fingerprint, Introduction, Repository, Verdict, authenticate, open_keyring
from tests.benchmarks import hooks, synthetic
from tests.benchmarks.__main__ import main
from tests.benchmarks.subjects import Subject
from tests.benchmarks.synthetic import Wishes, parse_keys

KEYS = "ed25519:80,rsa2048:20"

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git (Debian: git) is not here")


def silent(_line: str) -> None:
    pass


def make(folder: Path, **wishes: int) -> Subject:
    wanted = Wishes(50, keys=parse_keys(KEYS), merges=5, changes=20, **wishes)
    return synthetic.synthetic(wanted, folder, silent)


@needs_git
@pytest.mark.parametrize("unsigned", [0, 3])
def test_a_synthetic_history_is_authentic(tmp_path: Path, unsigned: int) -> None:
    subject = make(tmp_path, unsigned=unsigned)
    git = ["git", "-C", str(subject.repository)]
    listed = subprocess.check_output([*git, "rev-list", "--parents", subject.target], text=True)
    lines = [line.split() for line in listed.splitlines()]
    assert len(lines) == 51
    assert any(len(line) == 3 for line in lines), "there are merges"
    repository = Repository.open(subject.repository)
    report = authenticate(
        repository,
        open_keyring(repository, []),
        Introduction(repository.resolve(subject.introduction), Fingerprint(subject.signer)),
        repository.resolve(subject.target),
    )
    assert report.verdict is Verdict.AUTHENTIC
    assert report.verified == (14 if unsigned else 50)


@needs_git
def test_the_same_wishes_give_the_same_history_and_it_is_made_once(tmp_path: Path) -> None:
    first = make(tmp_path / "one")
    assert make(tmp_path / "two").target == first.target
    (described,) = tmp_path.glob("one/*/subject.json")
    changed = described.stat().st_mtime_ns
    make(tmp_path / "one")
    assert described.stat().st_mtime_ns == changed
    assert json.loads(described.read_text())["target"] == first.target


@needs_git
def test_the_command_measures_and_prints_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = f"--commits 50 --keys {KEYS} --merges 5 --repeat 1 --new 1 10 1000 --sample 0"
    if shutil.which("gpg"):
        command += " --engines both"
    assert main([*command.split(), "--keep", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    rows = [line.split("|")[1].strip() for line in out.splitlines() if line.startswith("|")]
    assert rows[0] == "run"
    assert {"floor", "bare command", "cold", "nothing new", "1 new"} <= set(rows)
    assert {"audit, cold", "audit after verify", "audit once more"} <= set(rows)
    assert ("cold, --engine both" in rows) == (shutil.which("gpg") is not None)
    assert not any(row.startswith("1,") for row in rows), "a run longer than the history"


@pytest.mark.parametrize("text", ["", "dsa:10", "rsa2048", "rsa2048:0", "ed25519:70,,"])
def test_a_mix_of_keys_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not one of"):
        parse_keys(text)


@needs_git
def test_a_fetch_with_the_hook_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert hooks.main(["--commits", "5", "--repeat", "1"]) == 0
    assert "without hook" in capsys.readouterr().out
