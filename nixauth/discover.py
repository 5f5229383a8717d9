"""Find the commits that must be judged: what the target reaches and the introduction does not.

Two walks share one queue ordered by date: one from the target, one through the ancestors of the
introduction. The dates only order the work: a commit that the first walk reaches and that is in
truth an ancestor of the introduction is recognized as such once the second walk is exhausted,
and whoever needs certainty (a refusal, a count) exhausts it first.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator

from nixauth.errors import MissingObjectError, ShallowHistoryError, UndecidedError
from nixauth.history.objects import Objects
from nixauth.model import Authorizations, Fingerprint, ObjectId, Person, Reason
from nixauth.signatures.commit_object import outline

_TARGET, _ANCESTOR = 1, 2
_KEPT_BYTES = 32 * 1024 * 1024
"""Of commits that were found and wait to be judged; what is more is read a second time."""


class Node:
    """A commit on the way: what was read of it, how the walks reached it, what was judged."""

    __slots__ = (
        "admitted_by",
        "ancestor",
        "authorizations",
        "date",
        "descends",
        "doubt",
        "error",
        "expanded",
        "line",
        "parents",
        "person",
        "primaries",
        "reason",
        "signed",
        "signer",
        "trusted",
        "unreadable",
    )

    def __init__(self, parents: tuple[ObjectId, ...], date: int, *, signed: bool) -> None:
        self.parents = parents
        self.date = date
        self.signed = signed
        self.ancestor = False
        """Found to be a proper ancestor of the introduction."""
        self.expanded = 0
        self.descends = False
        """Found to be a descendant of the introduction, as git sees it."""
        self.trusted = False
        self.authorizations: Authorizations | None = None
        """In force here; set for a trusted commit once somebody asked."""
        self.signer: Fingerprint | None = None
        self.person: Person | None = None
        self.admitted_by: tuple[int, ...] = ()
        self.line = False
        """A line from the introduction leads here."""
        self.reason: Reason | None = None
        self.error: UndecidedError | None = None
        """What kept the commit from being judged."""
        self.doubt: UndecidedError | None = None
        """Why a parent could not be looked at."""
        self.primaries: tuple[Fingerprint, ...] | None = None
        """What the signer's key was bound to when an earlier run found the commit trusted."""
        self.unreadable = False
        """The commit itself could not be read, for that error."""


