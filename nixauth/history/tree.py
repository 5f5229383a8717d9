"""Find one entry in a tree object, and notice trees that readers disagree about.

A tree is a run of `mode SP name NUL id`, sorted by name, where a directory sorts as if its name
ended in a slash (git's `base_name_compare`). Readers that search linearly and readers that bisect
find different entries in a tree that is out of order or has a name twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from nixauth.history.objects import Objects
from nixauth.model import ObjectId


@dataclass(frozen=True, slots=True)
class Entry:
    """A tree entry: its mode as written, and the id of its object."""

    mode: bytes
    object_id: ObjectId


@dataclass(frozen=True, slots=True)
class BadTree:
    """The tree gives no certain answer; `detail` says why."""

    detail: str


Found: TypeAlias = Entry | BadTree | None

_DIRECTORY = b"40000"
_MAX_DEPTH = 32
"""How deep key files are looked for."""


def find_entry(tree: bytes, name: bytes) -> Found:
    """Return the entry called `name` (one path component, bytes), None where there is none."""
    found: Entry | None = None
    wanted = name
    position, end = 0, len(tree)
    before = b""
    while position < end:
        nul = tree.find(b"\0", position, end)
        space = tree.find(b" ", position, nul)
        if nul < 0 or space < 0 or nul + 21 > end or space + 1 == nul:
            return BadTree("a tree entry is cut off")
        entry = tree[space + 1 : nul]
        directory = tree[position:space] == _DIRECTORY
        key = entry + b"/" if directory else entry
        if entry == name:
            if found is not None:
                return BadTree("the tree has this name twice")
            found = Entry(tree[position:space], ObjectId(tree[nul + 1 : nul + 21]))
            wanted = key
            if key <= before:
                return BadTree("the tree is out of order")
        elif found is None:
            before = max(before, key)
        elif key <= wanted:
            return BadTree("the tree is out of order")
        position = nul + 21
    return found


def entries(tree: bytes) -> Iterator[tuple[bytes, Entry]]:
    """Yield the entries of a tree object up to the first that is cut off."""
    position = 0
    while (nul := tree.find(b"\0", position)) >= 0 and nul + 21 <= len(tree):
        mode, _, name = tree[position:nul].partition(b" ")
        yield name, Entry(mode, ObjectId(tree[nul + 1 : nul + 21]))
        position = nul + 21


def walk_entries(objects: Objects, root: ObjectId) -> Iterator[tuple[bytes, ObjectId]]:
    """Yield path and blob id of every regular file below a tree, in the order of their paths."""
    pending = [(b"", root, 0)]
    seen = set()  # a tree that holds itself many times over is read once
    while pending:
        prefix, tree, depth = pending.pop()
        if tree in seen:
            continue
        seen.add(tree)
        below = []
        for name, entry in entries(objects.tree(tree)):
            if entry.mode == _DIRECTORY and depth < _MAX_DEPTH:
                below.append((prefix + name + b"/", entry.object_id, depth + 1))
            elif entry.mode in {b"100644", b"100755"}:
                yield prefix + name, entry.object_id
        pending.extend(reversed(below))
