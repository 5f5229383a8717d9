"""Why a tree has no hash: each reason by name, and the exception that carries it."""

from __future__ import annotations

from enum import Enum

from nixauth.display import printable
from nixauth.errors import TreeError


class TreeFault(Enum):
    """What is wrong with a tree; the value is a stable word."""

    CUT_OFF = "cut-off"
    """An entry of a tree object ends too early, or is not `mode SP name NUL id`."""
    MODE = "mode"
    """A mode other than 100644, 100755, 120000, 40000 and 160000, written like that."""
    NAME = "name"
    """A name that is empty, `.` or `..`, or has a slash in it."""
    DOT_GIT = "dot-git"
    """A name that is `.git` in any case: it would be a repository's own directory."""
    DUPLICATE = "duplicate"
    """A name that stands twice in a directory."""
    ORDER = "order"
    """Entries that are not in git's order: readers of it would disagree."""
    SUBMODULE = "submodule"
    """A submodule (mode 160000): its content is not in this repository."""
    LINK = "link"
    """A symbolic link whose target is empty, holds a NUL, or is longer than any system takes."""
    DEPTH = "depth"
    """Directories within directories, more than `Limits.depth`."""
    ENTRIES = "entries"
    """More entries than `Limits.entries`, each counted as often as it occurs."""
    BLOB_SIZE = "blob-size"
    """A file of more bytes than `Limits.blob`."""
    ARCHIVE = "archive"
    """git archive failed, or made something that does not come from the tree."""
    UNSTABLE = "unstable"
    """export-subst asks for something that a commit does not fix (`%d`, `%h`, a date `ago`)."""
    NO_COMMIT = "no-commit"
    """export-subst asks for a commit, and only a tree was given."""


class RefusedTreeError(TreeError):
    """A tree that has no hash.

    `fault` says why and `path` (bytes, from the root, without a slash at its end) where.
    """

    def __init__(self, fault: TreeFault, path: bytes, detail: str, hint: str = "") -> None:
        super().__init__(f"{printable(path) or 'the root of the tree'}: {detail}", hint)
        self.fault = fault
        self.path = path
        self.detail = detail
