"""Where two commits parted, and what is said where that cannot be seen."""

from __future__ import annotations

import pytest

from nixauth.errors import CorruptObjectError, MissingObjectError, ShallowHistoryError
from nixauth.history.memory import MemoryObjects
from nixauth.merging import ancestry
from nixauth.merging.ancestry import Parting, parting
from nixauth.model import ObjectId
from tests.unit.cli.places import Maker


class Clone(MemoryObjects):
    """Objects of which one is damaged, and where a clone may end."""

    ends: frozenset[ObjectId] = frozenset()
    read = 0
    damaged: ObjectId | None = None

    def commit(self, object_id: ObjectId) -> bytes:
        self.read += 1
        if object_id == self.damaged:
            raise CorruptObjectError("damaged")
        return super().commit(object_id)

    def shallow(self) -> frozenset[ObjectId]:
        return self.ends


def ids(*names: bytes) -> tuple[ObjectId, ...]:
    return tuple(map(ObjectId, names))


def found(objects: MemoryObjects, base: bytes, head: bytes) -> Parting:
    return parting(objects, ObjectId(base), ObjectId(head))


def test_heads_side_has_to_be_there() -> None:
    maker = Maker()
    first = maker.commit()
    gone, base = maker.commit(first), maker.commit(first)
    head = maker.commit(gone)
    del maker.objects[gone]
    with pytest.raises(MissingObjectError):
        found(MemoryObjects(maker.objects), base, head)
    clone = Clone(maker.objects)
    clone.ends = frozenset(ids(head))
    with pytest.raises(ShallowHistoryError, match="shallow"):
        found(clone, base, head)


def test_damage_at_the_boundary_is_damage() -> None:
    maker = Maker()
    first = maker.commit()
    middle, base = maker.commit(first), maker.commit(first)
    head = maker.commit(middle)
    clone = Clone(maker.objects)
    clone.ends, clone.damaged = frozenset(ids(head)), ObjectId(middle)
    with pytest.raises(CorruptObjectError):
        found(clone, base, head)


def test_base_s_side_may_end() -> None:
    maker = Maker()
    made = maker.chain(3)
    head = maker.commit(made[1])
    del maker.objects[made[0]]
    objects = MemoryObjects(maker.objects)
    assert found(objects, made[2], head) == Parting(ids(head), ids(made[1]))


def test_dates_that_are_wrong_do_not_make_a_commit_new() -> None:
    """BASE's side goes by a commit that says it is older than what it descends from."""
    maker = Maker()
    first = maker.commit()
    shared = maker.commit(first)
    maker.date -= 1_000_000
    base = maker.commit(maker.commit(shared))
    maker.date += 2_000_000
    head = maker.commit(shared)
    objects = MemoryObjects(maker.objects)
    assert found(objects, base, head) == Parting(ids(head), ids(shared))


def test_a_long_branch_does_not_make_the_walk_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is looked at further is BASE's side, counted from where HEAD's ends."""
    monkeypatch.setattr(ancestry, "_FURTHER", 5)
    maker = Maker()
    made = maker.chain(60)
    head = made[-1]
    for _ in range(20):
        head = maker.commit(head)
    clone = Clone(maker.objects)
    assert len(found(clone, made[-1], head).new) == 20
    assert clone.read <= 20 + 1 + 5 + 1


def test_a_merge_base_is_behind_no_other() -> None:
    maker = Maker()
    made = maker.chain(3)
    base, head = maker.commit(made[2]), maker.commit(made[2], made[1])
    objects = MemoryObjects(maker.objects)
    assert found(objects, base, head) == Parting(ids(head), ids(made[2]))
