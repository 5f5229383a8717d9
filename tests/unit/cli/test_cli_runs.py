"""Runs that are cut short, run twice at once, or write where nobody reads; caches that are odd."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import time
import zlib
from pathlib import Path

import pytest

from nixauth import judging
from nixauth.authenticate import Session
from tests.support import commits
from tests.unit.cli.places import Maker, Place, Sandbox, certificates


@pytest.fixture
def long(box: Sandbox) -> Place:
    """Make a line of 3,000 commits, in one pack."""
    maker = Maker()
    made = maker.chain(3000)
    keys = maker.keyring(certificates("alice", "bob"))
    refs = {"refs/heads/main": made[-1], "refs/heads/keyring": keys}
    place = Place(box, maker, made, box.folder / "repository.git")
    box.git("init", "-q", "--bare", place.repository)
    stream = b"".join(_pack(maker.objects))
    subprocess.run(
        ["git", "-C", place.repository, "index-pack", "--stdin"],
        input=stream,
        env=box.environment,
        check=True,
        capture_output=True,
    )
    for name, oid in refs.items():
        (place.repository / name).write_text(f"{oid.hex()}\n")
    (place.repository / "HEAD").write_text("ref: refs/heads/main\n")
    return place


def _pack(objects: commits.Objects) -> list[bytes]:
    """Write a pack with nothing deltified (gitformat-pack)."""
    parts = [b"PACK" + (2).to_bytes(4, "big") + len(objects).to_bytes(4, "big")]
    for kind, content in objects.values():
        size = len(content)
        head = bytearray([{"commit": 1, "tree": 2, "blob": 3}[kind] << 4 | size & 15])
        size >>= 4
        while size:
            head[-1] |= 0x80
            head.append(size & 0x7F)
            size >>= 7
        parts += [bytes(head), zlib.compress(content, 1)]
    parts.append(hashlib.sha1(b"".join(parts)).digest())
    return parts


def start(place: Place, *arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        place.box.command(*place.arguments(*arguments)),
        env=place.box.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_for_progress(place: Place, process: subprocess.Popen[bytes]) -> None:
    """Wait until something was written to the store."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        stores = place.box.stores() if place.box.cache.exists() else []
        if any(path.stat().st_size > 140_000 for path in stores):
            return
        time.sleep(0.002)
    pytest.fail(f"it never came to that: {process.poll()}")


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_what_was_verified_is_kept(long: Place, which: signal.Signals) -> None:
    cold = json.loads(long.verify("--format", "json", "--stats", "--no-cache").out)
    with start(long) as process:
        wait_for_progress(long, process)
        process.send_signal(which)
        out, err = process.communicate(timeout=20)
    if which is signal.SIGINT:
        assert process.returncode == 130
        assert err.decode().splitlines() == ["interrupted; what was done by then is kept"]
    else:
        assert process.returncode == -which
    assert not out
    again = long.verify("--format", "json", "--stats")
    assert again.code == 0
    assert not again.err, "the store is whole"
    found = json.loads(again.out)
    assert 0 < found["verified"] < cold["verified"]
    assert {**found, "verified": 0} == {**cold, "verified": 0}


