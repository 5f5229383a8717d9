"""Rows of the cache: each part of one is under its checksum, and comes back as it was put in."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from nixauth.cache import Cache
from nixauth.findings import Finding, Scope
from nixauth.model import Fingerprint, Introduction, ObjectId

COMMIT = ObjectId(bytes(20))
SCOPE = Scope(Introduction(COMMIT, Fingerprint("A" * 40)), ".authorizations", ".authorizations")
FINDING = Finding(
    Fingerprint("B" * 40),
    (Fingerprint("C" * 40),),
    "bob",
    service=False,
    admitted_by=(0, 9),
    line=False,
)
SERVICE = Finding(Fingerprint("B" * 40), (), "forge", service=True, admitted_by=(1,), line=True)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "nixauth")


def put(cache: Cache, finding: Finding) -> None:
    store = cache.open(SCOPE)
    store.put([(COMMIT, finding)])
    store._close()  # type: ignore[attr-defined]


def change(cache: Cache, statement: str, *values: object) -> None:
    database = sqlite3.connect(cache.path(SCOPE))
    database.execute(statement, values)
    database.commit()
    database.close()


def get(cache: Cache) -> Finding | None:
    store = cache.open(SCOPE)
    found = store.get(COMMIT)
    store._close()  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("finding", [FINDING, SERVICE])
def test_what_is_put_in_comes_back(cache: Cache, finding: Finding) -> None:
    put(cache, finding)
    assert get(cache) == finding
    assert not cache.problems


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("fingerprint", "D" * 40),
        ("primaries", ""),
        ("primaries", "D" * 40),
        ("primaries", f"{'C' * 40} {'D' * 40}"),
        ("person", "eve"),
        ("service", 1),
    ],
)
def test_a_signer_that_was_changed(cache: Cache, column: str, value: object) -> None:
    put(cache, FINDING)
    change(cache, f"UPDATE signers SET {column} = ?", value)
    assert get(cache) is None


@pytest.mark.parametrize("position", range(11))
def test_a_finding_that_was_changed(cache: Cache, position: int) -> None:
    put(cache, FINDING)
    database = sqlite3.connect(cache.path(SCOPE))
    [(found,)] = database.execute("SELECT finding FROM commits").fetchall()
    database.close()
    assert len(found) == 11
    spoilt = bytearray(found)
    spoilt[position] ^= 1
    change(cache, "UPDATE commits SET finding = ?", bytes(spoilt))
    assert get(cache) is None


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE more (x)",
        "CREATE VIEW v AS SELECT 1",
        "CREATE TRIGGER t AFTER INSERT ON commits BEGIN DELETE FROM commits; END",
    ],
)
def test_other_tables_are_another_store(cache: Cache, statement: str) -> None:
    put(cache, FINDING)
    change(cache, statement)
    assert get(cache) is None
    assert "set aside" in " ".join(cache.problems)


def test_what_two_runs_found_is_joined(cache: Cache) -> None:
    found_more = Finding(
        FINDING.signer, FINDING.primaries, "bob", service=False, admitted_by=(2,), line=True
    )
    for first, second in ((FINDING, found_more), (found_more, FINDING)):
        joined = first.joined(second)
        assert (joined.admitted_by, joined.line) == ((0, 2, 9), True)
    put(cache, found_more)
    put(cache, FINDING)
    found = get(cache)
    assert found is not None
    assert (found.admitted_by, found.line) == ((0, 2, 9), True)


def test_a_row_whose_id_is_text_is_passed_over(cache: Cache) -> None:
    """SQLite keeps a text in a column of octets; a store that is read at once has it before it."""
    put(cache, FINDING)
    change(cache, "INSERT INTO commits SELECT 'text', signer, finding FROM commits")
    cache.whole = True
    assert get(cache) == FINDING
