"""Find one entry in a tree object, and notice trees that readers disagree about.

A tree is a run of `mode SP name NUL id`, sorted by name, where a directory sorts as if its name
ended in a slash (git's `base_name_compare`). Readers that search linearly and readers that bisect
find different entries in a tree that is out of order or has a name twice.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from operator import ge
from typing import NamedTuple, TypeAlias

from nixauth.history.objects import Objects
from nixauth.model import ObjectId


class Entry(NamedTuple):
    """A tree entry: its mode as written, and the id of its object."""

    mode: bytes
    object_id: ObjectId


@dataclass(frozen=True, slots=True)
class BadTree:
    """The tree gives no certain answer; `detail` says why."""

    detail: str


Found: TypeAlias = Entry | BadTree | None

_DIRECTORY = b"40000"
_ENTRIES = re.compile(rb"([0-7]+) ([^\0]+)\0.{20}", re.DOTALL)
_WHOLE = re.compile(rb"(?:[0-7]++ [^\0]++\0.{20})*+", re.DOTALL)
"""Asked first: where it does not match, `findall` would take quadratic time."""
_Layout: TypeAlias = tuple[int, int, bytes, int]
_MOST_LAYOUTS, _LARGEST_LAYOUT = 64, 64 * 1024
_MAX_DEPTH = 32
"""How deep key files are looked for."""


class EntryFinder:
    """Finds the entry of one name in many trees.

    Nearly all trees of a history have the same names and modes as the one before. What looking a
    name up depends on is all of a tree but the ids, so a tree that has the same bytes everywhere
    else has its entry at the same place; only layouts with nothing wrong in them are remembered.
    """

    def __init__(self, name: bytes) -> None:
        self._name = name
        self._layouts: dict[int, _Layout] = {}

    def find(self, tree: bytes) -> Found:
        """Return the entry called by the name (one path component), None where there is none."""
        known = self._layouts.get(len(tree))
        if known is not None:
            mask, rest, mode, start = known
            if int.from_bytes(tree, "little") & mask == rest:
                return Entry(mode, ObjectId(tree[start : start + 20]))
        return self._find(tree)

    def _find(self, tree: bytes) -> Found:
        name = self._name
        if _WHOLE.fullmatch(tree) is None:
            return _find_in_odd_tree(tree, name)
        listed = _ENTRIES.findall(tree)
        keys = [entry + b"/" if mode == _DIRECTORY else entry for mode, entry in listed]
        sizes = [len(mode) + len(entry) + 2 for mode, entry in listed]
        if sum(sizes) + 20 * len(sizes) != len(tree) or any(map(ge, keys, keys[1:])):
            return _find_in_odd_tree(tree, name)
        names = [entry for _, entry in listed]
        if name not in names:
            return None
        position = names.index(name)
        if name in names[position + 1 :]:
            return BadTree("the tree has this name twice")
        start = sum(sizes[: position + 1]) + 20 * position
        if len(tree) <= _LARGEST_LAYOUT:
            self._remember(tree, sizes, listed[position][0], start)
        return Entry(listed[position][0], ObjectId(tree[start : start + 20]))

    def _remember(self, tree: bytes, sizes: list[int], mode: bytes, start: int) -> None:
        if len(self._layouts) >= _MOST_LAYOUTS:
            self._layouts.clear()
        mask = int.from_bytes(b"".join(b"\xff" * size + bytes(20) for size in sizes), "little")
        rest = int.from_bytes(tree, "little") & mask
        self._layouts[len(tree)] = (mask, rest, mode, start)


def find_entry(tree: bytes, name: bytes) -> Found:
    """Return the entry called `name` (one path component, bytes), None where there is none."""
    return EntryFinder(name).find(tree)


def _find_in_odd_tree(tree: bytes, name: bytes) -> Found:
    """Look for an entry where something is cut off or out of order: is it just elsewhere?"""
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
