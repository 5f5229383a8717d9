"""Trees as they are read for an archive: the order of their entries, and what is refused."""

from __future__ import annotations

import hashlib

import pytest

from nixauth import MemoryObjects, ObjectId, UsageError
from nixauth.errors import CorruptObjectError, MissingObjectError
from nixauth.nar import (
    Caution,
    CautionKind,
    Limits,
    RefusedTreeError,
    Submodules,
    TreeFault,
    nar_hash,
)
from nixauth.nar.tree import Kind, hash_plain, read_tree
from tests.support.commits import Objects, add
from tests.support.nar_trees import File, Link, Module, Tree, put, put_commit

ID = bytes(range(20))


def entry(mode: bytes, name: bytes) -> bytes:
    return mode + b" " + name + b"\0" + ID


def refused(tree: Tree, **options: object) -> RefusedTreeError:
    objects: Objects = {}
    root = ObjectId(put(tree, objects))
    with pytest.raises(RefusedTreeError) as caught:
        nar_hash(MemoryObjects(objects), root, **options)  # type: ignore[arg-type]
    assert caught.value.kind == "refused-tree"
    return caught.value


def test_entries_in_the_order_of_an_archive() -> None:
    tree = entry(b"100644", b"a.b") + entry(b"40000", b"a") + entry(b"100755", b"a0")
    tree += entry(b"120000", b"b") + entry(b"160000", b"c")
    assert [(one.name, one.kind) for one in read_tree(tree)] == [
        (b"a", Kind.DIRECTORY),
        (b"a.b", Kind.FILE),
        (b"a0", Kind.EXECUTABLE),
        (b"b", Kind.LINK),
        (b"c", Kind.SUBMODULE),
    ]
    assert {one.object_id for one in read_tree(tree)} == {ID}
    assert read_tree(b"") == []


GOOD = entry(b"100644", b"m")
FAULTS = {
    "no NUL": (b"100644 m", TreeFault.CUT_OFF),
    "an id that is cut off": (GOOD[:-1], TreeFault.CUT_OFF),
    "a second entry that is cut off": (GOOD + entry(b"100644", b"n")[:-1], TreeFault.CUT_OFF),
    "something behind": (GOOD + b"\n", TreeFault.CUT_OFF),
    "no space": (b"100644m\0" + ID, TreeFault.CUT_OFF),
    "a space in the id only": (b"100644m\0" + b" " * 20, TreeFault.CUT_OFF),
    "no mode": (entry(b"", b"m"), TreeFault.MODE),
    "a mode with a zero": (entry(b"040000", b"m"), TreeFault.MODE),
    "group-writable": (entry(b"100664", b"m"), TreeFault.MODE),
    "setuid": (entry(b"104755", b"m"), TreeFault.MODE),
    "a pipe": (entry(b"10000", b"m"), TreeFault.MODE),
    "no name": (entry(b"100644", b""), TreeFault.NAME),
    "a dot": (entry(b"40000", b"."), TreeFault.NAME),
    "two dots": (entry(b"40000", b".."), TreeFault.NAME),
    "a slash": (entry(b"100644", b"a/b"), TreeFault.NAME),
    "a slash before": (entry(b"100644", b"/a"), TreeFault.NAME),
    ".git": (entry(b"40000", b".git"), TreeFault.DOT_GIT),
    ".GIT": (entry(b"100644", b".GiT"), TreeFault.DOT_GIT),
    "a name twice": (GOOD + GOOD, TreeFault.DUPLICATE),
    "a file and a directory": (
        entry(b"100644", b"a") + entry(b"100644", b"a.b") + entry(b"40000", b"a"),
        TreeFault.DUPLICATE,
    ),
    "out of order": (entry(b"100644", b"n") + GOOD, TreeFault.ORDER),
    "in the order of an archive": (
        entry(b"40000", b"a") + entry(b"100644", b"a.b"),
        TreeFault.ORDER,
    ),
}


@pytest.mark.parametrize(("tree", "fault"), FAULTS.values(), ids=FAULTS.keys())
def test_faults(tree: bytes, fault: TreeFault) -> None:
    with pytest.raises(RefusedTreeError) as caught:
        read_tree(tree, b"some/where")
    assert caught.value.fault is fault
    assert caught.value.path.startswith(b"some/where")


def test_a_fault_names_the_path() -> None:
    objects: Objects = {}
    bad = add(objects, "tree", entry(b"100644", b"..") + b"")
    root = add(objects, "tree", b"40000 d\0" + bad)
    with pytest.raises(RefusedTreeError, match=r"d/\.\.: b'\.\.' cannot be") as caught:
        nar_hash(MemoryObjects(objects), ObjectId(root))
    assert (caught.value.fault, caught.value.path) == (TreeFault.NAME, b"d/..")


def test_names_like_those_that_are_refused() -> None:
    names = (b".gita", b"...", b"git", b".g", b"a.git", b"..a")
    tree: Tree = {name: File(name) for name in names}
    objects: Objects = {}
    assert nar_hash(MemoryObjects(objects), ObjectId(put(tree, objects))).archived is None


def test_a_submodule_is_refused_by_its_path() -> None:
    error = refused({b"d": {b"m": Module()}})
    assert (error.fault, error.path) == (TreeFault.SUBMODULE, b"d/m")
    assert "submodule" in error.message