class Walk:
    """The commits between an introduction and the targets asked about."""

    def __init__(
        self,
        objects: Objects,
        introduction: ObjectId,
        introduction_parents: tuple[ObjectId, ...],
        is_known: Callable[[ObjectId], bool],
    ) -> None:
        self.nodes: dict[ObjectId, Node] = {}
        self.is_known = is_known
        """Says of a commit that a line leads to it, so that nothing behind it need be seen."""
        self.ancestors_end_early: UndecidedError | None = None
        """Why some ancestors of the introduction could not be read."""
        self._objects = objects
        self._introduction = introduction
        self._first_ancestors = introduction_parents
        self._shallow = objects.shallow()
        self._queue: list[tuple[int, int, ObjectId]] = []
        self._pushed = 0
        self._pending = 0
        self.met_introduction = False
        """Whether the walk from a target came to the introduction."""
        self._cut: dict[ObjectId, None] = {}
        self._past_unsigned = False
        self._contents: dict[ObjectId, bytes] = {}
        self._room = _KEPT_BYTES
        self._started = False

    def discover(self, target: ObjectId, progress: Callable[[int], None]) -> None:
        """Walk from the target until only ancestors of the introduction are left to look at.

        Stops at commits that are known and at unsigned ones (see `pass_unsigned`).
        """
        self._start()
        self._reach(target, target)
        self._run(progress)

    def pass_unsigned(self, progress: Callable[[int], None]) -> None:
        """Look behind unsigned commits, too."""
        self._past_unsigned = True
        cut, self._cut = self._cut, {}
        for commit in cut:
            if not self.nodes[commit].ancestor:
                self._pending += 1
                self._push(commit)
        self._run(progress)

    def exhaust_ancestors(self) -> None:
        """Find every ancestor of the introduction that is in the repository."""
        while self._queue:
            self._expand(heapq.heappop(self._queue)[2])

    def has_ancestor(self, commit: ObjectId) -> bool:
        """Say whether a commit is a proper ancestor of the introduction, as far as can be seen."""
        self._start()
        while self._queue and not self._is_ancestor(commit):
            self._expand(heapq.heappop(self._queue)[2])
        return self._is_ancestor(commit)

    def _is_ancestor(self, commit: ObjectId) -> bool:
        node = self.nodes.get(commit)
        return node is not None and node.ancestor

    def _start(self) -> None:
        if not self._started:
            self._started = True
            for parent in self._first_ancestors:
                self._reach_ancestor(parent, self._introduction)

    def in_region(self, commit: ObjectId) -> Node | None:
        """Return the node of a commit that is to be judged by step 3, None for any other."""
        node = self.nodes.get(commit)
        return node if node is not None and not node.ancestor else None

    def parents_first(self, target: ObjectId) -> Iterator[ObjectId]:
        """Yield the commits to judge, each after its parents, without recursion."""
        done: set[ObjectId] = set()
        stack = [target] if self.in_region(target) else []
        nodes = self.nodes
        while stack:
            commit = stack[-1]
            if commit in done:
                stack.pop()
                continue
            waiting = [
                parent
                for parent in nodes[commit].parents
                if parent not in done
                and (node := nodes.get(parent)) is not None
                and not node.ancestor
            ]
            if waiting:
                stack.extend(reversed(waiting))
            else:
                stack.pop()
                done.add(commit)
                yield commit

    def _run(self, progress: Callable[[int], None]) -> None:
        count = 0
        while self._pending:
            self._expand(heapq.heappop(self._queue)[2])
            count += 1
            if not count & 0xFF:
                progress(len(self.nodes))

    def _expand(self, commit: ObjectId) -> None:
        node = self.nodes[commit]
        if node.ancestor:
            if not node.expanded & _ANCESTOR:
                node.expanded |= _ANCESTOR
                for parent in node.parents:
                    self._reach_ancestor(parent, commit)
            return
        self._pending -= 1
        if not node.signed and not self._past_unsigned and not node.unreadable:
            self._cut[commit] = None
            return
        node.expanded |= _TARGET
        for parent in node.parents:
            self._reach(parent, commit)

    def _reach(self, commit: ObjectId, child: ObjectId) -> None:
        """The target's walk comes to a commit."""
        if commit == self._introduction:
            self.met_introduction = True
        elif commit not in self.nodes and not self.is_known(commit):
            self._load(commit, child)
            self._pending += 1
            self._push(commit)

    def _reach_ancestor(self, commit: ObjectId, child: ObjectId) -> None:
        """The walk through the introduction's ancestors comes to a commit."""
        node = self.nodes.get(commit)
        if node is None:
            node = self._load(commit, child)
            self._drop(commit)
            node.ancestor = True
            if node.error is not None:
                self.ancestors_end_early = node.error
            self._push(commit)
        elif not node.ancestor:
            node.ancestor = True
            if node.expanded or commit in self._cut:
                self._push(commit)
            else:  # it waits in the queue already, and is the target's walk's no more
                self._pending -= 1

    def _push(self, commit: ObjectId) -> None:
        self._pushed += 1
        heapq.heappush(self._queue, (-self.nodes[commit].date, self._pushed, commit))

    def _load(self, commit: ObjectId, child: ObjectId) -> Node:
        try:
            content = self._objects.commit(commit)
            seen = outline(content)
            self._keep(commit, content)
            node = Node(seen.parents, seen.date, signed=seen.signed)
        except UndecidedError as error:
            node = Node((), 0, signed=False)
            node.error = self.explain(error, child)
            node.unreadable = True
        self.nodes[commit] = node
        return node

    def _keep(self, commit: ObjectId, content: bytes) -> None:
        """Keep a commit's content until it is judged, while there is room for it."""
        if self._room >= len(content):
            self._room -= len(content)
            self._contents[commit] = content

    def content(self, commit: ObjectId) -> bytes:
        """Return a commit's content, once more; raises UndecidedError."""
        return self._drop(commit) or self._objects.commit(commit)

    def _drop(self, commit: ObjectId) -> bytes | None:
        """Give back the room that a commit's content took."""
        kept = self._contents.pop(commit, None)
        self._room += len(kept) if kept is not None else 0
        return kept

    def explain(self, error: UndecidedError, child: ObjectId) -> UndecidedError:
        """Say of an object missing beside or behind `child` whether a shallow clone left it out."""
        if isinstance(error, MissingObjectError) and child in self._shallow:
            return ShallowHistoryError(
                f"the history ends at the boundary of a shallow clone, at commit {child.hex()},"
                " and the answer lies behind it",
                "git fetch --unshallow (or git fetch --deepen=1000) brings more of it.",
            )
        return error
