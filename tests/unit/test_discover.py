"""In which order commits are judged, and what is kept of them until then."""

from __future__ import annotations

import random

import pytest

from nixauth import discover
from nixauth.discover import Walk
from nixauth.history.memory import MemoryObjects
from nixauth.model import ObjectId
from nixauth.signatures.commit_object import outline
from tests.unit.cli.places import Maker


def braid(seed: int, length: int = 40) -> tuple[Maker, bytes, list[bytes], list[bytes]]:
    """Make ancestors, an introduction, and unsigned commits with up to three parents."""
    chance = random.Random(seed)
    maker = Maker()
    before = [maker.commit(signer=None)]
    for _ in range(5):
        before.append(maker.commit(before[-1], signer=None))
    start = maker.commit(*before[-2:], signer=None)
    made = [start]
    for _ in range(length):
        some = [*made[-6:], chance.choice(before)]
        parents = chance.sample(some, min(len(some), chance.randint(1, 3)))
        made.append(maker.commit(*parents, signer=None))
    tip = maker.commit(*made[-3:], made[-1], signer=None)
    return maker, start, before, [*made[1:], tip]


def walk_of(maker: Maker, start: bytes) -> Walk:
    parents = outline(maker.objects[start][1]).parents
    return Walk(MemoryObjects(maker.objects), ObjectId(start), parents, lambda _: False)


def nothing(_done: int, _all: int) -> None:
    pass


@pytest.mark.parametrize("seed", range(20))
def test_each_once_and_after_its_parents(seed: int) -> None:
    maker, start, before, made = braid(seed)
    walk = walk_of(maker, start)
    tip = ObjectId(made[-1])
    walk.discover(tip, nothing)
    walk.pass_unsigned(nothing)
    walk.exhaust_ancestors()
    order = list(walk.parents_first(tip))
    assert order[-1] == tip
    assert len(set(order)) == len(order)
    assert not {*order} & {start, *before}
    place = {commit: number for number, commit in enumerate(order)}
    reached = {tip}
    for commit in reversed(order):
        assert commit in reached
        for parent in outline(maker.objects[commit][1]).parents:
            reached.add(parent)
            if parent not in {start, *before}:
                assert place[parent] < place[commit]
    assert order == list(walk.parents_first(tip)), "and the same once more"


# --- what is kept ---


def test_what_is_kept_is_given_once() -> None:
    maker = Maker()
    made = maker.chain(6)
    walk = walk_of(maker, made[0])
    walk.discover(ObjectId(made[-1]), nothing)
    room = walk._room
    for commit in reversed(made[1:]):
        content = maker.objects[commit][1]
        assert walk.kept(ObjectId(commit)) == content
        room += len(content)
        assert walk._room == room
        assert walk.kept(ObjectId(commit)) is None
        assert walk.content(ObjectId(commit)) == content, "it is read once more"
    assert room == discover._KEPT_BYTES


def test_no_more_is_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    maker = Maker()
    made = maker.chain(6)
    most = 2 * max(len(maker.objects[commit][1]) for commit in made)
    monkeypatch.setattr(discover, "_KEPT_BYTES", most)
    walk = walk_of(maker, made[0])
    walk.discover(ObjectId(made[-1]), nothing)
    assert sum(map(len, walk._contents.values())) <= most
    assert len(walk._contents) == 2
    for commit in made[1:]:
        assert walk.content(ObjectId(commit)) == maker.objects[commit][1]


def test_of_ancestors_nothing_is_kept() -> None:
    """The target's walk comes to this one first, since its child has an older date."""
    maker = Maker()
    root = maker.commit()
    maker.date -= 1_000_000
    start = maker.commit(maker.commit(root))
    maker.date += 2_000_000
    tip = maker.commit(start, root)
    walk = walk_of(maker, start)
    walk.discover(ObjectId(tip), nothing)
    walk.exhaust_ancestors()
    assert set(walk._contents) == {tip}
    assert walk._room == discover._KEPT_BYTES - len(maker.objects[tip][1])
