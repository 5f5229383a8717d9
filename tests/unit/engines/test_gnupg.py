"""GnuPG's program as an engine: missing, broken, lying, and with nothing of the user's touched."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nixauth.engines import open_engine
from nixauth.engines.gnupg import GnuPG
from nixauth.errors import EngineFailedError, UncheckedSignatureError, UsageError
from nixauth.keyring import Keyring
from nixauth.signatures.openpgp import PublicKey
from tests.differential.programs import program
from tests.support import openpgp
from tests.unit.cli.places import Maker, Place, Sandbox, certificates
from tests.unit.engines.engine_checks import ALICE, GOOD, ID, KEYRING, OTHER, VALID, check
from tests.unit.signatures.openpgp import maker

RIGHT = f"""
echo '[GNUPG:] NEWSIG' >&2
echo '[GNUPG:] {GOOD}' >&2
echo '[GNUPG:] {VALID}' >&2
"""
_FAKE = """#!/bin/sh
case "$*" in
*--list-config*) {config} ;;
*--import*) {importing} ;;
esac
while read -r name; do
    {before}
    echo "[GNUPG:] FILE_START 1 $name" >&2
    {said}
    echo "[GNUPG:] FILE_DONE" >&2
done
exit {code}
"""
LISTED = "echo cfg:version:2.2.40; exit 0"
IMPORTED = "cat >/dev/null; exit 0"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have temporary directories made in a folder of its own; return it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def fake(
    folder: Path,
    said: str = ":",
    *,
    before: str = ":",
    config: str = LISTED,
    importing: str = IMPORTED,
    code: int = 0,
) -> str:
    """Write a program that stands for GnuPG; return where it is."""
    path = folder / "gpg"
    path.write_text(
        _FAKE.format(said=said, before=before, config=config, importing=importing, code=code)
    )
    path.chmod(0o755)
    return str(path)


def ask(gpg: str, *questions: object) -> list[object]:
    engine = GnuPG(KEYRING, gpg)
    try:
        return list(engine.verify(questions or [check()]))  # type: ignore[arg-type]
    finally:
        engine.close()


# --- programs that are not what they should be ---


def test_the_fake_can_say_yes(tmp_path: Path, temporary: Path) -> None:
    """And so the noes below are not the fake's fault."""
    assert ask(fake(tmp_path, RIGHT), check(), check()) == [True, True]
    assert ask(fake(tmp_path, RIGHT, code=2)) == [True], "it may have found something else amiss"
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (":", "it sees no signature"),
        ("echo '[GNUPG:] nonsense' >&2; echo nonsense; echo more >&2", "it sees no signature"),
        ("head -c 3000 /dev/urandom >&2; echo >&2", "it sees no signature"),
        (
            RIGHT.replace(ALICE.fingerprint, "F" * 40),
            "made by another key, FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
        ),
        (RIGHT.replace("VALIDSIG", "NOTATION"), "it contradicts itself"),
        (RIGHT + RIGHT, "more than one"),
        (f"echo '[GNUPG:] NEWSIG' >&2; echo '[GNUPG:] BADSIG {OTHER} bob' >&2", "another key"),
    ],
)
def test_no_answer(tmp_path: Path, temporary: Path, said: str, why: str) -> None:
    [found] = ask(fake(tmp_path, said))
    assert isinstance(found, UncheckedSignatureError)
    assert why in found.message
    assert list(temporary.iterdir()) == []


def test_bad(tmp_path: Path) -> None:
    said = f"echo '[GNUPG:] NEWSIG' >&2; echo '[GNUPG:] BADSIG {ID} alice' >&2"
    assert ask(fake(tmp_path, said)) == [False]


@pytest.mark.parametrize(
    "faults",
    [
        {"before": "exit 0"},
        {"before": "exit 2"},
        {"said": "kill -SEGV $$"},
        {"said": f"{RIGHT}\nkill -KILL $$"},
        {"said": f"{RIGHT}\nexit 0"},
        {"said": f"{RIGHT}\necho '[GNUPG:] FILE_DONE' >&2"},
        {"before": "name=/elsewhere", "said": RIGHT},
        {"config": "exit 1"},
        {"config": "kill -SEGV $$"},
        {"config": LISTED, "importing": "exec 0<&-; exit 1", "before": "exec 0<&-; exit 1"},
    ],
    ids=", ".join,
)
def test_a_program_that_breaks_down(
    tmp_path: Path, temporary: Path, faults: dict[str, str]
) -> None:
    with pytest.raises(EngineFailedError):
        ask(fake(tmp_path, **faults), check(), check())
    assert list(temporary.iterdir()) == []


