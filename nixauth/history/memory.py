"""A history held in memory: for the demonstration, for tests, for callers with their own store."""

import hashlib
from collections.abc import Iterable, Mapping

from nixauth.history.objects import corrupt, missing, wrong_kind
from nixauth.model import ObjectId


class MemoryObjects:
    """Git objects by id, each a pair of type name (`commit`, `tree`, `blob`) and content."""

    def __init__(
        self, objects: Mapping[bytes, tuple[str, bytes]], shallow: Iterable[bytes] = ()
    ) -> None:
        self._objects = objects
        self._shallow = frozenset(ObjectId(commit) for commit in shallow)

    def _read(self, object_id: ObjectId, kind: str) -> bytes:
        try:
            found, content = self._objects[object_id]
        except KeyError:
            missing(object_id, kind)
        if found != kind:
            wrong_kind(object_id, kind, found)
        # Git's own naming: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
        name = hashlib.sha1(b"%b %d\0" % (kind.encode(), len(content)), usedforsecurity=False)
        name.update(content)
        if name.digest() != object_id:
            corrupt(object_id, kind, "its content has another hash")
        return content

    def commit(self, object_id: ObjectId) -> bytes:
        """See `Objects.commit`."""
        return self._read(object_id, "commit")

    def tree(self, object_id: ObjectId) -> bytes:
        """See `Objects.tree`."""
        return self._read(object_id, "tree")

    def blob(self, object_id: ObjectId) -> bytes:
        """See `Objects.blob`."""
        return self._read(object_id, "blob")

    def blob_up_to(self, object_id: ObjectId, largest: int) -> bytes | None:
        """Return a blob's content, None where it has more than `largest` bytes."""
        content = self._read(object_id, "blob")
        return content if len(content) <= largest else None

    def kind(self, object_id: ObjectId) -> str:
        """Return what an object is; raises MissingObjectError."""
        if object_id not in self._objects:
            missing(object_id, "object")
        return self._objects[object_id][0]

    def shallow(self) -> frozenset[ObjectId]:
        """See `Objects.shallow`."""
        return self._shallow