def test_a_submodule_as_an_empty_directory() -> None:
    objects: Objects = {}
    root = ObjectId(put({b"d": {b"m": Module()}}, objects))
    found = nar_hash(MemoryObjects(objects), root, submodules=Submodules.EMPTY)
    assert found.cautions == (Caution(CautionKind.EMPTY_SUBMODULE, b"d/m"),)
    assert found.archived is None
    assert found.plain == hashed({b"d": {b"m": {}}}).plain


def hashed(tree: Tree, **options: object):  # type: ignore[no-untyped-def]
    objects: Objects = {}
    root = ObjectId(put(tree, objects))
    return nar_hash(MemoryObjects(objects), root, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("target", [b"", b"a\0", b"x" * 4096])
def test_links_that_cannot_be(target: bytes) -> None:
    error = refused({b"d": {b"l": Link(target)}})
    assert (error.fault, error.path) == (TreeFault.LINK, b"d/l")


def test_the_longest_link() -> None:
    assert hashed({b"l": Link(b"x" * 4095)}).plain.size > 4095


def test_files_larger_than_the_limit() -> None:
    tree: Tree = {b"d": {b"f": File(b"12345")}}
    assert hashed(tree, limits=Limits(blob=5)).size == hashed(tree).size
    error = refused(tree, limits=Limits(blob=4))
    assert (error.fault, error.path) == (TreeFault.BLOB_SIZE, b"d/f")


def test_directories_deeper_than_the_limit() -> None:
    tree: Tree = {b"a": {b"b": {b"c": File()}}}
    hashed(tree, limits=Limits(depth=2))
    error = refused(tree, limits=Limits(depth=1))
    assert (error.fault, error.path) == (TreeFault.DEPTH, b"a/b")


def test_depth_is_not_bound_by_the_interpreter() -> None:
    objects: Objects = {}
    tree = put({}, objects)
    for _ in range(2000):
        tree = add(objects, "tree", b"40000 d\0" + tree)
    objects_ = MemoryObjects(objects)
    with pytest.raises(RefusedTreeError) as caught:
        nar_hash(objects_, ObjectId(tree))
    assert caught.value.fault is TreeFault.DEPTH
    # Its innermost directory is empty, and git's own stack is not asked to hold the others.
    assert hash_plain(objects_, ObjectId(tree), Submodules.REFUSED, Limits(depth=2000))


def test_more_entries_than_the_limit() -> None:
    objects: Objects = {}
    tree = put({b"f": File()}, objects)
    for _ in range(12):
        tree = add(objects, "tree", b"40000 a\0" + tree + b"40000 b\0" + tree)
    with pytest.raises(RefusedTreeError) as caught:
        nar_hash(MemoryObjects(objects), ObjectId(tree), limits=Limits(entries=1000))
    assert caught.value.fault is TreeFault.ENTRIES
    assert hashed({b"a": File(), b"b": File()}, limits=Limits(entries=2))
    assert refused({b"a": File(), b"b": File()}, limits=Limits(entries=1)).fault


# --- cautions ---

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 1\n"


def test_a_pointer_of_lfs_is_hashed_as_it_is() -> None:
    found = hashed({b"d": {b"big": File(POINTER)}, b"large": File(POINTER + b"x" * 2000)})
    assert found.cautions == (Caution(CautionKind.LFS_POINTER, b"d/big"),)
    assert found.size == hashed({b"d": {b"big": File(b"x" * len(POINTER))}, b"large": File(
        b"x" * (len(POINTER) + 2000)
    )}).size  # fmt: skip


def test_filters_are_a_caution() -> None:
    found = hashed({b"d": {b".gitattributes": File(b"*.bin filter=lfs diff=lfs -text\n")}})
    assert found.cautions == (Caution(CautionKind.FILTER, b"d/.gitattributes"),)
    assert found.archived is None


# --- what is asked ---


def test_a_commit_and_its_tree_are_hashed_alike() -> None:
    objects: Objects = {}
    tree: Tree = {b"a": File(b"1")}
    commit = put_commit(tree, objects)
    assert nar_hash(MemoryObjects(objects), commit) == hashed(tree)


def test_neither_commit_nor_tree() -> None:
    objects: Objects = {}
    blob = ObjectId(add(objects, "blob", b"content"))
    with pytest.raises(UsageError, match="is a blob"):
        nar_hash(MemoryObjects(objects), blob)
    with pytest.raises(MissingObjectError):
        nar_hash(MemoryObjects(objects), ObjectId(ID))


@pytest.mark.parametrize(
    "start", [b"", b"parent ", b"\ntree ", b"tree  "], ids=["no", "other", "later", "spaces"]
)
def test_a_commit_without_its_tree(start: bytes) -> None:
    objects: Objects = {}
    tree = put({}, objects)
    content = start + (tree.hex().encode() if start else b"") + b"\n"
    commit = ObjectId(add(objects, "commit", content))
    with pytest.raises(CorruptObjectError, match="begin with its tree"):
        nar_hash(MemoryObjects(objects), commit)


def test_what_is_not_there_or_is_another_object() -> None:
    objects: Objects = {}
    root = ObjectId(put({b"a": File(b"1")}, objects))
    blob = hashlib.sha1(b"blob 1\x001").digest()
    content = objects.pop(blob)
    with pytest.raises(MissingObjectError):
        nar_hash(MemoryObjects(objects), root)
    objects[blob] = ("blob", b"2")
    with pytest.raises(CorruptObjectError, match="another hash"):
        nar_hash(MemoryObjects(objects), root)
    objects[blob] = ("tree", content[1])
    with pytest.raises(CorruptObjectError, match="should be a blob"):
        nar_hash(MemoryObjects(objects), root)
