"""Trees on disk: written from git's objects, and hashed as `nix hash path` does."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from nixauth.errors import UnwritableTreeError
from nixauth.model import ObjectId
from nixauth.nar.digests import Nar
from nixauth.nar.serialize import NarWriter
from nixauth.nar.tree import Contents, Kind, Limits, Submodules, TreeEntry, Walk

_PIECE = 1 << 20


def write_tree(contents: Contents, root: ObjectId, directory: Path) -> None:
    """Write a git tree into a directory, which is made, and may not be there before.

    Every object is hashed and compared with its id as it is read. Raises UnwritableTreeError,
    RefusedTreeError for a tree that has no hash either, and what `contents` raises.
    """
    top = os.fsencode(directory)
    try:
        os.mkdir(top, 0o755)  # noqa: PTH102 - names are bytes
        walk = Walk(contents, Submodules.REFUSED, Limits())
        for path, entry in walk.everything(root):
            _write(top + b"/" + path, walk, entry, path)
    except FileExistsError as error:
        raise UnwritableTreeError(
            f"{os.fsdecode(error.filename or top)} is there already",
            "Two names of the tree may be one on this file system; use one that tells case apart.",
        ) from error
    except OSError as error:
        raise UnwritableTreeError(
            f"the tree cannot be written to {directory}: {error.strerror or error}",
            "Nothing was changed. Is the disk full?",
        ) from error


def _write(place: bytes, walk: Walk, entry: TreeEntry, path: bytes) -> None:
    if entry.kind is Kind.DIRECTORY:
        os.mkdir(place, 0o755)  # noqa: PTH102
        return
    content = walk.content(entry, path)
    if entry.kind is Kind.LINK:
        os.symlink(bytes(content), place)  # noqa: PTH211
        return
    mode = 0o755 if entry.kind is Kind.EXECUTABLE else 0o644
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    with os.fdopen(os.open(place, flags, mode), "wb") as file:
        file.write(content)


def hash_path(path: Path) -> Nar:
    """Return the hash of a file, a link or a directory on disk; raises OSError.

    What is neither makes ValueError.
    """
    digest = hashlib.sha256()
    writer = NarWriter(digest.update)
    stack: list[tuple[bytes, Iterator[bytes]]] = []
    _node(writer, os.fsencode(path), stack)
    while stack:
        directory, names = stack[-1]
        name = next(names, None)
        if name is None:
            writer.close()
            stack.pop()
        else:
            writer.entry(name)
            _node(writer, directory + b"/" + name, stack)
    size = writer.finish()
    return Nar(digest.digest(), size)


def _node(writer: NarWriter, place: bytes, stack: list[tuple[bytes, Iterator[bytes]]]) -> None:
    found = os.lstat(place)
    if stat.S_ISDIR(found.st_mode):
        writer.directory()
        stack.append((place, iter(sorted(os.listdir(place)))))  # noqa: PTH208
    elif stat.S_ISLNK(found.st_mode):
        writer.symlink(os.readlink(place))  # noqa: PTH115
    elif stat.S_ISREG(found.st_mode):
        with open(place, "rb") as file:  # noqa: PTH123
            executable = bool(found.st_mode & stat.S_IXUSR)
            writer.stream(found.st_size, _pieces(file), executable=executable)
    else:
        raise ValueError(f"{os.fsdecode(place)} is no file, link or directory")


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece
