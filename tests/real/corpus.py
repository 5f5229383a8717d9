"""The archives of real histories that stand beside the repository, where they do."""

from __future__ import annotations

import os
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from nixauth import Fingerprint, Introduction, Keyring, ObjectId, Repository, open_keyring

FOLDER = Path(__file__).parents[2].parent / "shared" / "corpus"

_FACTS = {
    "guix-2020": (
        "9edb3f66fd807b096b48283debdcddccfea34bad",
        "BBB02DDF2CEAF6A80D1DE643A2A06DF2A33A54FA",
        "9ea8616b374ebbd107e6f03027805a3612ed280a",
    ),
    "rde": (
        "257cebd587b66e4d865b3537a9a88cccd7107c95",
        "28419AC650387440C7E92FFA2208D20958C1DEB0",
        "24955da51caf1aaad9a5f0e6c9c9845a504eff64",
    ),
    "nix-2024": (
        "78aedda6bd42d81b4e608bcb8ace641b5a2ef3ec",
        "968479A1AFF927E37D1A566BB5690EEEBB952194",
        "refs/heads/t",
    ),
}


@dataclass(frozen=True)
class Corpus:
    """A real history: a bare repository, and its README's facts about it."""

    path: Path
    introduction: str
    signer: str
    target: str

    def open(self) -> Repository:
        """Open it."""
        return Repository.open(self.path)

    @property
    def trust(self) -> Introduction:
        """The introduction as a value."""
        return Introduction(ObjectId(bytes.fromhex(self.introduction)), Fingerprint(self.signer))

    def keyring(self, *sources: str) -> Keyring:
        """Return its own keys, or those of other sources."""
        return open_keyring(self.open(), list(sources))


def missing(what: str) -> None:
    """Skip; where everything has to be there, fail."""
    message = f"the corpus file {what} is not in {FOLDER}"
    if os.environ.get("NIXAUTH_REQUIRE_ALL") == "1":
        pytest.fail(message)
    pytest.skip(message)


def file(name: str) -> Path:
    """Return a file of the corpus; skips without it."""
    path = FOLDER / name
    if not path.exists():
        missing(name)
    return path


def unpack(name: str, folder: Path) -> Corpus:
    """Unpack a history into a folder; skips without its archive."""
    archive = file(f"{name}.git.tar")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return Corpus(folder / f"{name}.git", *_FACTS[name])
