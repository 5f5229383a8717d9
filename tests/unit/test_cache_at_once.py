"""Runs that are killed while they write, several at once, a store that is full or taken away.

Whatever happens to a run, the store is whole for the next, and no finding in it is wrong.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sqlite3
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from nixauth import cache as cache_module
from nixauth.cache import Cache, DiskStore
from nixauth.findings import Finding, Scope
from nixauth.model import Fingerprint, Introduction, ObjectId

SCOPE = Scope(
    Introduction(ObjectId(bytes(20)), Fingerprint("A" * 40)), ".authorizations", ".authorizations"
)


def commit(number: int) -> ObjectId:
    return ObjectId(hashlib.sha1(b"%d" % number).digest())


def finding(number: int) -> Finding:
    """Return what is to be known of a commit; rows come in several lengths."""
    key = Fingerprint(f"{number % 7:040X}")
    positions = (0, 8 + number % 30) if number % 11 == 0 else (number % 2,)
    return Finding(key, (key,), f"p{number % 7}", False, positions, number % 3 == 0)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "nixauth")


def opened(cache: Cache) -> DiskStore:
    store = cache.open(SCOPE)
    assert isinstance(store, DiskStore)
    return store


def read(cache: Cache, numbers: range) -> list[Finding | None]:
    store = opened(cache)
    store.ahead([commit(n) for n in numbers])
    found = [store.get(commit(n)) for n in numbers]
    store._close()
    return found


def child(work: Callable[[], None]) -> int:
    """Do it in another process, which ends with 0 if nothing was raised."""
    process = os.fork()
    if process:
        return process
    try:
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        os._exit(1)


def write_on(directory: Path, start: int, tell: int) -> None:
    """Write findings for ever, and tell how far it is after each transaction."""
    store = opened(Cache(directory))
    os.write(tell, start.to_bytes(4, "big"))
    while True:
        upto = start + store.batch
        store.put([(commit(n), finding(n)) for n in range(start, upto)])
        os.write(tell, upto.to_bytes(4, "big"))
        start = upto


def killed(directory: Path, start: int, seconds: float) -> int:
    """Have findings written from a number on, by a run that is killed; say how far it told."""
    hear, tell = os.pipe()
    process = child(lambda: write_on(directory, start, tell))
    os.close(tell)
    if seconds > 0.002:
        os.read(hear, 4)  # it writes by now
    time.sleep(seconds)
    os.kill(process, signal.SIGKILL)
    assert os.waitpid(process, 0)[1] == signal.SIGKILL
    with os.fdopen(hear, "rb") as pipe:
        told = pipe.read()
    return int.from_bytes(told[-4:], "big") if told else start


@pytest.mark.parametrize("part", range(5))
def test_killed_at_random_moments(cache: Cache, part: int) -> None:
    """Ten times in each part: what was written is there, and of a batch all or nothing."""
    moments = random.Random(part)
    done = 0
    for attempt in range(10):
        # Now and then while the store is made or opened.
        seconds = moments.uniform(0, 0.002 if attempt % 3 == 0 else 0.06)
        begun = done
        told = killed(cache.directory, begun, seconds)
        upto = told + 20_000
        found = read(cache, range(upto))
        assert not cache.problems
        done = found.index(None)
        # What was written is kept, and what was being written is there whole or not at all.
        assert done in (told, told + max(256, (told - begun) // 8))
        assert found[:done] == [finding(n) for n in range(done)]
        assert found[done:] == [None] * (upto - done)
    store = opened(cache)
    store.put([(commit(n), finding(n)) for n in range(done, done + 500)])
    store._close()
    assert read(cache, range(done + 500)) == [finding(n) for n in range(done + 500)]
    assert not cache.problems
    assert done > 0, "something was written at all"


# --- several at once ---

SHARED = range(6000)


def found_by(writer: int, number: int) -> Finding:
    key = Fingerprint("B" * 40)
    return Finding(key, (key,), "bob", False, (writer,), writer == 1)


def test_two_writers_and_two_readers(cache: Cache) -> None:
    """They begin with nothing there; what both find of a commit is joined."""
    either = [found_by(0, 0), found_by(1, 0)]
    joined = either[0].joined(either[1])
    hold, go = os.pipe()

    def write(writer: int) -> None:
        os.read(hold, 1)
        mine = Cache(cache.directory)
        store = opened(mine)
        order = list(SHARED)
        random.Random(writer).shuffle(order)
        for start in range(0, len(order), 500):
            store.put([(commit(n), found_by(writer, n)) for n in order[start : start + 500]])
        assert not mine.problems

    def look(seed: int) -> None:
        os.read(hold, 1)
        mine = Cache(cache.directory)
        for count, n in enumerate(random.Random(seed).sample(SHARED, 1500)):
            if count % 100 == 0:
                store = opened(mine)
            if count % 2:
                store.ahead([commit(n), commit(n + 1)])
            assert store.get(commit(n)) in (None, *either, joined)
        assert not mine.problems

    processes = [child(lambda w=w: write(w)) for w in (0, 1)]  # type: ignore[misc]
    processes += [child(lambda r=r: look(r)) for r in (2, 3)]  # type: ignore[misc]
    os.write(go, b"xxxx")
    assert [os.waitpid(process, 0)[1] for process in processes] == [0, 0, 0, 0]
    os.close(hold)
    os.close(go)
    assert read(cache, SHARED) == [joined] * len(SHARED)
    assert not cache.problems


def test_a_run_that_found_nothing_joins_what_another_wrote_meanwhile(cache: Cache) -> None:
    one, two = opened(cache), opened(cache)
    two.put([(commit(1), found_by(1, 1))])
    one.put([(commit(1), found_by(0, 1)), (commit(2), found_by(0, 2))])
    joined = found_by(1, 1).joined(found_by(0, 1))
    assert read(cache, range(1, 3)) == [joined, found_by(0, 2)]


def test_a_commit_that_is_twice_in_a_batch(cache: Cache) -> None:
    opened(cache).put([(commit(1), found_by(w, 1)) for w in (0, 1, 2)])
    joined = found_by(0, 1).joined(found_by(1, 1)).joined(found_by(2, 1))
    assert read(cache, range(1, 2)) == [joined]


# --- no room, no file ---


@pytest.mark.parametrize("pages", [5, 6, 12])
def test_no_room_for_more(cache: Cache, pages: int) -> None:
    store = opened(cache)
    store.put([(commit(n), finding(n)) for n in range(50)])
    assert store._database is not None
    store._database.execute(f"PRAGMA max_page_count = {pages}")
    for start in range(50, 20_050, 5000):
        store.put([(commit(n), finding(n)) for n in range(start, start + 5000)])
    (problem,) = cache.problems
    assert "nothing more is remembered: database or disk is full" in problem
    store._close()
    again = Cache(cache.directory)
    found = read(again, range(20_050))
    assert found[:50] == [finding(n) for n in range(50)]
    assert set(found[50:]) <= {None, *(finding(n) for n in range(50, 20_050))}
    store = opened(again)
    store.put([(commit(n), finding(n)) for n in range(20_050)])
    assert read(again, range(20_050)) == [finding(n) for n in range(20_050)]
    assert not again.problems


@pytest.mark.parametrize("replaced", [True, False])
def test_a_file_that_was_taken_away_is_not_written(cache: Cache, replaced: bool) -> None:
    """Its journal would have the name of the journal of the one that is there now."""
    store = opened(cache)
    store.put([(commit(1), finding(1))])
    path = cache.path(SCOPE)
    path.rename(path.with_suffix(".set-aside"))
    other = Cache(cache.directory)
    if replaced:
        opened(other).put([(commit(2), finding(2))])
    store.put([(commit(3), finding(3))])
    store.put([(commit(4), finding(4))])
    (problem,) = cache.problems
    assert "nothing more is remembered: the file is gone" in problem
    with sqlite3.connect(path.with_suffix(".set-aside")) as database:
        assert database.execute("SELECT count(*) FROM commits").fetchone() == (1,)
    assert read(other, range(1, 4)) == [None, finding(2) if replaced else None, None]
    assert not other.problems


def test_what_another_run_set_aside_is_not_set_aside_again(cache: Cache) -> None:
    store = opened(cache)
    path = cache.path(SCOPE)
    path.rename(path.with_suffix(".set-aside"))
    other = Cache(cache.directory)
    opened(other).put([(commit(2), finding(2))])
    store._lose(sqlite3.DatabaseError("malformed"))
    assert store.get(commit(2)) is None
    assert read(other, range(2, 3)) == [finding(2)]
    assert not other.problems


# --- what is held in memory changes no answer ---


def test_what_was_asked_before_is_asked_again_once_it_is_known(cache: Cache) -> None:
    opened(cache).put([(commit(1), found_by(0, 1))])
    store = opened(cache)
    store.ahead([commit(1), commit(2)])
    assert [store.get(commit(n)) for n in (1, 2)] == [found_by(0, 1), None]
    store.put([(commit(n), found_by(1, n)) for n in (1, 2)])
    joined = found_by(0, 1).joined(found_by(1, 1))
    assert [store.get(commit(n)) for n in (1, 2)] == [joined, found_by(1, 2)]


def test_findings_that_are_alike_are_one_object(cache: Cache) -> None:
    opened(cache).put([(commit(n), finding(0)) for n in range(5)])
    store = opened(cache)
    assert len({id(store.get(commit(n))) for n in range(5)}) == 1


def test_little_is_held(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "_RECENT", 3)
    monkeypatch.setattr("nixauth.cache_rows._KEPT", 2)
    opened(cache).put([(commit(n), finding(n)) for n in range(100)])
    store = opened(cache)
    for n in [*range(100), *range(100)]:
        assert store.get(commit(n)) == finding(n)
        assert len(store._recent) <= 3
        assert len(store._rows._unpacked) <= 2
    assert read(cache, range(100)) == [finding(n) for n in range(100)]
    store.put([(commit(n), finding(n)) for n in range(100, 200)])
    assert len(store._rows._packed) <= 2


def test_numbers_given_in_a_transaction_that_failed_are_void(cache: Cache) -> None:
    """Another run may have given the same number to another signer meanwhile."""
    store = opened(cache)

    def interrupted() -> list[tuple[ObjectId, Finding]]:
        return [(commit(1), finding(1)), (commit(2), None)]  # type: ignore[list-item]

    with pytest.raises(AttributeError):
        store.put(interrupted())
    opened(cache).put([(commit(3), finding(3))])
    store.put([(commit(1), finding(1))])
    assert read(cache, range(1, 4)) == [finding(1), None, finding(3)]


def test_a_signer_with_the_largest_number(cache: Cache) -> None:
    opened(cache).put([(commit(1), finding(1))])
    with sqlite3.connect(cache.path(SCOPE)) as database:
        database.execute(f"UPDATE signers SET id = {2**63 - 1}")
        database.execute(f"UPDATE commits SET signer = {2**63 - 1}")
    database.close()
    opened(cache).put([(commit(8), finding(1))])
    assert read(cache, range(1, 9))[::7] == [finding(1), finding(1)]
