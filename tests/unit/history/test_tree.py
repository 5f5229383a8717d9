"""Trees: one entry, found surely or not at all."""

from __future__ import annotations

import random
import time

import pytest

from nixauth.history import tree as trees
from nixauth.history.memory import MemoryObjects
from nixauth.history.tree import BadTree, Entry, entries, find_entry, walk_entries
from nixauth.model import ObjectId
from tests.support import commits

ID = bytes(range(20))
NAME = b".authorizations"


def tree(*listed: tuple[str, str] | tuple[str, str, bytes]) -> bytes:
    """Make a tree of modes and names in the order given."""
    full = [(one[0], one[1], one[2] if len(one) > 2 else ID) for one in listed]
    return commits.tree_content(full, as_given=True)


FILE, FOLDER = "100644", "40000"


@pytest.mark.parametrize("mode", ["100644", "100755", "100664", "120000", "160000", "40000"])
def test_found_with_its_mode(mode: str) -> None:
    content = tree((FILE, "-a"), (mode, ".authorizations"), (FILE, "b"))
    assert find_entry(content, NAME) == Entry(mode.encode(), ObjectId(ID))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        tree((FILE, "a"), (FILE, "b")),
        tree((FILE, ".authorization"), (FILE, ".authorizations2")),
        tree((FILE, ".Authorizations")),
        tree((FOLDER, "a"), (FILE, "b")),
    ],
)
def test_not_there(content: bytes) -> None:
    assert find_entry(content, NAME) is None


BAD = {
    "twice": tree((FILE, ".authorizations"), (FILE, ".authorizations")),
    "twice, apart": tree((FILE, ".authorizations"), (FILE, "b"), (FILE, ".authorizations")),
    "file and folder": tree((FILE, ".authorizations"), (FOLDER, ".authorizations")),
    "folder and file": tree((FOLDER, ".authorizations"), (FILE, ".authorizations")),
    "file, between, folder": tree(
        (FILE, ".authorizations"), (FILE, ".authorizations-x"), (FOLDER, ".authorizations")
    ),
    "after a greater one": tree((FILE, "b"), (FILE, ".authorizations")),
    "after a greater one, far": tree((FILE, "b"), (FILE, "-"), (FILE, ".authorizations")),
    "before a smaller one": tree((FILE, ".authorizations"), (FILE, "-")),
    "before a smaller one, far": tree((FILE, ".authorizations"), (FILE, "b"), (FILE, "-")),
    "folder sorted as a file": tree((FOLDER, ".authorizations"), (FILE, ".authorizations-x")),
    "file sorted as a folder": tree((FILE, ".authorizations.x"), (FILE, ".authorizations")),
    "cut in the id": tree((FILE, ".authorizations"))[:-1],
    "cut in the name": tree((FILE, ".authorizations"), (FILE, "b"))[:-22],
    "cut before": tree((FILE, "-"))[:-3],
    "bytes behind": tree((FILE, ".authorizations")) + b"\0",
    "zeros behind": tree((FILE, ".authorizations")) + bytes(21),
    "no mode": b".authorizations\0" + ID,
    "no name": b"100644 \0" + ID + tree((FILE, ".authorizations")),
    "garbage": b"\xff" * 100,
    "no NUL": b"100644 .authorizations",
}


@pytest.mark.parametrize("name", BAD)
def test_no_certain_answer(name: str) -> None:
    assert isinstance(find_entry(BAD[name], NAME), BadTree), find_entry(BAD[name], NAME)


def test_disorder_elsewhere_changes_nothing() -> None:
    """Readers agree on the entry when only others are in disorder, all on one side of it."""
    content = tree((FILE, ".authorizations"), (FILE, "c"), (FILE, "b"))
    assert isinstance(find_entry(content, NAME), Entry)


def test_ids_that_look_like_entries() -> None:
    spoof = b"100644 .authorizatio"  # 20 bytes
    assert len(spoof) == 20
    content = tree((FILE, "a", spoof), (FILE, "b", bytes(20)), (FILE, "c", b" \0" * 10))
    assert find_entry(content, NAME) is None
    content = tree((FILE, ".authorizations", spoof), (FILE, "b", b"\n" * 20))
    assert find_entry(content, NAME) == Entry(b"100644", ObjectId(spoof))


