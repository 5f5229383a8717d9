"""A git tree as the thing that is serialized: read strictly, its entries as Nix sorts them.

Git sorts a directory as if its name ended in a slash, Nix sorts all names by their bytes: `a.b`
comes before a directory `a` in the one and after it in the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from operator import itemgetter
from typing import NamedTuple, NoReturn, Protocol

from nixauth.model import ObjectId
from nixauth.nar import attributes
from nixauth.nar.digests import Nar
from nixauth.nar.faults import RefusedTreeError, TreeFault
from nixauth.nar.serialize import Bytes, NarWriter


class Kind(Enum):
    """What an entry of a tree is; the value is its mode, as git writes it."""

    FILE = b"100644"
    EXECUTABLE = b"100755"
    LINK = b"120000"
    DIRECTORY = b"40000"
    SUBMODULE = b"160000"


class TreeEntry(NamedTuple):
    """An entry of a tree: its name (bytes, one path component), what it is, and its object."""

    name: bytes
    kind: Kind
    object_id: ObjectId


class Submodules(Enum):
    """What is made of submodules."""

    REFUSED = "refused"
    EMPTY = "empty"
    """Empty directories: what git archive makes of them, and Nix's fetchers, unless they are
    asked for submodules."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read before a tree is refused."""

    blob: int = 1 << 30
    """Bytes of a file. One at a time is held in memory, with what it is unpacked from: twice its
    size, and three times for a delta."""
    depth: int = 256
    """Directories within each other."""
    entries: int = 5_000_000
    """A small tree that holds itself many times over makes as many entries as somebody likes."""


class Contents(Protocol):
    """Where trees and files come from; each was hashed and compared with its id.

    Both methods raise MissingObjectError and CorruptObjectError.
    """

    def tree(self, object_id: ObjectId) -> bytes:
        """Return a tree's content."""

    def blob_up_to(self, object_id: ObjectId, largest: int) -> Bytes | None:
        """Return a blob's content; None where it has more than `largest` bytes."""


class CautionKind(Enum):
    """What somebody may stumble over; the value is a stable word."""

    LFS_POINTER = "lfs-pointer"
    """The file is a pointer of Git LFS, hashed as it is: a fetcher that follows it gets another."""
    FILTER = "filter"
    """This `.gitattributes` names filters: a git that has them configured makes other files."""
    EMPTY_SUBMODULE = "empty-submodule"
    """The submodule was taken for an empty directory."""


@dataclass(frozen=True, slots=True)
class Caution:
    """A caution, and the path (bytes, from the root) of what it is about."""

    kind: CautionKind
    path: bytes


@dataclass(frozen=True, slots=True)
class Plain:
    """A tree's own hash, and what was seen on the way."""

    nar: Nar
    mentions: attributes.Mentions
    empty_directories: bool
    """Whether a directory below the root is empty, which git archive leaves out."""
    cautions: tuple[Caution, ...]


_KINDS = {kind.value: kind for kind in Kind}
_LONGEST_LINK = 4095  # PATH_MAX without its NUL
_LFS = b"version https://git-lfs.github.com/spec/v1\n"
_LARGEST_LFS = 1024  # the specification's own bound


def read_tree(tree: bytes, path: bytes = b"") -> list[TreeEntry]:
    """Return the entries of a tree object's content in the order of an archive.

    `path` is where the tree stands, for the message. Raises RefusedTreeError.
    """
    found: dict[bytes, TreeEntry] = {}
    position, end, before = 0, len(tree), b""
    while position < end:
        nul = tree.find(b"\0", position)
        space = tree.find(b" ", position, max(nul, 0))  # without a NUL there is none before it
        if space < 0 or nul + 21 > end:
            raise RefusedTreeError(TreeFault.CUT_OFF, path, "an entry of the tree is cut off")
        name = tree[space + 1 : nul]
        kind = _kind(tree[position:space], name, path)
        _check_name(name, path)
        if name in found:
            _refuse(TreeFault.DUPLICATE, path, name, "this name stands twice in the tree")
        key = name + b"/" if kind is Kind.DIRECTORY else name
        if key <= before:
            _refuse(TreeFault.ORDER, path, name, "the tree is out of order")
        found[name] = TreeEntry(name, kind, ObjectId(tree[nul + 1 : nul + 21]))
        before, position = key, nul + 21
    return sorted(found.values(), key=itemgetter(0))


def _kind(mode: bytes, name: bytes, path: bytes) -> Kind:
    kind = _KINDS.get(mode)
    if kind is None:
        _refuse(TreeFault.MODE, path, name, f"{mode[:12]!r} is not a mode that git writes")
    return kind


def _check_name(name: bytes, path: bytes) -> None:
    if not name or name in {b".", b".."} or b"/" in name:
        _refuse(TreeFault.NAME, path, name, f"{name!r} cannot be the name of a file")
    if name.lower() == b".git":
        _refuse(TreeFault.DOT_GIT, path, name, "this would be a repository's own directory")


def _refuse(fault: TreeFault, path: bytes, name: bytes, detail: str, hint: str = "") -> NoReturn:
    raise RefusedTreeError(fault, below(path, name), detail, hint)


