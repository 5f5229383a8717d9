"""The cache: whatever is in it, the answer is the one of a cold run."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from nixauth.authenticate import Options, authenticate
from nixauth.cache import LAYOUT, Cache, cache_directory, clear, describe
from nixauth.findings import Finding, Scope
from nixauth.history.memory import MemoryObjects
from nixauth.keyring import Keyring
from nixauth.model import Fingerprint, Introduction, ObjectId, Report
from tests.support import openpgp
from tests.unit.cli.places import ROOT, Maker, certificates

INTRODUCTION = Introduction(ObjectId(bytes(20)), Fingerprint("A" * 40))
SCOPE = Scope(INTRODUCTION, ".authorizations", ".authorizations")
FINDING = Finding(Fingerprint("B" * 40), (), "bob", service=False, admitted_by=(0,), line=True)
AS_ROOT = os.geteuid() == 0


def commit(number: int) -> ObjectId:
    return ObjectId(number.to_bytes(20, "big"))


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "base" / "nixauth")


def fill(cache: Cache, scope: Scope = SCOPE, count: int = 3) -> Path:
    store = cache.open(scope)
    store.put([(commit(n), FINDING) for n in range(count)])
    close(store)
    return cache.path(scope)


def close(store: object) -> None:
    store._close()  # type: ignore[attr-defined]


def known(cache: Cache, scope: Scope = SCOPE, count: int = 3) -> int:
    store = cache.open(scope)
    found = [store.get(commit(n)) for n in range(count)]
    close(store)
    assert all(one in (None, FINDING) for one in found)
    return sum(one is not None for one in found)


# --- what it does ---


def test_remembers(cache: Cache) -> None:
    path = fill(cache)
    assert known(cache) == 3
    assert not cache.problems
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    store = cache.open(SCOPE)
    assert store.get(commit(99)) is None
    close(store)


def test_findings_grow(cache: Cache) -> None:
    fill(cache)
    store = cache.open(SCOPE)
    other = Finding(FINDING.signer, (), "bob", service=False, admitted_by=(1, 499), line=False)
    store.put([(commit(0), other)])
    close(store)
    store = cache.open(SCOPE)
    found = store.get(commit(0))
    close(store)
    assert found is not None
    assert found.admitted_by == (0, 1, 499)
    assert found.line


OTHER_SCOPES = [
    Scope(Introduction(commit(1), INTRODUCTION.signer), SCOPE.path, SCOPE.format),
    Scope(Introduction(INTRODUCTION.commit, Fingerprint("C" * 40)), SCOPE.path, SCOPE.format),
    Scope(INTRODUCTION, "other", SCOPE.format),
    Scope(INTRODUCTION, SCOPE.path, ".guix-authorizations"),
    Scope(INTRODUCTION, SCOPE.path, SCOPE.format, historical="ab"),
    Scope(INTRODUCTION, SCOPE.path, SCOPE.format, historical_sha1=True),
    Scope(INTRODUCTION, SCOPE.path, SCOPE.format, every_commit=True),
    Scope(INTRODUCTION, SCOPE.path, SCOPE.format, engine="gnupg"),
]


@pytest.mark.parametrize("other", OTHER_SCOPES)
def test_another_scope_sees_nothing(cache: Cache, other: Scope) -> None:
    path = fill(cache)
    assert known(cache, other) == 0
    assert not cache.problems
    shutil.copy(path, cache.path(other))  # even if somebody renames the file
    assert known(cache, other) == 0
    assert "scope" in cache.problems[0]
    assert known(cache) == 3


def test_rows_of_another_scope_count_for_nothing(cache: Cache) -> None:
    """The rows are bound to the scope, too, not only the file."""
    path = fill(cache)
    other = OTHER_SCOPES[0]
    shutil.copy(path, cache.path(other))
    with sqlite3.connect(cache.path(other)) as database:
        database.execute("UPDATE scope SET text = ?", (other.text(),))
    database.close()
    assert known(cache, other) == 0


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE commits SET id = x'{255:040x}' WHERE id = (SELECT min(id) FROM commits)",
        "UPDATE signers SET fingerprint = 'CC'",
        "UPDATE signers SET fingerprint = x'ff'",
        "UPDATE signers SET fingerprint = CAST(x'ff41' AS TEXT)",
        "UPDATE signers SET person = 'eve'",
        "UPDATE signers SET person = 7",
        "UPDATE signers SET service = 1",
        "DELETE FROM signers",
        "UPDATE commits SET signer = 'x'",
        "UPDATE commits SET signer = 77",
        "UPDATE commits SET finding = x''",
        "UPDATE commits SET finding = 'text'",
        "UPDATE commits SET finding = 5",
        "UPDATE commits SET finding = substr(finding, 1, 8)",
        "UPDATE commits SET finding = finding || x'ff'",
        "UPDATE commits SET finding = zeroblob(100000)",
        "DELETE FROM scope",
        "INSERT INTO scope VALUES ('more')",
        "UPDATE scope SET text = CAST(x'ff' AS TEXT)",
        "UPDATE scope SET text = x'00'",
        "DROP TABLE commits",
        "DROP TABLE signers",
        "DROP TABLE scope",
        "ALTER TABLE commits RENAME COLUMN finding TO found",
        "CREATE TABLE more (x)",
        "CREATE TRIGGER t AFTER INSERT ON commits BEGIN DELETE FROM commits; END",
        "CREATE VIEW v AS SELECT 1",
    ],
)
def test_rows_that_were_changed(cache: Cache, statement: str) -> None:
    path = fill(cache)
    database = sqlite3.connect(path)
    database.execute(statement)
    database.commit()
    database.close()
    store = cache.open(SCOPE)
    for n in (0, 1, 2, 255):
        found = store.get(commit(n))
        assert found in (None, FINDING)
        assert n != 255 or found is None
    store.put([(commit(5), FINDING)])
    assert store.get(commit(5)) in (None, FINDING)
    close(store)
    describe(cache.directory)


# --- files that are not fit ---


def spoil_newer(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {LAYOUT + 1}")
    database.close()


def spoil_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def spoil_older(path: Path) -> None:
    """As if an earlier version had had other tables, and no number yet."""
    database = sqlite3.connect(path)
    database.execute("DROP TABLE signers")
    database.execute("CREATE TABLE signers (id INTEGER PRIMARY KEY, fingerprint TEXT)")
    database.execute("PRAGMA user_version = 0")
    database.close()


def page(path: Path) -> int:
    """Return the size of a page (SQLite's file format, 1.3.2)."""
    return int.from_bytes(path.read_bytes()[16:18], "big")


def spoil_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


SPOILERS = {
    "random": lambda path: path.write_bytes(os.urandom(5000)),
    "text": lambda path: path.write_bytes(b"hello\n" * 1000),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[: -page(path) - 1000]),
    "half a page": lambda path: path.write_bytes(path.read_bytes()[: page(path) // 2]),
    "header only": lambda path: path.write_bytes(path.read_bytes()[:100]),
    "a page of zeros": lambda path: path.write_bytes(
        path.read_bytes()[: page(path)] + bytes(page(path)) + path.read_bytes()[2 * page(path) :]
    ),
    "newer layout": spoil_newer,
    "older layout": spoil_older,
    "link": spoil_link,
    "directory": spoil_directory,
    "writable by others": lambda path: path.chmod(0o666),
    "writable by group": lambda path: path.chmod(0o660),
}


@pytest.mark.parametrize("how", SPOILERS)
def test_unfit_file_is_set_aside(cache: Cache, how: str) -> None:
    path = fill(cache, count=40)
    SPOILERS[how](path)
    assert known(cache, count=40) <= 40
    assert cache.problems, "it is said"
    assert str(path) in cache.problems[0]
    assert path.with_suffix(".set-aside").exists() or path.with_suffix(".set-aside").is_symlink()
    again = Cache(cache.directory)
    fill(again, count=40)
    assert known(again, count=40) == 40
    assert not again.problems, "the next run has a good one"


@pytest.mark.parametrize("how", ["random", "newer layout", "writable by others", "link"])
def test_unfit_file_that_cannot_be_set_aside_is_not_used(cache: Cache, how: str) -> None:
    path = fill(cache)
    SPOILERS[how](path)
    (path.with_suffix(".set-aside") / "in the way").mkdir(parents=True)
    assert known(cache) == 0
    assert cache.problems
    store = cache.open(SCOPE)
    store.put([(commit(1), FINDING)])
    close(store)


def test_empty_file_is_filled(cache: Cache) -> None:
    path = fill(cache)
    path.write_bytes(b"")
    assert known(cache) == 0
    fill(cache)
    assert known(cache) == 3


@pytest.mark.skipif(not AS_ROOT, reason="only root can give a file to somebody else")
def test_file_of_another_owner(cache: Cache) -> None:
    os.chown(fill(cache), 65534, 65534)
    assert known(cache) == 0
    assert "another user" in cache.problems[0]


@pytest.mark.skipif(not AS_ROOT, reason="only root can give a directory to somebody else")
def test_directory_of_another_owner(cache: Cache) -> None:
    fill(cache)
    os.chown(cache.directory, 65534, 65534)
    assert known(cache) == 0
    assert "another user" in cache.problems[0]


def test_directory_writable_by_others(cache: Cache) -> None:
    fill(cache)
    cache.directory.chmod(0o777)
    assert known(cache) == 0
    assert "written by others" in cache.problems[0]


def test_directory_readable_by_others_is_closed(cache: Cache) -> None:
    fill(cache)
    cache.directory.chmod(0o755)
    assert known(cache) == 3
    assert cache.directory.stat().st_mode & 0o777 == 0o700


def test_directory_that_is_a_link_or_a_file(cache: Cache) -> None:
    fill(cache)
    real = cache.directory.with_name("real")
    cache.directory.rename(real)
    cache.directory.symlink_to(real)
    assert known(cache) == 0
    assert "not a directory" in cache.problems[0]
    cache.directory.unlink()
    cache.directory.write_text("")
    assert known(cache) == 0


def test_part_of_a_page_missing(cache: Cache) -> None:
    """What SQLite does not notice, the checksums do."""
    path = fill(cache, count=200)
    path.write_bytes(path.read_bytes()[:-5000])
    assert known(cache, count=200) < 200
    fill(cache, count=200)
    assert known(cache, count=200) == 200


def test_base_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "below" / "nixauth")
    assert known(cache) == 0
    assert cache.problems


@pytest.mark.parametrize("what", ["file", "directory"])
def test_read_only(what: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        cache = Cache(base / "nixauth")
        path = fill(cache)
        user = 65534 if AS_ROOT else os.geteuid()  # root may write everywhere, nobody may not
        for one in (base, cache.directory, path):
            os.chown(one, user, -1)
        (path if what == "file" else cache.directory).chmod(0o400 if what == "file" else 0o500)
        os.setresuid(user, user, -1)
        try:
            store = cache.open(SCOPE)
            assert store.get(commit(0)) == FINDING, cache.problems
            store.put([(commit(9), FINDING)])
            assert store.get(commit(9)) is None
            close(store)
        finally:
            if AS_ROOT:
                os.setresuid(0, 0, -1)
            cache.directory.chmod(0o700)
        assert cache.path(SCOPE).exists(), "nothing was set aside"


# --- a full disk ---

FULL = """
import resource, signal, sys
from pathlib import Path
from tests.unit.test_cache import *
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
cache = Cache(Path(sys.argv[1]))
store = cache.open(SCOPE)
for start in range(0, 4000, 256):
    store.put([(commit(n), FINDING) for n in range(start, start + 256)])
    assert store.get(commit(start)) in (None, FINDING)
close(store)
print(cache.problems)
"""


@pytest.mark.parametrize("limit", [0, 100, 5000, 20480, 65536])
def test_full_disk(tmp_path: Path, limit: int) -> None:
    folder = tmp_path / "nixauth"
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(folder), str(limit)],
        env={"PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert str(folder) in done.stdout, "it is said"
    cache = Cache(folder)
    known(cache, count=4000)
    fill(cache)
    assert known(cache) == 3, cache.problems


# --- damage anywhere never changes an answer ---


@pytest.fixture(scope="module")
def history() -> tuple[Maker, list[bytes]]:
    maker = Maker()
    made = maker.chain(6)
    return maker, made


def ask(history: tuple[Maker, list[bytes]], target: bytes, cache: Cache | None) -> Report:
    maker, made = history
    return authenticate(
        MemoryObjects(maker.objects),
        Keyring.from_files(list(certificates("alice", "bob").items())),
        Introduction(ObjectId(made[0]), Fingerprint(openpgp.key("alice").fingerprint)),
        ObjectId(target),
        Options(stats=True),
        store=cache,
    )


def test_a_byte_flipped_anywhere(history: tuple[Maker, list[bytes]], tmp_path: Path) -> None:
    maker, made = history
    forged = maker.commit(made[-1], signer="mallory")
    good, bad = ask(history, made[-1], None), ask(history, forged, None)
    assert (good.verdict.value, bad.verdict.value) == ("authentic", "refused")
    cache = Cache(tmp_path / "nixauth")
    ask(history, made[-1], cache)
    (path,) = cache.directory.glob("*.sqlite")
    content = path.read_bytes()
    used = [n for n, byte in enumerate(content) if byte]
    positions = used[:120] + used[120 :: max(1, len(used) // 160)]
    for position in positions:
        spoilt = bytearray(content)
        spoilt[position] ^= 0x21
        path.write_bytes(spoilt)
        for target, wanted in ((made[-1], good), (forged, bad)):
            asked = Cache(cache.directory)
            report = ask(history, target, asked)
            assert (report.verdict, report.stats, report.refusals) == (
                wanted.verdict,
                wanted.stats,
                wanted.refusals,
            ), position
        for other in cache.directory.iterdir():
            if other != path:
                shutil.rmtree(other) if other.is_dir() else other.unlink()


# --- size, clearing, place ---


def test_size(cache: Cache) -> None:
    """At most 80 bytes a commit, at scale, and batches that grow up to a bound."""
    store = cache.open(SCOPE)
    count = 200_000
    ids = [ObjectId(hashlib.sha1(b"%d" % n).digest()) for n in range(count)]
    start, batches = 0, []
    while start < count:
        batches.append(store.batch)
        store.put([(one, FINDING) for one in ids[start : start + batches[-1]]])
        start += batches[-1]
    close(store)
    assert cache.path(SCOPE).stat().st_size <= 80 * count
    assert batches[:8] == [256] * 8
    assert batches == sorted(batches)
    assert batches[-1] == 16384
    (info,) = describe(cache.directory)
    assert info.commits == count


def test_describe_and_clear(cache: Cache) -> None:
    path = fill(cache)
    (one,) = describe(cache.directory)
    assert (one.path, one.commits, one.size) == (path, 3, path.stat().st_size)
    assert one.scope == SCOPE.text()
    (cache.directory / "bad.sqlite").write_bytes(b"x" * 2000)
    assert [info.scope for info in describe(cache.directory)].count("") == 1
    (cache.directory / "x.set-aside").write_text("")
    (cache.directory / "mine.txt").write_text("")
    assert clear(cache.directory) == 3
    assert [p.name for p in cache.directory.iterdir()] == ["mine.txt"]
    assert describe(cache.directory) == []
    assert describe(cache.directory / "missing") == []
    assert clear(cache.directory / "missing") == 0


def test_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/a")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/c")
    assert cache_directory() == Path("/var/c/nixauth")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_directory() == Path("/home/a/.cache/nixauth")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_directory() == Path("/home/a/.cache/nixauth")
    monkeypatch.setenv("HOME", "relative")
    assert cache_directory() is None
    monkeypatch.delenv("HOME")
    assert cache_directory() is None


def test_two_stores_at_once(cache: Cache) -> None:
    one, two = cache.open(SCOPE), cache.open(SCOPE)
    one.put([(commit(n), FINDING) for n in range(10)])
    two.put([(commit(n), FINDING) for n in range(5, 20)])
    close(one)
    close(two)
    assert known(cache, count=20) == 20
    assert not cache.problems


def test_a_locked_store_costs_no_answer(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    path = fill(cache)
    monkeypatch.setattr("nixauth.cache._LOCK_SECONDS", 0.05)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        store = cache.open(SCOPE)
        assert store.get(commit(0)) in (None, FINDING)
        store.put([(commit(9), FINDING)])
        close(store)
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    assert cache.problems
    assert path.exists(), "a store that is in use is not set aside"
    assert known(cache) == 3
