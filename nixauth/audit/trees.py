"""Which paths differ between two trees, as far as the trees are there."""

from __future__ import annotations

from collections.abc import Iterator

from nixauth.errors import CorruptObjectError, UndecidedError
from nixauth.history.objects import Objects
from nixauth.history.tree import Entry, entries
from nixauth.model import ObjectId
from nixauth.signatures.commit_object import tree_of

_DIRECTORY = b"40000"
_MAX_DEPTH = 256
_BESIDE = 22
"""Octets of an entry beside its mode and name: a space, a zero, and the id."""
_NO_ENTRIES: dict[bytes, Entry] = {}


class Differences:
    """Compares trees; directories that are the same on both sides are not read."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def of(self, commit: ObjectId, parent: ObjectId | None) -> tuple[tuple[bytes, ...], bool]:
        """Return the paths that a commit changed, in order, and whether that is all of them.

        A path that ends in a slash is a directory that differs, and could not be read.
        """
        try:
            after = tree_of(self._objects.commit(commit))
            before = tree_of(self._objects.commit(parent)) if parent is not None else None
            if after is None or (parent is not None and before is None):
                return (), False
            if after == before:
                return (), True
            old = self._entries(before) if before is not None else _NO_ENTRIES
            new = self._entries(after)
        except UndecidedError:
            return (), False
        found = sorted(self._compare(old, new))
        return tuple(path for path, _ in found), all(complete for _, complete in found)

    def _entries(self, tree: ObjectId) -> dict[bytes, Entry]:
        """Return a tree's entries by name; raises UndecidedError where readers differ on them."""
        content = self._objects.tree(tree)
        listed = [*entries(content)]
        found = {name: Entry(entry.mode.lstrip(b"0"), entry.object_id) for name, entry in listed}
        size = sum(len(name) + len(entry.mode) + _BESIDE for name, entry in listed)
        if len(found) != len(listed) or size != len(content):
            raise CorruptObjectError(f"the tree {tree.hex()} has a name twice, or is cut off")
        return found

    def _compare(
        self, old: dict[bytes, Entry], new: dict[bytes, Entry]
    ) -> Iterator[tuple[bytes, bool]]:
        todo = [(b"", old, new, 0)]
        while todo:
            prefix, before, after, depth = todo.pop()
            for name in before.keys() | after.keys():
                left, right = before.get(name), after.get(name)
                if left == right:
                    continue
                path = prefix + name
                for side in (left, right):
                    if side is not None and side.mode != _DIRECTORY:
                        yield path, True
                        break
                below = [side for side in (left, right) if side and side.mode == _DIRECTORY]
                if not below:
                    continue
                try:
                    if depth >= _MAX_DEPTH:
                        yield path + b"/", False
                        continue
                    todo.append((path + b"/", self._below(left), self._below(right), depth + 1))
                except UndecidedError:
                    yield path + b"/", False

    def _below(self, entry: Entry | None) -> dict[bytes, Entry]:
        if entry is None or entry.mode != _DIRECTORY:
            return _NO_ENTRIES
        return self._entries(entry.object_id)
