"""What is wrong with a file of pins, and where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from nixauth.display import printable
from nixauth.errors import PinsError

Path: TypeAlias = tuple[str | int, ...]
"""Where something stands in a JSON document: keys of objects, indices of arrays from 0."""


class Fault(Enum):
    """What is wrong; the value is a stable word."""

    # the text of a document
    ENCODING = "encoding"
    """Not UTF-8, or a string that holds half a surrogate pair."""
    SIZE = "size"
    """More bytes than are read."""
    SYNTAX = "syntax"
    """Not JSON as RFC 8259 has it; NaN and Infinity are not, either."""
    DEPTH = "depth"
    """Values within values, more than are read."""
    NUMBER = "number"
    """A number that the readers of these files would take for different ones."""
    DUPLICATE = "duplicate"
    """A key that stands twice in an object."""
    # a change
    MISSING = "missing"
    """Something that has to be there is not."""
    NOT_SCALAR = "not-scalar"
    """An object or an array where one value was to be replaced, or the other way round."""
    STYLE = "style"
    """An object that gives no example of how a key is written, or would be left empty."""
    UNINTENDED = "unintended"
    """The change would have altered something else."""
    # what a file means
    VERSION = "version"
    """A version of the format that is not known."""
    TYPE = "type"
    """A value of another type than it has to have."""
    UNKNOWN = "unknown"
    """A key, a type or a form that is not known."""
    FOLLOWS = "follows"
    """An input that follows itself, or one that is not there; or the root as an input."""
    VALUE = "value"
    """A value of the right type that cannot be right: a revision, a hash, a time, a host."""
    URL = "url"
    """A URL that is not understood as that of a git repository."""
    UNLOCKED = "unlocked"
    """An input without a revision, or from a tree with uncommitted changes."""
    # what is not changed
    NOT_GIT = "not-git"
    """Not a pin of a commit of a git repository."""
    FIXED = "fixed"
    """A pin that was meant to stay: frozen, or with its revision fixed elsewhere."""
    CONTENT = "content"
    """A pin whose hash covers more than the tree of a commit, or not the same for everybody."""


@dataclass(frozen=True, slots=True)
class PinProblem:
    """Something that is wrong or not understood, and the place in the document."""

    fault: Fault
    path: Path
    message: str

    def __str__(self) -> str:
        """Say it in one printable line."""
        return f"{place(self.path)}: {self.message}"


class RefusedPinsError(PinsError):
    """A file that is not understood, or a change that is not made; `problem` says why."""

    def __init__(self, problem: PinProblem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def refused(fault: Fault, path: Path, message: str) -> RefusedPinsError:
    """Return the exception to raise."""
    return RefusedPinsError(PinProblem(fault, path, message))


def place(path: Path) -> str:
    """Return a place as a person reads it: `nodes.nixpkgs.locked`, with nothing invisible."""
    return ".".join(printable(str(part), 80) for part in path) or "the file"
