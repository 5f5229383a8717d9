"""What audits keep, and a store that is read at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from nixauth import ahead
from nixauth import facts as facts_module
from nixauth.cache import Cache
from nixauth.facts import Fact, Facts, Known
from nixauth.findings import Finding, Scope
from nixauth.history.repository import Repository
from nixauth.model import Fingerprint, Introduction, ObjectId
from nixauth.signatures.commit_object import Outline
from tests.unit.audit.conftest import Audited, fingerprint


def commit(number: int) -> ObjectId:
    return ObjectId(number.to_bytes(20, "big"))


def known(*parents: int, blob: int | None = 7) -> Known:
    fact = Fact("RSA", "SHA-256", commit(blob) if blob is not None else None)
    return Known(fact, Outline(tuple(map(commit, parents)), signed=True, date=1_700_000_000))


def written(folder: Path, rows: Mapping[ObjectId, Known], place: bytes = b"place") -> Path:
    """Write facts to a cache, and return the file."""
    Facts(folder / "cache", place).add([*rows.items()])
    (file,) = (folder / "cache").iterdir()
    return file


def read(folder: Path, place: bytes = b"place") -> Facts:
    facts = Facts(folder / "cache", place)
    facts.load()
    return facts


ROWS = {
    commit(1): known(2),
    commit(3): known(),
    commit(4): known(5, 6, 7, blob=None),
    commit(8): known(9, blob=10),
}


def test_there_and_back(tmp_path: Path) -> None:
    file = written(tmp_path, ROWS)
    again = read(tmp_path)
    for name, row in ROWS.items():
        assert again.get(name) == row.fact
        assert again.outline(name) == row.outline
    assert again.get(commit(99)) is None
    assert again.outline(commit(99)) is None
    assert read(tmp_path, b"another place").get(commit(1)) is None
    assert Facts(None, b"place").get(commit(1)) is None
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_is_new_is_added_at_the_end(tmp_path: Path) -> None:
    file = written(tmp_path, ROWS)
    before = file.read_bytes()
    written(tmp_path, {commit(20): known(21)})
    facts = read(tmp_path)
    facts.add([(commit(30), known(31)), (commit(1), known(5))])
    assert file.read_bytes().startswith(before)
    for found in (facts, read(tmp_path)):
        assert found.outline(commit(8)) == ROWS[commit(8)].outline
        assert found.outline(commit(20)) == known(21).outline
        assert found.outline(commit(30)) == known(31).outline
        assert found.outline(commit(1)) == known(5).outline


@pytest.mark.parametrize("by", [lambda data: data[:-1], lambda data: data[:-5] + b"12345"])
def test_what_stands_before_damage_is_kept_and_the_file_is_mended(
    tmp_path: Path, by: Callable[[bytes], bytes]
) -> None:
    file = written(tmp_path, ROWS)
    written(tmp_path, {commit(20): known(21)})
    file.write_bytes(by(file.read_bytes()))
    written(tmp_path, {commit(30): known(31)})
    facts = read(tmp_path)
    assert [facts.get(commit(n)) is not None for n in (8, 20, 30)] == [True, False, False]
    facts.add([(commit(20), known(21))])
    again = read(tmp_path)
    assert [again.get(commit(n)) is not None for n in (8, 20, 30)] == [True, True, False]
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [file.name]


def test_a_file_in_too_many_pieces_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts_module, "_MOST_SEGMENTS", 3)
    for number in range(8):
        file = written(tmp_path, {commit(1): known(number)})
    size = file.stat().st_size
    read(tmp_path).add([(commit(2), known(3))])
    assert file.stat().st_size < size / 3
    assert read(tmp_path).outline(commit(1)) == known(7).outline


def test_a_file_that_is_too_large_is_left_to_the_next_audit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path, ROWS)
    size = file.stat().st_size
    monkeypatch.setattr(facts_module, "_LARGEST", size - 1)
    written(tmp_path, {commit(20): known(21)})
    assert file.stat().st_size == size
    facts = read(tmp_path)
    assert facts.get(commit(8)) is None
    facts.add([(commit(20), known(21))])
    assert file.stat().st_size < size
    assert read(tmp_path).outline(commit(20)) == known(21).outline


def test_more_parents_than_there_is_room_for(tmp_path: Path) -> None:
    written(tmp_path, {commit(1): known(*range(2, 300)), commit(400): known(401)})
    again = read(tmp_path)
    assert again.get(commit(1)) is None
    assert again.get(commit(400)) is not None


def test_a_file_of_another_place_is_not_read(tmp_path: Path) -> None:
    one = written(tmp_path, {commit(1): known(2)}, b"one")
    Facts(tmp_path / "cache", b"two").add([(commit(3), known(4))])
    (two,) = {*(tmp_path / "cache").iterdir()} - {one}
    one.write_bytes(two.read_bytes())
    assert read(tmp_path, b"one").get(commit(3)) is None
    assert read(tmp_path, b"two").get(commit(3)) is not None


def test_files_that_others_can_write_are_not_read(tmp_path: Path) -> None:
    file = written(tmp_path, {commit(1): known(2)})
    file.chmod(0o666)
    before = file.read_bytes()
    written(tmp_path, {commit(5): known(6)})
    assert file.read_bytes() == before
    facts = read(tmp_path)
    assert facts.get(commit(1)) is None
    facts.add([(commit(3), known(4))])
    assert file.stat().st_mode & 0o777 == 0o600
    assert [read(tmp_path).get(commit(n)) is not None for n in (1, 3)] == [False, True]


def test_nothing_new_is_not_written(tmp_path: Path) -> None:
    Facts(tmp_path / "cache", b"").add([])
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_the_first_audit_after_a_verify_reads_no_commit_again(
    audited: Audited, monkeypatch: pytest.MonkeyPatch, jobs: str
) -> None:
    monkeypatch.setattr(ahead, "_WORTH", 4)
    audited.commit(people=("alice", "bob"))
    for number in range(30):
        audited.commit(people=("alice", "bob"), signer="bob" if number % 3 else "alice")
    audited.write()
    plain = audited.json("--no-cache")
    trust = ["--introduction", audited.made[0].hex(), "--signer", fingerprint("alice")]
    verify = ["verify", "-C", audited.repository, *trust, "--jobs", jobs]
    assert audited.box.run(*verify, audited.made[12].hex()).code == 0
    assert audited.box.run(*verify).code == 0
    asked = []
    commit_of = Repository.commit
    monkeypatch.setattr(
        Repository, "commit", lambda self, one: asked.append(one) or commit_of(self, one)
    )
    found = audited.json()
    assert not {*asked} & {*audited.made[1:-1]}
    for one in (plain, found):
        del one["now"]
    assert found == plain


@pytest.mark.parametrize("whole", [False, True])
def test_a_store_that_is_read_at_once(tmp_path: Path, whole: bool) -> None:
    scope = Scope(Introduction(commit(1), Fingerprint("A" * 40)), ".authorizations", "native")
    finding = Finding(Fingerprint("B" * 40), (), "bob", service=False, admitted_by=(0,), line=False)
    Cache(tmp_path / "cache").open(scope).put([(commit(2), finding)])
    cache = Cache(tmp_path / "cache", whole=whole)
    store = cache.open(scope)
    store.ahead([commit(2), commit(3)])
    assert store.get(commit(2)) == finding
    assert store.get(commit(3)) is None
    more = Finding(finding.signer, (), "bob", service=False, admitted_by=(1,), line=True)
    store.put([(commit(2), more), (commit(3), more)])
    assert store.get(commit(2)) == finding.joined(more)
    assert store.get(commit(3)) == more
    assert Cache(tmp_path / "cache").open(scope).get(commit(2)) == finding.joined(more)
    assert cache.problems == []