def test_interrupt_anywhere(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was judged before the interrupt is kept, however little it is."""
    judge = judging.Judge.judge
    count = 0

    def interrupted(self: judging.Judge, commit: object) -> None:
        nonlocal count
        count += 1
        if count == 3:
            raise KeyboardInterrupt
        judge(self, commit)  # type: ignore[arg-type]

    monkeypatch.setattr(judging.Judge, "judge", interrupted)
    result = place.verify()
    assert result.code == 130
    assert result.err == "interrupted; what was done by then is kept\n"
    assert json.loads(place.verify("--format", "json").out)["verified"] == 2


@pytest.mark.parametrize(
    "error", [OSError(5, "Input/output error"), MemoryError(), RecursionError(), EOFError("cut")]
)
def test_failures_of_the_machine(
    place: Place, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Session, "report", fail)
    result = place.verify()
    assert result.code == 3
    assert result.err.startswith("undecided: ")
    assert len(result.err.splitlines()) == 1


def test_two_runs_at_once(long: Place) -> None:
    runs = [start(long, "--format", "json", "--stats") for _ in range(2)]
    documents = []
    for process in runs:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert not err
        documents.append(json.loads(out))
    one, two = ({**found, "verified": 0} for found in documents)
    assert one == two
    assert json.loads(long.verify("--format", "json").out)["verified"] == 0


# --- a reader that goes away ---


@pytest.mark.parametrize(
    ("arguments", "code"), [([], 0), (["--format", "json"], 0), (["main~4", "--after", "main"], 1)]
)
def test_closed_pipe(place: Place, arguments: list[str], code: int) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        place.box.command(*place.arguments(*arguments)),
        stdout=write,
        stderr=subprocess.PIPE,
        env=place.box.environment,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (code, b"")


@pytest.mark.parametrize("command", [["demo"], ["--help"], ["cache", "info"], ["verify", "--help"]])
def test_closed_pipe_of_other_commands(box: Sandbox, command: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        box.command(*command),
        stdout=write,
        stderr=subprocess.PIPE,
        env=box.environment,
        check=False,
    )
    os.close(write)
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr
    assert done.returncode in {0, 1}


@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "1>&- 2>&-"])
@pytest.mark.parametrize(("revision", "code"), [("main", 0), ("nowhere", 2)])
def test_closed_output(place: Place, closed: str, revision: str, code: int) -> None:
    command = shlex.join(place.box.command(*place.arguments(revision)))
    done = subprocess.run(
        ["sh", "-c", f"{command} {closed}"],
        env=place.box.environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_output_to_a_full_disk(place: Place) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            place.box.command(*place.arguments()),
            stdout=full,
            stderr=subprocess.PIPE,
            env=place.box.environment,
            check=False,
        )
    assert done.returncode not in {0, 1, 2}, "nobody was told that it is authentic"
    assert b"Traceback" not in done.stderr
    assert b"No space left" in done.stderr


# --- the cache, as the command meets it ---


def test_without_a_home(place: Place) -> None:
    result = place.box.process(*place.arguments(), HOME=None, XDG_CACHE_HOME=None)
    assert result.code == 0
    assert not result.err
    result = place.box.process(*place.arguments(), HOME="", XDG_CACHE_HOME="relative")
    assert result.code == 0
    assert not (place.box.folder / "relative").exists()


def test_no_cache_leaves_nothing(place: Place) -> None:
    assert place.verify("--no-cache").code == 0
    assert not place.box.cache.exists()


def test_a_cache_that_cannot_be_used_is_said(place: Place) -> None:
    (place.box.folder / "file").write_text("")
    result = place.verify(XDG_CACHE_HOME=str(place.box.folder / "file"))
    assert result.code == 0
    assert result.err.startswith("warning: ")
    assert len(result.err.splitlines()) <= 2


def test_no_damage_in_the_cache_directory_changes_an_answer(place: Place) -> None:
    """Flip, cut and replace every file in turn: whatever kind of file the cache comes to hold."""
    maker = place.maker
    evil = maker.commit(place.commits[-1], signer="mallory")
    keys = maker.keyring(certificates("alice", "bob", "mallory"))
    refs = {"refs/heads/main": place.commits[-1], "refs/heads/keyring": keys, "refs/heads/e": evil}
    repository = maker.write(place.box.folder / "other.git", refs)

    def answers() -> list[object]:
        found = []
        for target in ("main", "e"):
            result = place.verify(target, "-C", repository, "--format", "json", "--stats")
            document = json.loads(result.out)
            document.pop("verified")
            found.append((result.code, document))
        return found

    wanted = answers()
    assert [code for code, _ in wanted] == [0, 1]  # type: ignore[misc, attr-defined]
    assert answers() == wanted
    kept = place.box.folder / "kept"
    shutil.copytree(place.box.cache, kept)
    for name in sorted(path.name for path in kept.iterdir()):
        content = (kept / name).read_bytes()
        used = [n for n, byte in enumerate(content) if byte]
        spoilt = [b"", b"x", b"{}", b"[]", b"null", os.urandom(3000), content[: len(content) // 2]]
        for position in used[:: max(1, len(used) // 25)]:
            flipped = bytes([content[position] ^ 1])
            spoilt.append(content[:position] + flipped + content[position + 1 :])
        for changed in spoilt:
            shutil.rmtree(place.box.cache)
            shutil.copytree(kept, place.box.cache)
            (place.box.cache / name).write_bytes(changed)
            assert answers() == wanted, (name, changed[:50])


def test_files_of_the_cache_are_private(place: Place) -> None:
    old = os.umask(0)
    try:
        place.verify()
    finally:
        os.umask(old)
    assert place.box.cache.stat().st_mode & 0o777 == 0o700
    files = list(place.box.cache.iterdir())
    assert files
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in files)


def test_scopes_are_held_apart(place: Place) -> None:
    """What was found for one question answers no other."""
    assert json.loads(place.verify("--format", "json").out)["verified"] == 4
    strict = json.loads(place.verify("--format", "json", "--require", "every-commit").out)
    assert strict["verified"] == 4
    other = Place(place.box, place.maker, place.commits[1:], place.repository)
    assert json.loads(other.verify("--format", "json").out)["verified"] == 3
    bob = Place(place.box, place.maker, place.commits, place.repository, signer="bob")
    assert bob.verify().code == 1, "another signer for the same introduction is another question"
    path = json.loads(
        place.verify("--format", "json", "--authorizations-file", ".authorizations").out
    )
    assert path["verified"] == 0, "and the same path by another way is the same"


def test_a_cache_made_with_more_keys_does_not_answer_for_fewer(place: Place) -> None:
    keys = place.box.folder / "keys"
    keys.mkdir()
    for name, content in certificates("alice", "bob").items():
        (keys / name).write_bytes(content)
    assert place.verify("--keyring", keys).code == 0
    (keys / "bob.key").unlink()
    cold = place.verify("--keyring", keys, "--no-cache")
    warm = place.verify("--keyring", keys)
    assert cold.code == warm.code == 1
    assert cold.out == warm.out
    assert "(missing-key)" in warm.out
