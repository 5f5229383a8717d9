"""The record of what was accepted: on the disk whole, or as it was before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nixauth.errors import DamagedRecordError, UnwritableRecordError
from nixauth.history.repository import Repository
from nixauth.hooks import record as module
from nixauth.hooks.record import Accepted, Record
from nixauth.model import ObjectId
from tests.unit.cli.places import Maker

A, B = ObjectId(b"\xaa" * 20), ObjectId(b"\xbb" * 20)
MAIN = "refs/heads/main"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    maker = Maker()
    return maker.write(tmp_path / "repository.git", {MAIN: maker.commit()})


@pytest.fixture
def record(repository: Path) -> Record:
    return Record(Repository.open(repository))


def test_nothing_yet(record: Record) -> None:
    assert record.read() == {}
    record.accept({})
    assert not record.path.parent.exists()


def test_what_was_accepted_is_read_again(record: Record) -> None:
    record.accept({MAIN: Accepted(A, B)})
    record.accept({"refs/heads/\udcff": Accepted(B, B)})
    assert record.read() == {MAIN: Accepted(A, B), "refs/heads/\udcff": Accepted(B, B)}
    record.accept({MAIN: Accepted(B, B)})
    assert record.read()[MAIN] == Accepted(B, B)
    assert sorted(path.name for path in record.path.parent.iterdir()) == ["accepted.json", "lock"]


def test_the_same_again_writes_nothing(record: Record) -> None:
    record.accept({MAIN: Accepted(A, A)})
    before = record.path.stat().st_ino
    record.accept({MAIN: Accepted(A, A)})
    assert record.path.stat().st_ino == before


def test_forgotten(record: Record) -> None:
    record.accept({MAIN: Accepted(A, A)})
    record.forget()
    record.forget()
    assert record.read() == {}
    record.path.mkdir()
    with pytest.raises(UnwritableRecordError):
        record.forget()


GOOD = f'{{"schema": 1, "accepted": {{"r": {{"commit": "{A.hex()}", "floor": "{B.hex()}"}}}}}}'
DAMAGE = {
    "empty": "",
    "half": GOOD[:-10],
    "no object": "[]",
    "null": "null",
    "another schema": GOOD.replace("1", "2", 1),
    "no schema": '{"accepted": {}}',
    "more fields": GOOD[:-1] + ', "more": 1}',
    "a list": '{"schema": 1, "accepted": []}',
    "a number": '{"schema": 1, "accepted": {"r": 1}}',
    "a text": '{"schema": 1, "accepted": {"r": "x"}}',
    "fields missing": GOOD.replace('"floor"', '"flor"'),
    "a field more": GOOD.replace('"floor"', '"x": 1, "floor"'),
    "short": GOOD.replace(A.hex(), A.hex()[1:]),
    "long": GOOD.replace(A.hex(), A.hex() + "a"),
    "upper case": GOOD.replace(B.hex(), B.hex().replace("b", "B")),
    "no digits": GOOD.replace(B.hex(), "x" * 40),
    "an end of line": GOOD.replace(A.hex(), A.hex() + r"\n"),
    "no id": GOOD.replace(f'"{A.hex()}"', "1"),
    "deep": "[" * 100_000,
}


def test_what_the_damaged_ones_are_made_of(record: Record) -> None:
    record.path.parent.mkdir()
    record.path.write_text(GOOD)
    assert list(record.read()) == ["r"]


@pytest.mark.parametrize("text", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_told_and_never_overwritten(record: Record, text: str) -> None:
    record.path.parent.mkdir()
    record.path.write_text(text)
    with pytest.raises(DamagedRecordError, match="cannot be read"):
        record.read()
    with pytest.raises(DamagedRecordError):
        record.accept({MAIN: Accepted(A, A)})
    assert record.path.read_text() == text


def test_too_large(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    record.accept({MAIN: Accepted(A, A)})
    monkeypatch.setattr(module, "_LARGEST", 20)
    with pytest.raises(DamagedRecordError, match="too large"):
        record.read()


@pytest.mark.parametrize("there", ["directory", "lock", "file"])
def test_where_it_cannot_be_written(record: Record, there: str) -> None:
    directory = record.path.parent
    if there == "directory":
        directory.write_text("")
    else:
        directory.mkdir()
        (directory / ("lock" if there == "lock" else "accepted.json")).mkdir()
    with pytest.raises((UnwritableRecordError, DamagedRecordError)):
        record.accept({MAIN: Accepted(A, A)})


def test_a_disk_that_is_full(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    record.accept({MAIN: Accepted(A, A)})
    before = record.path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UnwritableRecordError, match="No space left"):
        record.accept({MAIN: Accepted(B, B)})
    assert record.path.read_bytes() == before
    assert sorted(path.name for path in record.path.parent.iterdir()) == ["accepted.json", "lock"]


def test_it_is_on_the_disk_before_it_is_in_its_place(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (done.append("fsync"), fsync(fd)))
    monkeypatch.setattr(
        Path, "replace", lambda self, to: (done.append("replace"), replace(self, to))[1]
    )
    record.accept({MAIN: Accepted(A, A)})
    assert done == ["fsync", "replace", "fsync"]


WRITER = """
import sys
from pathlib import Path
from nixauth.history.repository import Repository
from nixauth.hooks.record import Accepted, Record
record = Record(Repository.open(Path(sys.argv[1])))
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    one = (number + 1).to_bytes(20, "big")
    record.accept({f"refs/heads/{sys.argv[2]}-{number % 40}": Accepted(one, one)})
    print(number, flush=True)
"""


def start(repository: Path, name: str, times: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-c", WRITER, str(repository), name, str(times)]
    environment = {**os.environ, "PYTHONPATH": str(Path(module.__file__).parents[2])}
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_two_at_once_lose_nothing(repository: Path, record: Record) -> None:
    writers = [start(repository, name, 400) for name in ("one", "two", "three")]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    found = record.read()
    assert len(found) == 120
    assert all(
        int.from_bytes(one.commit, "big") == int(ref.rpartition("-")[2]) + 361
        for ref, one in found.items()
    )


def test_one_that_is_killed_leaves_what_it_said(repository: Path, record: Record) -> None:
    """The old record or the new one, and nothing that keeps the next from writing."""
    for _ in range(5):
        writer = start(repository, "killed", 100_000)
        assert writer.stdin is not None
        assert writer.stdout is not None
        writer.stdout.readline()
        writer.stdin.write(b"\n")
        writer.stdin.close()
        last = b""
        for _ in range(30):
            last = writer.stdout.readline()
        os.kill(writer.pid, signal.SIGKILL)
        said = (last + writer.stdout.read()).split()
        writer.wait()
        writer.stdout.close()
        newest = max(int.from_bytes(one.commit, "big") for one in record.read().values())
        assert newest >= int(said[-1]) + 1
    record.accept({MAIN: Accepted(A, A)})
    assert record.read()[MAIN] == Accepted(A, A)
