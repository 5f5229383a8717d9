"""What HEAD reaches and BASE does not, and where the two parted.

Parents are read from the commits' own bytes, as everywhere. Dates order the walk, as in git; they
may be wrong, so BASE's side is looked at some way further than they ask for. That many commits
with wrong dates could make a commit count as new that is none: nothing of the rule rests on this.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from nixauth.errors import MissingObjectError, ShallowHistoryError, UndecidedError
from nixauth.history.objects import Objects
from nixauth.model import ObjectId
from nixauth.signatures.commit_object import outline

_HEAD, _BASE = 1, 2
_FURTHER = 10_000
"""So many commits of BASE's side are looked at after the dates say that it is enough."""


@dataclass(frozen=True, slots=True)
class Parting:
    """The commits that HEAD reaches and BASE does not, newest first, and the merge bases."""

    new: tuple[ObjectId, ...]
    merge_bases: tuple[ObjectId, ...]


def parting(objects: Objects, base: ObjectId, head: ObjectId) -> Parting:
    """Find where two commits parted; raises UndecidedError where HEAD's side cannot be read."""
    walk = _Walk(objects)
    walk.colour(base, _BASE)
    walk.colour(head, _HEAD)
    walk.run()
    new = tuple(commit for commit in walk.order if walk.colours[commit] == _HEAD)
    return Parting(new, walk.merge_bases())


class _Walk:
    """Colours commits by who reaches them; a colour that comes late is handed on again."""

    def __init__(self, objects: Objects) -> None:
        self.colours: dict[ObjectId, int] = {}
        self.order: dict[ObjectId, None] = {}
        self._objects = objects
        self._parents: dict[ObjectId, tuple[ObjectId, ...]] = {}
        self._dates: dict[ObjectId, int] = {}
        self._queue: list[tuple[int, int, ObjectId]] = []
        self._waiting: set[ObjectId] = set()
        self._only_head = 0
        self._pushed = 0

    def colour(self, commit: ObjectId, colour: int, child: ObjectId | None = None) -> None:
        before = self.colours.get(commit, 0)
        now = before | colour
        if now == before:
            return
        if commit in self._waiting:
            self._only_head -= before == _HEAD
        elif before or self._read(commit, child, colour):
            # One that was seen already goes on: what it reaches has to learn of the colour.
            self._waiting.add(commit)
            self._push(commit)
        else:
            return
        self.colours[commit] = now
        self._only_head += now == _HEAD

    def _read(self, commit: ObjectId, child: ObjectId | None, colour: int) -> bool:
        try:
            seen = outline(self._objects.commit(commit))
        except UndecidedError as error:
            if colour & _BASE and child is not None:
                return False  # as far as BASE's history reaches
            raise self._explained(error, child) from error
        self._parents[commit] = seen.parents
        self._dates[commit] = seen.date
        return True

    def _explained(self, error: UndecidedError, child: ObjectId | None) -> UndecidedError:
        if isinstance(error, MissingObjectError) and child in self._objects.shallow():
            return ShallowHistoryError(
                "the clone is shallow, and where the two commits parted lies behind its boundary",
                "git fetch --unshallow (or git fetch --deepen=1000) brings more of it.",
            )
        return error

    def _push(self, commit: ObjectId) -> None:
        self._pushed += 1
        heapq.heappush(self._queue, (-self._dates[commit], self._pushed, commit))

    def run(self) -> None:
        further = _FURTHER
        while self._queue and (self._only_head or further > 0):
            commit = heapq.heappop(self._queue)[2]
            self._waiting.remove(commit)
            colour = self.colours[commit]
            if colour == _HEAD:
                self._only_head -= 1
                self.order[commit] = None
            for parent in self._parents[commit]:
                self.colour(parent, colour, commit)
            if not self._only_head:
                further -= 1

    def merge_bases(self) -> tuple[ObjectId, ...]:
        """Return the commits of both sides that no other one of both sides has as an ancestor."""
        both = _HEAD | _BASE
        common = [commit for commit, colour in self.colours.items() if colour == both]
        below: set[ObjectId] = set()
        todo = [parent for commit in common for parent in self._parents[commit]]
        while todo:
            commit = todo.pop()
            if commit not in below and commit in self._parents:
                below.add(commit)
                todo += self._parents[commit]
        return tuple(commit for commit in common if commit not in below)
