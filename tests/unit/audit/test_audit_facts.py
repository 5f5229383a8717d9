"""What audits keep, and a store that is read at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from nixauth.audit.facts import Fact, Facts, Known
from nixauth.cache import Cache
from nixauth.findings import Finding, Scope
from nixauth.model import Fingerprint, Introduction, ObjectId
from nixauth.signatures.commit_object import Outline


def commit(number: int) -> ObjectId:
    return ObjectId(number.to_bytes(20, "big"))


def known(*parents: int, blob: int | None = 7) -> Known:
    fact = Fact("RSA", "SHA-256", commit(blob) if blob is not None else None)
    return Known(fact, Outline(tuple(map(commit, parents)), signed=True, date=1_700_000_000))


def test_there_and_back(tmp_path: Path) -> None:
    rows = {
        commit(1): known(2),
        commit(3): known(),
        commit(4): known(5, 6, 7, blob=None),
        commit(8): known(9, blob=10),
    }
    first = Facts(tmp_path / "cache", b"place")
    first.add(rows.items())
    first.save()
    again = Facts(tmp_path / "cache", b"place")
    for name, row in rows.items():
        assert again.get(name) == row.fact
        assert again.outline(name) == row.outline
    assert again.get(commit(99)) is None
    assert again.outline(commit(99)) is None
    assert Facts(tmp_path / "cache", b"another place").get(commit(1)) is None
    assert Facts(None, b"place").get(commit(1)) is None
    (file,) = (tmp_path / "cache").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_more_parents_than_there_is_room_for(tmp_path: Path) -> None:
    facts = Facts(tmp_path / "cache", b"")
    facts.add([(commit(1), known(*range(2, 300))), (commit(400), known(401))])
    facts.save()
    again = Facts(tmp_path / "cache", b"")
    assert again.get(commit(1)) is None
    assert again.get(commit(400)) is not None


def test_a_file_of_another_place_is_not_read(tmp_path: Path) -> None:
    facts = Facts(tmp_path / "cache", b"one")
    facts.add([(commit(1), known(2))])
    facts.save()
    other = Facts(tmp_path / "cache", b"two")
    other.add([(commit(3), known(4))])
    other.save()
    one, two = sorted((tmp_path / "cache").iterdir())
    one.write_bytes(two.read_bytes())
    found = [Facts(tmp_path / "cache", place).get(commit(n)) for place in (b"one", b"two")
             for n in (1, 3)]  # fmt: skip
    assert sum(fact is not None for fact in found) == 1


def test_files_that_others_can_write_are_not_read(tmp_path: Path) -> None:
    facts = Facts(tmp_path / "cache", b"")
    facts.add([(commit(1), known(2))])
    facts.save()
    (file,) = (tmp_path / "cache").iterdir()
    file.chmod(0o666)
    assert Facts(tmp_path / "cache", b"").get(commit(1)) is None


def test_nothing_new_is_not_written(tmp_path: Path) -> None:
    Facts(tmp_path / "cache", b"").save()
    assert not (tmp_path / "cache").exists()


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
