"""A tree as `git archive` makes it: attributes applied, by git itself and on its own.

Forges make their tarballs with git archive, and so did Nix's git fetcher before version 2.20. What
`.gitattributes` mean is git's business, so git is asked; but it is asked in a repository that was
made for it, with the objects that this process has read and verified and nothing else: no
configuration, no filters, no `info/attributes`, no refs, no replacements, no grafts. Git hashes
each object once more as it takes them in. What comes out is compared with the tree again: git may
leave entries out and convert files, and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NoReturn, Protocol

from nixauth.display import printable
from nixauth.model import ObjectId
from nixauth.nar import attributes
from nixauth.nar.digests import Nar
from nixauth.nar.faults import RefusedTreeError, TreeFault
from nixauth.nar.packing import pack
from nixauth.nar.serialize import Bytes, NarWriter
from nixauth.nar.tree import Contents, Kind, Limits, Submodules, TreeEntry, Walk, below

_STEP = 1 << 20
_HINT = "git archive has to be able to read it, or there is only the plain hash."


class Commits(Contents, Protocol):
    """`Contents` that has commits, too."""

    def commit(self, object_id: ObjectId) -> bytes:
        """Return a commit's content; raises MissingObjectError, CorruptObjectError."""


@dataclass(slots=True)
class _Member:
    """What stands at a path of the archive: where its content begins in the file, and its size."""

    kind: Kind
    offset: int = 0
    size: int = 0
    target: bytes = b""
    below: dict[bytes, _Member] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """What is archived: a commit (None for a tree by itself), its tree, and how it was read."""

    commit: ObjectId | None
    tree: ObjectId
    mentions: attributes.Mentions
    submodules: Submodules
    limits: Limits


def hash_archived(contents: Commits, question: Question) -> Nar:
    """Return the hash of what git archive makes of a tree.

    Takes room for the tree twice in the directory for temporary files. Raises RefusedTreeError, and
    what `contents` raises.
    """
    if question.mentions.export_subst and question.commit is None:
        _refused(TreeFault.NO_COMMIT, b"", "export-subst writes of a commit, and this is a tree")
    with tempfile.TemporaryDirectory(prefix="nixauth-nar-") as folder:
        git = _Git(Path(folder))
        walk = Walk(contents, question.submodules, question.limits)
        entries = dict(walk.everything(question.tree))
        git.take(_objects(contents, question, entries, walk))
        with git.archive(question.commit or question.tree).open("rb") as file:
            root = _members(file, entries)
            if question.mentions.export_subst:
                _check_substitutions(file, root, entries, walk)
            return _hash(file, root)


def _refused(fault: TreeFault, path: bytes, detail: str, hint: str = "") -> NoReturn:
    raise RefusedTreeError(fault, path, detail, hint)


def _objects(
    contents: Commits, question: Question, entries: dict[bytes, TreeEntry], walk: Walk
) -> Iterator[bytes]:
    """Yield a pack of all objects that git archive needs."""
    wanted: dict[ObjectId, tuple[TreeEntry, bytes]] = {}
    for path, entry in entries.items():
        if entry.kind is not Kind.SUBMODULE:
            wanted.setdefault(entry.object_id, (entry, path))
    wanted.pop(question.tree, None)

    def each() -> Iterator[tuple[str, Bytes]]:
        if question.commit is not None:
            yield "commit", contents.commit(question.commit)
        yield "tree", contents.tree(question.tree)
        for entry, path in wanted.values():
            if entry.kind is Kind.DIRECTORY:
                yield "tree", contents.tree(entry.object_id)
            else:
                yield "blob", walk.content(entry, path)

    return pack(len(wanted) + 1 + (question.commit is not None), each())


