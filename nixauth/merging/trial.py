"""A merge that nobody made, in a history that is otherwise as it is, so that it can be asked about.

It is not signed, so nothing can be found trusted by it; what is asked is what the rule says of
its parents and of everything behind them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from nixauth.findings import Finding, Scope, Store, Stores
from nixauth.history.objects import Objects
from nixauth.model import Fingerprint, ObjectId


@dataclass(frozen=True, slots=True)
class WithMerge:
    """A store of objects, and in it one merge commit more."""

    objects: Objects
    merge: ObjectId
    content: bytes

    @classmethod
    def of(cls, objects: Objects, tree: ObjectId, *parents: ObjectId) -> WithMerge:
        """Add an unsigned merge of these parents."""
        lines = [f"tree {tree.hex()}", *(f"parent {parent.hex()}" for parent in parents)]
        nobody = "nixauth <> 0 +0000"
        lines += [f"author {nobody}", f"committer {nobody}", "", "A merge that nobody made\n"]
        content = "\n".join(lines).encode("ascii")
        header = b"commit %d\0" % len(content)
        name = hashlib.sha1(header + content, usedforsecurity=False).digest()
        return cls(objects, ObjectId(name), content)

    def commit(self, object_id: ObjectId) -> bytes:
        """See `Objects.commit`."""
        return self.content if object_id == self.merge else self.objects.commit(object_id)

    def tree(self, object_id: ObjectId) -> bytes:
        """See `Objects.tree`."""
        return self.objects.tree(object_id)

    def blob(self, object_id: ObjectId) -> bytes:
        """See `Objects.blob`."""
        return self.objects.blob(object_id)

    def shallow(self) -> frozenset[ObjectId]:
        """See `Objects.shallow`."""
        return self.objects.shallow()


@dataclass(frozen=True, slots=True)
class LookingBehind:
    """Stores that do not say of some commits that a line leads to them.

    The walk stops at commits of which that is known; these it has to look behind, since somebody
    wants to hear of each.
    """

    stores: Stores
    commits: frozenset[ObjectId]

    def open(self, scope: Scope) -> Store:
        """See `Stores.open`."""
        return _Behind(self.stores.open(scope), self.commits)


@dataclass(frozen=True, slots=True)
class _Behind:
    store: Store
    commits: frozenset[ObjectId]

    @property
    def batch(self) -> int:
        return self.store.batch

    def ahead(self, commits: Sequence[ObjectId]) -> None:
        self.store.ahead(commits)

    def get(self, commit: ObjectId) -> Finding | None:
        found = self.store.get(commit)
        if found is not None and commit in self.commits:
            return replace(found, line=False)
        return found

    def put(self, findings: Iterable[tuple[ObjectId, Finding]]) -> None:
        self.store.put(findings)

    def signers(self) -> Iterable[tuple[Fingerprint, tuple[Fingerprint, ...]]]:
        return self.store.signers()
