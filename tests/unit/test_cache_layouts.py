"""Stores that an earlier or later release wrote: read, or set aside where the layout is another."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest

from nixauth.cache import LAYOUT, Cache
from nixauth.findings import Finding, Scope
from nixauth.model import Fingerprint, Introduction, ObjectId

SCOPE = Scope(
    Introduction(ObjectId(bytes(20)), Fingerprint("A" * 40)), ".authorizations", ".authorizations"
)
LAYOUT_1 = """
CREATE TABLE scope (text TEXT NOT NULL);
CREATE TABLE signers (
    id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, primaries TEXT NOT NULL,
    person TEXT NOT NULL, service INTEGER NOT NULL,
    UNIQUE (fingerprint, primaries, person, service));
CREATE TABLE commits (
    id BLOB PRIMARY KEY, signer INTEGER NOT NULL, finding BLOB NOT NULL) WITHOUT ROWID;
"""
COMMITS = [ObjectId(hashlib.sha1(b"%d" % n).digest()) for n in range(300)]
FOUND = Finding(
    Fingerprint("B" * 40),
    (Fingerprint("C" * 40), Fingerprint("D" * 40)),
    "bob",
    service=False,
    admitted_by=(0, 9),
    line=True,
)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "nixauth")


def write(cache: Cache, layout: int) -> Path:
    """Make a store of layout 1 by SQL alone, with pages of 4096 bytes as there were at first."""
    cache.directory.mkdir(mode=0o700)
    path = cache.path(SCOPE)
    path.touch(0o600)
    database = sqlite3.connect(path)
    database.execute("PRAGMA page_size = 4096")
    database.executescript(LAYOUT_1)
    database.execute("INSERT INTO scope VALUES (?)", (SCOPE.text(),))
    primaries = f"{'C' * 40} {'D' * 40}"
    database.execute("INSERT INTO signers VALUES (7, ?, ?, 'bob', 0)", ("B" * 40, primaries))
    body = b"\x01\x01\x02"  # a line; parents 0 and 9
    for commit in COMMITS:
        checked = commit + f"{'B' * 40}\0{primaries}\0bob\x000\0".encode() + body
        key = hashlib.sha256(SCOPE.text().encode()).digest()
        checksum = hashlib.blake2b(checked, digest_size=8, key=key).digest()
        database.execute("INSERT INTO commits VALUES (?, 7, ?)", (commit, checksum + body))
    database.execute(f"PRAGMA user_version = {layout}")
    database.commit()
    database.close()
    return path


def test_a_store_of_layout_1_is_read_and_written(cache: Cache) -> None:
    """Raise LAYOUT where this fails, and have such a store set aside."""
    assert LAYOUT == 1
    write(cache, 1)
    store = cache.open(SCOPE)
    assert [store.get(commit) for commit in COMMITS] == [FOUND] * 300
    more = [ObjectId(hashlib.sha1(b"more %d" % n).digest()) for n in range(300)]
    store.put([(commit, FOUND) for commit in more])
    store = cache.open(SCOPE)
    assert [store.get(commit) for commit in COMMITS + more] == [FOUND] * 600
    assert not cache.problems


def test_what_is_written_now_is_layout_1(cache: Cache, tmp_path: Path) -> None:
    """An earlier release finds what it would have written, but for the numbers of signers."""
    old = Cache(tmp_path / "old")
    write(old, 1)
    store = cache.open(SCOPE)
    store.put([(commit, FOUND) for commit in COMMITS])
    rows = []
    for path in (old.path(SCOPE), cache.path(SCOPE)):
        database = sqlite3.connect(path)
        found = database.execute(
            "SELECT commits.id, typeof(signer), finding, fingerprint, primaries, person, service"
            " FROM commits JOIN signers ON signers.id = signer"
        ).fetchall()
        rows.append((found, database.execute("PRAGMA user_version").fetchall()))
        database.close()
    assert rows[0] == rows[1]
    assert len(rows[0][0]) == 300


@pytest.mark.parametrize("layout", [-1, LAYOUT + 1, 77])
def test_another_layout_is_set_aside_whole(cache: Cache, layout: int) -> None:
    path = write(cache, layout)
    content = path.read_bytes()
    store = cache.open(SCOPE)
    assert [store.get(commit) for commit in COMMITS] == [None] * 300
    store.put([(COMMITS[0], FOUND)])
    (problem,) = cache.problems
    assert f"set aside as {path.stem}.set-aside: it is of another version ({layout})" in problem
    assert path.with_suffix(".set-aside").read_bytes() == content
    again = Cache(cache.directory)
    assert again.open(SCOPE).get(COMMITS[0]) == FOUND, "the next run has a good one"
    assert not again.problems
