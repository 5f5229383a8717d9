"""Makes raw git objects (SHA-1) as bytes: blobs, trees, commits, and commits with a signature."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

Objects = dict[bytes, tuple[str, bytes]]
"""Object id (20 bytes) to type name and content."""

Entry = tuple[str, str, bytes]
"""Mode ("100644", "40000", …), name, id."""

Placement = Literal["git", "misplaced", "double", "sha256-header"]

EPOCH = 1_600_000_000


def object_id(kind: str, content: bytes) -> bytes:
    """Return the id of an object."""
    header = f"{kind} {len(content)}\0".encode()
    return hashlib.sha1(header + content, usedforsecurity=False).digest()


def add(objects: Objects, kind: str, content: bytes) -> bytes:
    """Put an object in and return its id."""
    name = object_id(kind, content)
    objects[name] = (kind, content)
    return name


def tree_content(entries: Iterable[Entry], *, as_given: bool = False) -> bytes:
    """Return a tree's content, sorted as git sorts it unless `as_given`."""
    ordered = list(entries)
    if not as_given:
        ordered.sort(key=lambda e: e[1].encode() + (b"/" if e[0] == "40000" else b""))
    return b"".join(f"{mode} {name}\0".encode() + oid for mode, name, oid in ordered)


def add_tree(objects: Objects, files: Mapping[str, tuple[str, bytes]]) -> bytes:
    """Put in the tree (and its subtrees) of `{path: (mode, blob or commit id)}`."""
    entries: list[Entry] = []
    folders: dict[str, dict[str, tuple[str, bytes]]] = {}
    for path, (mode, oid) in files.items():
        head, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(head, {})[rest] = (mode, oid)
        else:
            entries.append((mode, head, oid))
    entries += [("40000", name, add_tree(objects, inner)) for name, inner in folders.items()]
    return add(objects, "tree", tree_content(entries))


def commit_content(
    tree: bytes,
    parents: Sequence[bytes] = (),
    *,
    message: bytes = b"message\n",
    date: int = EPOCH,
    author: bytes = b"A U Thor <author@example.org>",
    extra: Sequence[bytes] = (),
) -> bytes:
    """Return an unsigned commit; `extra` are whole header lines after the committer's."""
    person = author + b" %d +0000" % date
    lines = [b"tree " + tree.hex().encode()]
    lines += [b"parent " + parent.hex().encode() for parent in parents]
    lines += [b"author " + person, b"committer " + person, *extra]
    return b"\n".join(lines) + b"\n\n" + message


def signature_header(armored: bytes, name: bytes = b"gpgsig") -> bytes:
    """Return the header with its continuation lines, as git writes them (with a newline)."""
    lines = armored.rstrip(b"\n").split(b"\n")
    return name + b" " + b"\n ".join(lines) + b"\n"


def signed(content: bytes, armored: bytes, placement: Placement = "git") -> bytes:
    """Insert a signature of `content` into it.

    `git`: after the other headers, as git does. `misplaced`: between the parents, or before
    the only one (a root: before the author). `double`: two headers. `sha256-header`: only in the
    header that repositories of another object format use.
    """
    headers, _, message = content.partition(b"\n\n")
    lines = (headers + b"\n").splitlines(keepends=True)
    block = signature_header(armored)
    at = len(lines)
    if placement == "misplaced":
        parents = [i for i, line in enumerate(lines) if line.startswith(b"parent ")]
        at = parents[-1] if parents else 1
    elif placement == "double":
        block += block
    elif placement == "sha256-header":
        block = signature_header(armored, b"gpgsig-sha256")
    return b"".join([*lines[:at], block, *lines[at:]]) + b"\n" + message


def signed_by(
    content: bytes, sign: Callable[[bytes], bytes], placement: Placement = "git"
) -> bytes:
    """Sign the content and insert the signature."""
    return signed(content, sign(content), placement)