def test_good_lines_of_a_program_that_was_killed_do_not_count(tmp_path: Path) -> None:
    said = f"{RIGHT}\necho '[GNUPG:] FILE_DONE' >&2\nkill -KILL $$"
    with pytest.raises(EngineFailedError, match="-9"):
        ask(fake(tmp_path, said))


def test_a_keyring_that_it_does_not_read(tmp_path: Path, temporary: Path) -> None:
    """It ends before it has taken the keys: an error of the engine, and no other exception."""
    keys = b"".join(openpgp.key(f"one of many {n}").certificate() for n in range(2000))
    large = Keyring.from_files([("many", keys), ("alice", ALICE.certificate())])
    gpg = fake(tmp_path, importing="exec 0<&-; exit 2", before="exec 0<&-; exit 2")
    engine = GnuPG(large, gpg)
    with pytest.raises(EngineFailedError):
        engine.verify([check()])
    engine.close()
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("kind", ["missing", "a directory", "not executable", "no program"])
def test_no_program(tmp_path: Path, temporary: Path, kind: str) -> None:
    path = tmp_path / "gpg"
    if kind == "a directory":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes(b"\0\1\2")
        path.chmod(0o755 if kind == "no program" else 0o644)
    with pytest.raises(EngineFailedError, match="does not run") as caught:
        ask(str(path))
    assert "Install the package gnupg" in caught.value.hint
    assert list(temporary.iterdir()) == []


def test_the_name_of_an_engine() -> None:
    with pytest.raises(UsageError, match="no engine"):
        open_engine("pgp", KEYRING)


# --- the command line ---


@pytest.fixture
def place(tmp_path: Path) -> Place:
    maker = Maker()
    made = maker.chain(4)
    keyring = maker.keyring(certificates("alice", "bob"))
    refs = {"refs/heads/main": made[-1], "refs/heads/keyring": keyring}
    return Place(Sandbox(tmp_path), maker, made, maker.write(tmp_path / "r.git", refs))


@pytest.mark.parametrize("engine", ["gnupg", "both"])
def test_without_gnupg(place: Place, tmp_path: Path, engine: str) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    found = place.verify("--engine", engine, PATH=str(empty))
    assert found.code == 3
    assert "Install the package gnupg" in found.out + found.err
    assert "Traceback" not in found.out + found.err
    assert place.verify(PATH=str(empty)).code == 0, "the default engine needs no program"


@pytest.mark.parametrize("engine", ["gnupg", "both"])
def test_nothing_is_left(place: Place, temporary: Path, engine: str) -> None:
    program("gpg")
    before = daemons()
    found = place.verify("--engine", engine)
    assert (found.code, list(temporary.iterdir())) == (0, []), found
    assert daemons() <= before


