"""What the rest of the house asks of a history, whatever holds it."""

from typing import NoReturn, Protocol

from nixauth.errors import CorruptObjectError, MissingObjectError
from nixauth.model import ObjectId


class Objects(Protocol):
    """A store of git objects; every object that is read was hashed and compared with its id."""

    def commit(self, object_id: ObjectId) -> bytes:
        """Return a commit's content; raises MissingObjectError, CorruptObjectError."""

    def tree(self, object_id: ObjectId) -> bytes:
        """Return a tree's content; raises MissingObjectError, CorruptObjectError."""

    def blob(self, object_id: ObjectId) -> bytes:
        """Return a blob's content; raises MissingObjectError, CorruptObjectError."""

    def shallow(self) -> frozenset[ObjectId]:
        """Return the commits whose parents a shallow clone left out."""


def missing(object_id: ObjectId, kind: str) -> NoReturn:
    """Say that an object is not there."""
    raise MissingObjectError(
        f"the {kind} {object_id.hex()} is not in this repository",
        "If this is a partial clone or a copy that was cut short, fetch the rest:"
        " git fetch --refetch --no-filter",
    )


def wrong_kind(object_id: ObjectId, kind: str, found: str) -> NoReturn:
    """Say that an id names an object of another kind than its place asks for."""
    raise CorruptObjectError(
        f"the object {object_id.hex()} should be a {kind} and is a {found}",
        "git fsck shows what else is wrong with this repository.",
    )


def corrupt(object_id: ObjectId, kind: str, detail: str) -> NoReturn:
    """Say that an object's content is damaged, or is not what its id says."""
    raise CorruptObjectError(
        f"the {kind} {object_id.hex()} is damaged: {detail}",
        "git fsck shows what else is wrong; clone again, or restore the object from another copy.",
    )
