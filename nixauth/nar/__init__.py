"""What binds content: the hash of a git tree as Nix computes it, from git's objects.

```python
from nixauth import Repository
from nixauth.nar import nar_hash

repository = Repository.open(Path("."))
found = nar_hash(repository, repository.resolve("HEAD"))
print(found.plain.sri, "as git archive makes it:", found.as_archived())
```
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from nixauth.errors import CorruptObjectError, UsageError
from nixauth.model import ObjectId
from nixauth.nar.archive import Commits, Question, hash_archived
from nixauth.nar.digests import Nar
from nixauth.nar.faults import RefusedTreeError, TreeFault
from nixauth.nar.tree import Caution, CautionKind, Limits, Submodules, hash_plain

__all__ = [
    "Caution",
    "CautionKind",
    "Limits",
    "Nar",
    "NarHash",
    "RefusedTreeError",
    "Submodules",
    "TreeFault",
    "nar_hash",
]

_TREE = re.compile(rb"tree ([0-9a-f]{40})\n")


class Source(Commits, Protocol):
    """What hashes are computed from: a `Repository`, or `MemoryObjects`."""

    def kind(self, object_id: ObjectId) -> str:
        """Return what an object is; raises MissingObjectError, CorruptObjectError."""


@dataclass(frozen=True, slots=True)
class NarHash:
    """The hashes of one tree.

    `plain` is the tree as it stands in git. `archived` is the tree as git archive makes it, None
    where nothing in the tree could make it another (then both are the same), or the error that
    says why there is none.
    """

    plain: Nar
    archived: Nar | RefusedTreeError | None
    cautions: tuple[Caution, ...] = ()

    @property
    def size(self) -> int:
        """The size in bytes of the plain archive."""
        return self.plain.size

    def as_archived(self) -> Nar:
        """Return the hash as git archive makes the tree; raises RefusedTreeError without one."""
        if self.archived is None:
            return self.plain
        if isinstance(self.archived, RefusedTreeError):
            raise self.archived
        return self.archived

    @property
    def equal(self) -> bool:
        """Whether there is one hash for both; False where the second is not known."""
        return self.archived is None or self.archived == self.plain


def nar_hash(
    source: Source,
    object_id: ObjectId,
    *,
    submodules: Submodules = Submodules.REFUSED,
    limits: Limits | None = None,
) -> NarHash:
    """Return the hashes of a commit's tree, or of a tree by itself.

    Every tree and file that is read is hashed and compared with its id. Git is run only where
    something in the tree could change what git archive makes of it, and then away from the
    repository and anybody's configuration.

    Raises RefusedTreeError for a tree that has no hash, UsageError for an object that is neither
    commit nor tree, MissingObjectError and CorruptObjectError for what cannot be read.
    """
    limits = limits or Limits()
    kind = source.kind(object_id)
    if kind not in {"commit", "tree"}:
        raise UsageError(f"{object_id.hex()} is a {kind}, neither a commit nor a tree")
    commit = object_id if kind == "commit" else None
    tree = object_id if commit is None else _tree_of(source, commit)
    found = hash_plain(source, tree, submodules, limits)
    archived: Nar | RefusedTreeError | None = None
    if found.mentions.change_archive or found.empty_directories:
        question = Question(commit, tree, found.mentions, submodules, limits)
        try:
            archived = hash_archived(source, question)
        except RefusedTreeError as error:
            archived = error
    return NarHash(found.nar, archived, found.cautions)


def _tree_of(source: Source, commit: ObjectId) -> ObjectId:
    found = _TREE.match(source.commit(commit))
    if found is None:
        raise CorruptObjectError(f"the commit {commit.hex()} does not begin with its tree")
    return ObjectId(bytes.fromhex(found[1].decode("ascii")))