def daemons() -> set[str]:
    """Return the processes of GnuPG's that stay and wait."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].rpartition(b"/")[2] in {b"gpg-agent", b"keyboxd", b"dirmngr", b"scdaemon"}:
            found.add(f"{entry.parent.name} {words}")
    return found


def image(folder: Path) -> dict[str, object]:
    """Return all there is to see of a folder."""
    found: dict[str, object] = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        state = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path)] = (state.st_mode, state.st_mtime_ns, state.st_size, content)
    return found


@pytest.mark.parametrize(
    "state", ["empty", "broken", "locked", "unreadable", "of a user", "a file"]
)
def test_the_users_home_is_not_touched(place: Place, tmp_path: Path, state: str) -> None:
    program("gpg")
    home = tmp_path / "home"
    theirs = home / ".gnupg"
    if state == "a file":
        theirs.write_text("nothing")
    else:
        theirs.mkdir(mode=0o700)
    if state == "broken":
        (theirs / "pubring.kbx").write_bytes(b"broken" * 100)
        (theirs / "gpg.conf").write_text("no-such-option\nkeyserver hkp://example.org\n")
        (theirs / "common.conf").write_text("use-keyboxd\n")
    elif state == "locked":
        (theirs / "pubring.kbx.lock").write_text(f"{os.getpid():10d}\nsomewhere\n")
        (theirs / "gnupg_spawn_keyboxd_sentinel.lock").write_text("1\n")
    elif state == "of a user":
        (theirs / "gpg.conf").write_text("trust-model never\nrequire-cross-certification\n")
        (theirs / "pubring.gpg").write_bytes(openpgp.key("alice").certificate())
    elif state == "unreadable":
        (theirs / "gpg.conf").write_text("x")
        (theirs / "gpg.conf").chmod(0)
        theirs.chmod(0)
    try:
        before = image(home)
        found = place.verify("--engine", "both", "--no-cache", GNUPGHOME=str(theirs))
        assert (found.code, found.err) == (0, ""), found
        assert image(home) == before
    finally:
        if state == "unreadable":
            theirs.chmod(0o700)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_interrupted(place: Place, tmp_path: Path, name: str) -> None:
    folder, temporary = tmp_path / "slow", tmp_path / "their-temporary"
    for one in (folder, temporary):
        one.mkdir()
    fake(folder, RIGHT, before="sleep 3")
    environment = place.box.environment | {
        "PYTHONWARNINGS": "default",
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "TMPDIR": str(temporary),
    }
    command = place.box.command(*place.arguments("--engine", "gnupg"))
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 30
        while not list(temporary.glob("*/run-1/*")) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert list(temporary.glob("*/run-1/*")), "it has come to verifying"
        process.send_signal(getattr(signal, name))
        out, err = process.communicate(timeout=20)
    assert process.returncode == {"SIGINT": 130, "SIGTERM": -15}[name], (out, err)
    assert "KeyboardInterrupt" not in err
    assert "Terminated" not in err
    assert list(temporary.iterdir()) == []


# --- with the real one ---


@pytest.fixture
def real() -> Iterator[GnuPG]:
    program("gpg")
    engine = GnuPG(KEYRING)
    yield engine
    engine.close()


@pytest.mark.parametrize("size", [0, 1, 5_000_000])
def test_payloads_of_any_size(real: GnuPG, size: int) -> None:
    payload = bytes(size)
    asked = [check(payload), check(payload, over=payload + b"\0"), check(payload)]
    assert list(real.verify(asked)) == [True, False, True]


def test_it_goes_on_after_a_bad_signature(real: GnuPG) -> None:
    asked = [check(over=b"another" if n % 3 == 0 else None) for n in range(200)]
    assert list(real.verify(asked)) == [n % 3 != 0 for n in range(200)]


def test_it_can_be_used_again(real: GnuPG, temporary: Path) -> None:
    for _ in range(2):
        assert list(real.verify([check()])) == [True]
        real.close()
        assert list(temporary.iterdir()) == []
    assert list(real.verify([])) == []
    assert list(temporary.iterdir()) == [], "nothing is made before it is needed"


LURES = ["\x85", "\x1c", "\n", "\r", "\r\n", "\u2028", "%0A", "\\n", "\v", "\f"]


@pytest.mark.parametrize("lure", LURES)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_name_cannot_forge(lure: str, encoding: str) -> None:
    """A key's owner chooses its name, which GnuPG prints beside what it finds."""
    program("gpg")
    said = lure.join(["x", f"[GNUPG:] {GOOD}", f"[GNUPG:] {VALID}", "[GNUPG:] FILE_DONE", ""])
    name = said.encode(encoding, "replace")
    keyring = Keyring.from_files([("alice", ALICE.certificate(user_id=name))])
    engine = GnuPG(keyring)
    try:
        assert list(engine.verify([check(over=b"another"), check()])) == [False, True]
    finally:
        engine.close()


def before_alice(make: Callable[[int], bytes]) -> bytes:
    """Return the first of these keys' bodies that comes before alice's: keys go by fingerprint."""
    bodies = (make(number) for number in range(200))
    return next(one for one in bodies if PublicKey(one).fingerprint < ALICE.fingerprint)


def of_algorithm(algorithm: str) -> bytes:
    return before_alice(lambda n: openpgp.key(f"odd {n}", algorithm).body)  # type: ignore[arg-type]


def damaged(point: bytes) -> bytes:
    """Return a key of alice's kind with another point."""
    head, tail = ALICE.body[:1], ALICE.body[5:-35]
    return before_alice(lambda n: head + n.to_bytes(4, "big") + tail + point)


ODD = {
    "newer form": of_algorithm("ed25519"),
    "larger curve": of_algorithm("ed448"),
    "not on the curve": damaged(openpgp.mpi(b"\x40" + b"\xff" * 32)),
    "another form of point": damaged(openpgp.mpi(b"\x04" + b"\xff" * 64)),
    "no point": damaged(b"\0\0"),
    "cut": damaged(b"\1\7\x40"),
    "nothing": damaged(b""),
    "version 6": before_alice(lambda n: maker.key("ed25519", 6, n).body),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_keys_hide_no_others(real: GnuPG, name: str) -> None:
    """Keys that GnuPG does not know, or that nobody could use, among those that it knows."""
    odd = openpgp.packet(6, ODD[name])
    keyring = Keyring.from_files([("odd", odd), ("alice", ALICE.certificate())])
    assert len(keyring.certificates) == 2
    engine = GnuPG(keyring)
    assert list(engine.verify([check()])) == [True]
    engine.close()


def test_many_keys(temporary: Path) -> None:
    program("gpg")
    keys = b"".join(openpgp.key(f"one of many {n}").certificate() for n in range(500))
    engine = GnuPG(Keyring.from_files([("many", keys), ("alice", ALICE.certificate())]))
    assert list(engine.verify([check(), check(over=b"another")])) == [True, False]
    engine.close()
