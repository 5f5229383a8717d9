"""Find the commits that must be judged: what the target reaches and the introduction does not.

Two walks share one queue ordered by date: one from the target, one through the ancestors of the
introduction. The dates only order the work: a commit that the first walk reaches and that is in
truth an ancestor of the introduction is recognized as such once the second walk is exhausted,
and whoever needs certainty (a refusal, a count) exhausts it first.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from typing import TypeAlias

from nixauth.errors import MissingObjectError, ShallowHistoryError, UndecidedError
from nixauth.evidence import Testimony
from nixauth.findings import Finding, Store
from nixauth.history.objects import Objects
from nixauth.in_force import UNSEEN, OwnFile, Unseen
from nixauth.model import Fingerprint, KeyFault, ObjectId, Reason, SignatureFault, Unsigned
from nixauth.signatures.commit_object import Outline, outline

_TARGET, _ANCESTOR = 1, 2
_KEPT_BYTES = 32 * 1024 * 1024
"""Of commits that were found and wait to be looked at; what is more is read a second time."""

Offer: TypeAlias = Callable[[ObjectId, "Node", bytes], bool]
"""Takes a signed commit as it is found; says whether it is looked at already."""


Outlines: TypeAlias = Callable[[ObjectId], Outline | None]
"""Says what is known of a commit's outline, if anything."""

Progress: TypeAlias = Callable[[int, int], None]
"""Is told how many commits were found, and of how many by an estimate (0 where there is none)."""