def below(path: bytes, name: bytes) -> bytes:
    """Return the path of an entry of the directory at `path`."""
    return path + b"/" + name if path else name


class Walk:
    """Goes through a tree within limits, and reads what it comes to."""

    def __init__(self, contents: Contents, submodules: Submodules, limits: Limits) -> None:
        self._contents = contents
        self._submodules = submodules
        self._limits = limits
        self._entries = 0

    def directory(self, tree: ObjectId, path: bytes, depth: int) -> list[TreeEntry]:
        """Return the entries of a directory at a path; raises RefusedTreeError."""
        if depth > self._limits.depth:
            deep = f"it lies deeper than {self._limits.depth} directories"
            raise RefusedTreeError(TreeFault.DEPTH, path, deep)
        entries = read_tree(self._contents.tree(tree), path)
        self._entries += len(entries)
        if self._entries > self._limits.entries:
            many = f"there are more than {self._limits.entries} files and directories"
            raise RefusedTreeError(TreeFault.ENTRIES, path, many)
        for entry in entries:
            if entry.kind is Kind.SUBMODULE and self._submodules is not Submodules.EMPTY:
                _refuse(
                    TreeFault.SUBMODULE,
                    path,
                    entry.name,
                    "this is a submodule, whose content is not in the repository",
                )
        return entries

    def content(self, entry: TreeEntry, path: bytes) -> Bytes:
        """Return the content of a file or the target of a link; raises RefusedTreeError."""
        content = self._contents.blob_up_to(entry.object_id, self._limits.blob)
        if content is None:
            large = f"it has more than {self._limits.blob} bytes"
            raise RefusedTreeError(TreeFault.BLOB_SIZE, path, large)
        if entry.kind is Kind.LINK and not _fit_for_link(content):
            raise RefusedTreeError(TreeFault.LINK, path, "no link can have this target")
        return content

    def everything(self, root: ObjectId) -> Iterator[tuple[bytes, TreeEntry]]:
        """Yield path and entry of all that is below a tree, directories before what is in them."""
        pending = [(b"", root, 0)]
        while pending:
            path, tree, depth = pending.pop()
            for entry in self.directory(tree, path, depth):
                whole = below(path, entry.name)
                yield whole, entry
                if entry.kind is Kind.DIRECTORY:
                    pending.append((whole, entry.object_id, depth + 1))


def _fit_for_link(target: Bytes) -> bool:
    return 0 < len(target) <= _LONGEST_LINK and b"\0" not in bytes(target)


class _Plain(Walk):
    """Writes a tree as it is, and takes notes."""

    def __init__(self, contents: Contents, submodules: Submodules, limits: Limits) -> None:
        super().__init__(contents, submodules, limits)
        digest = hashlib.sha256()
        self._writer = NarWriter(digest.update)
        self._digest = digest
        self._mentions = attributes.Mentions()
        self._empty = False
        self._cautions: list[Caution] = []

    def hash(self, root: ObjectId) -> Plain:
        """Return what there is to be said of a tree."""
        self._write(root)
        size = self._writer.finish()
        return Plain(
            Nar(self._digest.digest(), size), self._mentions, self._empty, tuple(self._cautions)
        )

    def _write(self, root: ObjectId) -> None:
        """Write all directories; those that are open are on a stack, not in calls."""
        stack = [(b"", self._begin(root, b"", 0))]
        while stack:
            path, entries = stack[-1]
            entry = next(entries, None)
            if entry is None:
                self._writer.close()
                stack.pop()
                continue
            whole = below(path, entry.name)
            self._writer.entry(entry.name)
            if entry.kind is Kind.DIRECTORY:
                stack.append((whole, self._begin(entry.object_id, whole, len(stack))))
            elif entry.kind is Kind.SUBMODULE:
                self._cautions.append(Caution(CautionKind.EMPTY_SUBMODULE, whole))
                self._writer.directory()
                self._writer.close()
            else:
                self._write_content(entry, whole)

    def _begin(self, tree: ObjectId, path: bytes, depth: int) -> Iterator[TreeEntry]:
        entries = self.directory(tree, path, depth)
        self._empty = self._empty or (depth > 0 and not entries)
        self._writer.directory()
        return iter(entries)

    def _write_content(self, entry: TreeEntry, path: bytes) -> None:
        content = self.content(entry, path)
        if entry.name == attributes.NAME:
            self._note_attributes(bytes(content), path)
        if entry.kind is Kind.LINK:
            self._writer.symlink(bytes(content))
            return
        if len(content) < _LARGEST_LFS and bytes(content[: len(_LFS)]) == _LFS:
            self._cautions.append(Caution(CautionKind.LFS_POINTER, path))
        self._writer.file(content, executable=entry.kind is Kind.EXECUTABLE)

    def _note_attributes(self, content: bytes, path: bytes) -> None:
        mentions = attributes.mentioned(content)
        self._mentions |= mentions
        if mentions.filter:
            self._cautions.append(Caution(CautionKind.FILTER, path))


def hash_plain(contents: Contents, root: ObjectId, submodules: Submodules, limits: Limits) -> Plain:
    """Return the hash of a tree as it stands in git, and what was seen on the way.

    Raises RefusedTreeError, and what `contents` raises.
    """
    return _Plain(contents, submodules, limits).hash(root)