def slow(content: bytes, name: bytes) -> object:
    """Look an entry up with no cleverness: entry after entry."""
    listed, at = [], 0
    while at < len(content):
        nul = content.find(b"\0", at)
        mode, space, entry = content[at:nul].partition(b" ") if nul > at else (b"", b"", b"")
        if not space or not entry or nul + 21 > len(content):
            return "bad"
        listed.append((mode, entry, content[nul + 1 : nul + 21]))
        at = nul + 21
    found = [one for one in listed if one[1] == name]
    if len(found) > 1:
        return "bad"
    if not found:
        return None
    place = listed.index(found[0])
    keys = [entry + b"/" if mode == b"40000" else entry for mode, entry, _ in listed]
    before, after = keys[:place], keys[place + 1 :]
    if any(key >= keys[place] for key in before) or any(key <= keys[place] for key in after):
        return "bad"
    return Entry(found[0][0], ObjectId(found[0][2]))


def test_the_quick_way_finds_what_the_slow_one_does() -> None:
    """Random trees, good ones and damaged ones, through one finder that remembers layouts."""
    source = random.Random(7)
    finder = trees.EntryFinder(NAME)
    names = [".authorizations", ".authorizations-x", ".a", "b", "c", "zz", "-"]
    kept: list[bytes] = []
    for _ in range(6000):
        if kept and source.random() < 0.5:
            content = bytearray(source.choice(kept))
            for _ in range(source.choice((1, 1, 2, 5))):
                if content:
                    content[source.randrange(len(content))] = source.choice((0, 32, 48, 255, 97))
            content = bytes(content)
        else:
            chosen = source.sample(names, source.randrange(len(names)))
            listed = [
                (source.choice((FILE, FOLDER, "100755")), one, source.randbytes(20))
                for one in chosen
            ]
            content = commits.tree_content(listed, as_given=source.random() < 0.3)
            kept.append(content)
        found, wanted = finder.find(content), slow(content, NAME)
        if wanted == "bad":
            assert isinstance(found, BadTree), content
        else:
            assert found == wanted, content
        assert find_entry(content, NAME) == found


def test_linear_time() -> None:
    large = b"".join(b"100644 %06d\0" % n + ID for n in range(100_000))
    begun = time.process_time()
    assert find_entry(large, NAME) is None
    assert isinstance(find_entry(large + b"x" * 1_000_000, NAME), BadTree)
    assert isinstance(find_entry(b"7" * 3_000_000, NAME), BadTree)
    assert time.process_time() - begun < 5


# --- key files ---


def test_walk_finds_files_anywhere() -> None:
    objects: commits.Objects = {}
    blob = commits.add(objects, "blob", b"x")
    files = dict.fromkeys(("a.key", "b/c.key", "b/d/e.key", "z.key"), (FILE, blob))
    files["b/link.key"] = ("120000", blob)
    files["sub.key"] = ("160000", blob)
    root = commits.add_tree(objects, files)
    found = [path for path, _ in walk_entries(MemoryObjects(objects), ObjectId(root))]
    assert found == [b"a.key", b"z.key", b"b/c.key", b"b/d/e.key"]


def test_walk_of_a_bomb_ends() -> None:
    """A tree that holds another one many times over, and so on, is read once."""
    objects: commits.Objects = {}
    blob = commits.add(objects, "blob", b"x")
    inner = commits.add_tree(objects, {"x.key": (FILE, blob)})
    for _ in range(200):
        content = commits.tree_content([(FOLDER, f"{n:03}", inner) for n in range(100)])
        inner = commits.add(objects, "tree", content)
    assert len(list(walk_entries(MemoryObjects(objects), ObjectId(inner)))) <= 1


def test_entries_stop_where_it_is_cut() -> None:
    whole = tree((FILE, "a"), (FILE, "b"))
    assert [name for name, _ in entries(whole)] == [b"a", b"b"]
    assert [name for name, _ in entries(whole[:-1])] == [b"a"]
    assert list(entries(b"garbage")) == []