class Node:
    """A commit on the way: what was read of it, how the walks reached it, what was judged.

    There may be a million of these.
    """

    __slots__ = (
        "ancestor",
        "date",
        "descends",
        "error",
        "evidence",
        "expanded",
        "finding",
        "line",
        "own",
        "parents",
        "reason",
        "remembered",
        "signed",
        "stored",
        "unreadable",
        "visit",
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
        self.visit = 0
        """Which pass over the nodes came here last; negative where it has not left yet."""
        self.evidence: SignatureFault | KeyFault | Testimony | None = None
        """What was found out of the commit by itself; None until somebody asked."""
        self.own: OwnFile | Unseen = UNSEEN
        """The authorizations file in the commit's own tree."""
        self.finding: Finding | None = None
        """Set for a trusted commit; whether a line leads to it is said by `line`."""
        self.stored: Finding | Unseen | None = UNSEEN
        """What the store had of it when somebody asked, and what it was given since."""
        self.remembered = False
        """The finding is an earlier run's, and nobody looked again."""
        self.line = False
        """A line from the introduction leads here."""
        self.reason: Reason | None = None
        self.error: UndecidedError | None = None
        """What kept the commit from being judged."""
        self.unreadable = False
        """The commit itself could not be read, for that error."""

    def recall(self, commit: ObjectId, store: Store) -> Finding | None:
        """Return what the store knows of the commit, which this is the node of; asks it once."""
        if isinstance(self.stored, Unseen):
            self.stored = store.get(commit)
        return self.stored

    @property
    def trusted(self) -> bool:
        """Whether the commit was found trusted."""
        return self.finding is not None

    @property
    def signer(self) -> Fingerprint | None:
        """The key of a trusted commit."""
        return self.finding.signer if self.finding is not None else None

    @property
    def admitted_by(self) -> tuple[int, ...]:
        """The positions of the parents that were found to admit a trusted commit."""
        return self.finding.admitted_by if self.finding is not None else ()


_UNSIGNED = Unsigned()
_SOON = 500
"""An estimate is made once this part of the time has been walked through."""


def _nobody(_commit: ObjectId, _node: Node, _content: bytes) -> bool:
    return False


def _nothing_known(_commit: ObjectId) -> Outline | None:
    return None


class Walk:
    """The commits between an introduction and the targets asked about."""

    def __init__(
        self,
        objects: Objects,
        introduction: ObjectId,
        introduction_parents: tuple[ObjectId, ...],
        is_known: Callable[[ObjectId], bool],
        *,
        introduction_date: int = 0,
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
        self.offer: Offer = _nobody
        """Is told of each signed commit as it is found behind a target."""
        self.outlines: Outlines = _nothing_known
        """Says of a commit what reading it would; it is not read then."""
        self._visits = 0
        self._introduction_date = introduction_date
        self._newest = 0
        self._contents: dict[ObjectId, bytes] = {}
        self._room = _KEPT_BYTES
        self._started = False

    def discover(self, target: ObjectId, progress: Progress) -> None:
        """Walk from the target until only ancestors of the introduction are left to look at.

        Stops at commits that are known and at unsigned ones (see `pass_unsigned`).
        """
        self._start()
        self._reach(target, target)
        self._run(progress)

    def pass_unsigned(self, progress: Progress) -> bool:
        """Look behind unsigned commits, too; says whether there were any to look behind."""
        self._past_unsigned = True
        cut, self._cut = self._cut, {}
        for commit in cut:
            if not self.nodes[commit].ancestor:
                self._pending += 1
                self._push(commit, self.nodes[commit].date)
        self._run(progress)
        return bool(cut)

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

    def new_visit(self) -> int:
        """Return a number to mark nodes with, in one pass over them that comes to each once."""
        self._visits += 1
        return self._visits

    def parents_first(self, target: ObjectId) -> Iterator[ObjectId]:
        """Yield the commits to judge, each after its parents, without recursion.

        One such pass at a time: a pass that is left ends when the next one begins.
        """
        visit = self.new_visit()
        nodes = self.nodes
        stack = [target] if self.in_region(target) else []
        while stack:
            commit = stack[-1]
            node = nodes[commit]
            if node.visit == visit:
                stack.pop()
                continue
            if node.visit != -visit:
                node.visit = -visit  # its parents are seen to, and it is next once they are through
                size = len(stack)
                for parent in reversed(node.parents):
                    known = nodes.get(parent)
                    if known is not None and known.visit != visit and not known.ancestor:
                        stack.append(parent)
                if len(stack) > size:
                    continue
            stack.pop()
            node.visit = visit
            yield commit

    def _run(self, progress: Progress) -> None:
        count = 0
        if self._queue:
            self._newest = max(self._newest, -self._queue[0][0])
        while self._pending:
            date, _, commit = heapq.heappop(self._queue)
            self._expand(commit)
            count += 1
            if not count & 0xFF:
                progress(len(self.nodes), self._estimate(-date))

    def _estimate(self, date: int) -> int:
        """Guess how many commits there are, by how much of the time up to now is walked through."""
        whole, walked = self._newest - self._introduction_date, self._newest - date
        found = len(self.nodes)
        if not 0 < whole <= walked * _SOON:
            return 0
        return max(found, found * whole // walked)

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
            node, content = self._load(commit, child)
            if content and node.signed and not self.offer(commit, node, content):
                self._keep(commit, content)
            self._pending += 1
            self._push(commit, node.date)

    def _reach_ancestor(self, commit: ObjectId, child: ObjectId) -> None:
        """The walk through the introduction's ancestors comes to a commit."""
        node = self.nodes.get(commit)
        if node is None:
            node, _ = self._load(commit, child)
            node.ancestor = True
            if node.error is not None:
                self.ancestors_end_early = node.error
            self._push(commit, node.date)
        elif not node.ancestor:
            node.ancestor = True
            self.kept(commit)
            if node.expanded or commit in self._cut:
                self._push(commit, node.date)
            else:  # it waits in the queue already, and is the target's walk's no more
                self._pending -= 1

    def _push(self, commit: ObjectId, date: int) -> None:
        self._pushed += 1
        heapq.heappush(self._queue, (-date, self._pushed, commit))

    def _load(self, commit: ObjectId, child: ObjectId) -> tuple[Node, bytes]:
        """Make the node of a commit; its content is empty where it was not read."""
        content = b""
        try:
            known = self.outlines(commit)
            if known is None:
                content = self._objects.commit(commit)
            seen = known if known is not None else outline(content)
            node = Node(seen.parents, seen.date, signed=seen.signed)
            if not seen.signed:
                node.evidence = _UNSIGNED
        except UndecidedError as error:
            node = Node((), 0, signed=False)
            node.error = self.explain(error, child)
            node.unreadable = True
        self.nodes[commit] = node
        return node, content

    def _keep(self, commit: ObjectId, content: bytes) -> None:
        """Keep a commit's content until it is judged, while there is room for it."""
        if self._room >= len(content):
            self._room -= len(content)
            self._contents[commit] = content

    def content(self, commit: ObjectId) -> bytes:
        """Return a commit's content, once more; raises UndecidedError."""
        return self.kept(commit) or self._objects.commit(commit)

    def kept(self, commit: ObjectId) -> bytes | None:
        """Return a commit's content where it was kept since it was found; its room is free then."""
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