class _Git:
    """Git in a repository of its own, which goes with `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._repository = folder / "repository.git"
        # Nothing of the environment but where programs are.
        self._environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "TMPDIR": str(folder),
            "LC_ALL": "C",
            "TZ": "UTC",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_TERMINAL_PROMPT": "0",
        }
        # No templates: they could hold hooks, a configuration and info/attributes.
        words = ["init", "--quiet", "--bare", "--template=", "--object-format=sha1"]
        self._run([*words, str(self._repository)], at_home=False)

    def _command(self, words: list[str], *, at_home: bool = True) -> list[str]:
        here = ["-C", str(self._repository), "--git-dir=."] if at_home else []
        return ["git", *here, "-c", f"core.attributesFile={os.devnull}", *words]

    def _run(self, words: list[str], *, at_home: bool = True) -> None:
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and every word is ours
                self._command(words, at_home=at_home),
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            _refused(TreeFault.ARCHIVE, b"", f"git cannot be run: {error}", "Install git.")
        if done.returncode:
            self._failed(words[0], done.stderr)

    def _failed(self, word: str, said: bytes) -> NoReturn:
        _refused(TreeFault.ARCHIVE, b"", f"git {word} failed: {printable(said.strip())}", _HINT)

    def take(self, pieces: Iterator[bytes]) -> None:
        """Put the objects of a pack into the repository; git hashes each of them."""
        path = self._repository / "objects" / "pack" / f"pack-{'0' * 40}.pack"
        with path.open("xb") as file:
            for piece in pieces:
                file.write(piece)
        self._run(["index-pack", str(path)])

    def archive(self, object_id: ObjectId) -> Path:
        """Return the file that git archive makes of a commit or a tree."""
        file = self._folder / "archive.tar"
        self._run(["archive", "--format=tar", f"--output={file}", object_id.hex()])
        return file


def _members(file: IO[bytes], entries: dict[bytes, TreeEntry]) -> _Member:
    """Return the root of what an archive holds; all of it has to be in the tree."""
    root = _Member(Kind.DIRECTORY)
    _skip_global_header(file)
    try:
        with tarfile.open(fileobj=file, mode="r:", encoding="utf-8") as tar:
            for found in tar:
                _place(found, root, entries)
    except (tarfile.TarError, UnicodeError, EOFError) as error:
        _refused(TreeFault.ARCHIVE, b"", f"what git archive made cannot be read: {error}")
    return root


def _skip_global_header(file: IO[bytes]) -> None:
    """Go behind the header that names the commit: tarfile takes none with nothing after it."""
    block = file.read(512)
    if block[156:157] == b"g":  # its type; 124 to 135 are its size, in octal
        size = int(block[124:135], 8)
        file.seek(512 + size + -size % 512)
    else:
        file.seek(0)


def _place(found: tarfile.TarInfo, root: _Member, entries: dict[bytes, TreeEntry]) -> None:
    path = found.name.encode("utf-8", "surrogateescape")
    entry = entries.get(path)
    kind = _kind(found)
    if entry is None or kind is None or not _as_in_tree(kind, entry.kind):
        _refused(TreeFault.ARCHIVE, path, "git archive made this, and the tree does not have it so")
    target = found.linkname.encode("utf-8", "surrogateescape")
    if kind is Kind.LINK and _blob_id(len(target), (target,)) != entry.object_id:
        _refused(TreeFault.ARCHIVE, path, "git archive made a link with another target")
    *folders, name = path.split(b"/")
    place = root
    for folder in folders:
        if folder not in place.below:
            _refused(TreeFault.ARCHIVE, path, "git archive made this without its directory")
        place = place.below[folder]
    if name in place.below:
        _refused(TreeFault.ARCHIVE, path, "git archive made this twice")
    place.below[name] = _Member(kind, found.offset_data, found.size, target)


def _kind(found: tarfile.TarInfo) -> Kind | None:
    if found.isdir():
        return Kind.DIRECTORY
    if found.issym():
        return Kind.LINK
    if found.isreg():
        return Kind.EXECUTABLE if found.mode & 0o100 else Kind.FILE
    return None


def _as_in_tree(archived: Kind, kind: Kind) -> bool:
    return archived is (Kind.DIRECTORY if kind is Kind.SUBMODULE else kind)


def _pieces(file: IO[bytes], member: _Member) -> Iterator[bytes]:
    file.seek(member.offset)
    left = member.size
    while left and (piece := file.read(min(left, _STEP))):
        left -= len(piece)
        yield piece


def _files(root: _Member) -> Iterator[tuple[bytes, _Member]]:
    """Yield path and member of all regular files."""
    pending = [(b"", root)]
    while pending:
        path, place = pending.pop()
        for name, member in place.below.items():
            whole = below(path, name)
            if member.kind is Kind.DIRECTORY:
                pending.append((whole, member))
            elif member.kind is not Kind.LINK:
                yield whole, member


def _check_substitutions(
    file: IO[bytes], root: _Member, entries: dict[bytes, TreeEntry], walk: Walk
) -> None:
    """Refuse where something was written that will be another thing at another time."""
    for path, member in _files(root):
        if not _changed(file, member, entries[path]):
            continue
        unstable = attributes.unstable_format(bytes(walk.content(entries[path], path)))
        if unstable is not None:
            _refused(
                TreeFault.UNSTABLE,
                path,
                f"export-subst replaces {printable(unstable, 60)}, which the commit alone"
                " does not decide",
                "Whoever makes the archive decides what it holds; take the plain hash.",
            )


def _changed(file: IO[bytes], member: _Member, entry: TreeEntry) -> bool:
    """Say whether a file is not the blob that stands in the tree."""
    return _blob_id(member.size, _pieces(file, member)) != entry.object_id


def _blob_id(size: int, pieces: Iterable[bytes]) -> bytes:
    digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    for piece in pieces:
        digest.update(piece)
    return digest.digest()


def _hash(file: IO[bytes], root: _Member) -> Nar:
    digest = hashlib.sha256()
    writer = NarWriter(digest.update)
    writer.directory()
    stack = [iter(sorted(root.below.items()))]
    while stack:
        name, member = next(stack[-1], (b"", None))
        if member is None:
            writer.close()
            stack.pop()
            continue
        writer.entry(name)
        if member.kind is Kind.DIRECTORY:
            writer.directory()
            stack.append(iter(sorted(member.below.items())))
        elif member.kind is Kind.LINK:
            writer.symlink(member.target)
        else:
            pieces = _pieces(file, member)
            writer.stream(member.size, pieces, executable=member.kind is Kind.EXECUTABLE)
    size = writer.finish()  # the digest is of what was handed on
    return Nar(digest.digest(), size)
