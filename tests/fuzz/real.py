"""Objects of the real histories that stand beside the repository, where they do."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterable, Iterator

import pygit2

from tests.fuzz.harness import ROOT

FOLDER = ROOT.parent / "shared" / "corpus"
COMMIT, BLOB = 1, 3


def objects(kind: int, most: int = 40) -> Iterator[bytes]:
    """Yield some objects of a type, none of them large."""
    for name in ("guix-2020", "rde", "nix-2024"):
        archive = FOLDER / f"{name}.git.tar"
        if archive.exists():
            with tempfile.TemporaryDirectory() as folder:
                with tarfile.open(archive) as tar:
                    tar.extractall(folder, filter="data")
                yield from _some(pygit2.Repository(f"{folder}/{name}.git"), kind, most)


def _some(repository: pygit2.Repository, kind: int, most: int) -> Iterable[bytes]:
    found: list[bytes] = []
    for number, oid in enumerate(repository):
        if len(found) >= most:
            break
        if number % 7 == 0:
            read_kind, content = repository.odb.read(oid)[:2]
            if int(read_kind) == kind and len(content) <= 6000:
                found.append(content)
    return found


def keyring() -> bytes | None:
    """The keys of a forge's service, if they are at hand."""
    path = FOLDER / "web-flow.gpg"
    return path.read_bytes() if path.exists() else None
