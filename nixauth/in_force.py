"""Which authorizations are in force in a commit: the file in its tree, or what stands in for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from itertools import islice
from typing import TypeAlias

from nixauth import authorizations
from nixauth.errors import UsageError
from nixauth.history.objects import Objects
from nixauth.history.tree import BadTree, Entry, EntryFinder
from nixauth.model import Authorizations, FileFormat, Fingerprint, HistoryMode, ObjectId, Problem

_REGULAR = (b"100644", b"100755")
_DIRECTORY = b"40000"
_KINDS = {b"120000": "a symbolic link", _DIRECTORY: "a directory", b"160000": "a submodule"}

OwnFile: TypeAlias = Authorizations | Problem | None
"""What a tree has at the path: a file, something that is no well-formed file, or nothing."""


class Unseen(Enum):
    """Stands where nobody has looked yet."""

    UNSEEN = "unseen"


UNSEEN = Unseen.UNSEEN


def normalized_path(path: str) -> str:
    """Return the path if it is relative, normalized and without `..`; raises UsageError."""
    parts = path.split("/")
    if not path or any(part in {"", ".", ".."} for part in parts) or "\0" in path:
        raise UsageError(
            f"{path!r} is not a path inside a tree",
            "Give it relative to the top of the repository, without '.', '..' or a leading slash.",
        )
    return path


class Place:
    """A path, looked up in root trees."""

    def __init__(self, objects: Objects, path: str) -> None:
        *directories, name = [part.encode("utf-8", "surrogateescape") for part in path.split("/")]
        self._objects = objects
        self._directories = [EntryFinder(directory) for directory in directories]
        self._name = EntryFinder(name)

    def entry(self, tree: ObjectId) -> Entry | Problem | None:
        """Return the regular file at the path below a root tree; raises UndecidedError."""
        return self.look_up(self._objects.tree(tree))

    def look_up(self, tree: bytes) -> Entry | Problem | None:
        """Return the regular file at the path, below a root tree's content."""
        for directory in self._directories:
            found = directory.find(tree)
            if not isinstance(found, Entry):
                return _problem(found)
            if found.mode != _DIRECTORY:
                return Problem(1, 1, "a directory on the way to the file is not a directory")
            tree = self._objects.tree(found.object_id)
        found = self._name.find(tree)
        if not isinstance(found, Entry):
            return _problem(found)
        if found.mode not in _REGULAR:
            kind = _KINDS.get(found.mode, "an entry of an unknown mode")
            return Problem(1, 1, f"it is {kind}, not a regular file")
        return found


def _entry_at(objects: Objects, tree: bytes, path: str) -> Entry | Problem | None:
    """Look a path up in a root tree's content."""
    return Place(objects, path).look_up(tree)


def _problem(found: BadTree | None) -> Problem | None:
    return Problem(1, 1, found.detail) if found is not None else None


@dataclass(frozen=True, slots=True)
class Historical:
    """A file that stands in where a commit has none of its own."""

    content: bytes
    format: FileFormat

    @classmethod
    def read(cls, content: bytes) -> Historical:
        """Take the content of a file in either format."""
        return cls(content, authorizations.sniff(content))


class Files:
    """The authorizations of commits, at one path that the introduction fixed.

    Each distinct blob is parsed once.
    """

    def __init__(
        self,
        objects: Objects,
        path: str,
        format_: FileFormat,
        *,
        historical: Authorizations | None = None,
        every_commit: bool = False,
    ) -> None:
        self.path = path
        self.format = format_
        self.historical = historical
        self._objects = objects
        self._every_commit = every_commit
        self.place = Place(objects, path)
        self._listed: dict[Fingerprint, None] = dict.fromkeys(
            historical.holders if historical else ()
        )
        self._parsed: dict[ObjectId, Authorizations | Problem] = {}

    @classmethod
    def fixed_by(
        cls,
        objects: Objects,
        introduction_tree: ObjectId,
        *,
        path: str | None,
        historical: Historical | None,
        every_commit: bool,
    ) -> Files | None:
        """Fix the path and format by the introduction's tree; None where it gives neither.

        Raises UsageError for historical authorizations or a path that are no good.
        """
        stand_in: Authorizations | None = None
        if historical is not None:
            parsed = authorizations.read(historical.format, historical.content)
            if isinstance(parsed, Problem):
                raise UsageError(
                    "the historical authorizations cannot be read:"
                    f" line {parsed.line}, column {parsed.column}: {parsed.message}",
                    "nixauth lint FILE shows every problem in it.",
                )
            stand_in = _demand(parsed) if every_commit else parsed
        tree = objects.tree(introduction_tree)
        chosen = _choose(objects, tree, path, historical)
        if chosen is None:
            return None
        return cls(objects, *chosen, historical=stand_in, every_commit=every_commit)

    def own(self, tree: ObjectId) -> OwnFile:
        """Return the file in this root tree; raises UndecidedError where objects are missing."""
        entry = self.place.entry(tree)
        return self.at(entry.object_id) if isinstance(entry, Entry) else entry

    def at(self, blob: ObjectId) -> Authorizations | Problem:
        """Return the file that a blob holds; raises UndecidedError where it is missing."""
        parsed = self._parsed.get(blob)
        if parsed is None:
            parsed = authorizations.read(self.format, self._objects.blob(blob))
            if self._every_commit and isinstance(parsed, Authorizations):
                parsed = _demand(parsed)
            self._parsed[blob] = parsed
            if isinstance(parsed, Authorizations):
                self._listed.update(dict.fromkeys(parsed.holders))
        return parsed

    def lists(self, key: Fingerprint) -> bool:
        """Say whether any file that was looked at so far lists a key."""
        return key in self._listed

    def listed_after(self, count: int) -> Iterator[Fingerprint]:
        """Yield the keys listed so far but for the first `count` of them; their order is fixed."""
        return islice(self._listed, count, None)


def _choose(
    objects: Objects, tree: bytes, path: str | None, historical: Historical | None
) -> tuple[str, FileFormat] | None:
    if path is None:
        for format_ in (FileFormat.NATIVE, FileFormat.GUIX):
            if _entry_at(objects, tree, format_.value) is not None:
                return format_.value, format_
        return (historical.format.value, historical.format) if historical else None
    path = normalized_path(path)
    for format_ in FileFormat:
        if path.rpartition("/")[2] == format_.value:
            return path, format_
    entry = _entry_at(objects, tree, path)
    if isinstance(entry, Entry):
        return path, authorizations.sniff(objects.blob(entry.object_id))
    return path, historical.format if historical and entry is None else FileFormat.NATIVE


def _demand(parsed: Authorizations) -> Authorizations:
    """Read a file as if it said `every-commit`."""
    return replace(parsed, history=HistoryMode.EVERY_COMMIT)
