"""Repositories with a work tree, made by git, and what must not change in them."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nixauth.signatures import openpgp as reader
from tests.unit.cli.places import Result, Sandbox


def listing(people: Mapping[str, Sequence[str]]) -> str:
    """Return an authorizations file of names and keys as they are to stand there."""
    lines = ["version: 1", "people:"]
    for name, keys in people.items():
        lines += [f"  {name}:", "    keys:", *[f"      - {key}" for key in keys]]
    return "\n".join([*lines, ""])


def fingerprint_of_directory(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Return mode, time of change and digest of everything below a directory."""
    found = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        state = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        digest = hashlib.sha256(content).hexdigest()
        found[str(path)] = (state.st_mode, state.st_mtime_ns, digest)
    return found


@dataclass
class Checkout:
    """A repository with a work tree."""

    box: Sandbox
    folder: Path

    @classmethod
    def make(cls, box: Sandbox) -> Checkout:
        """Make one with a commit, a staged change, one that is not, and a stray file."""
        folder = box.folder / "repository"
        box.git("init", "-q", "-b", "main", folder)
        made = cls(box, folder)
        made.git("config", "user.name", "Kay")
        made.git("config", "user.email", "kay@example.org")
        for name in ("one", "two"):
            (folder / name).write_text(name)
        made.git("add", ".")
        made.git("commit", "-q", "-m", "first")
        (folder / "one").write_text("staged")
        made.git("add", "one")
        (folder / "two").write_text("not staged")
        (folder / "stray").write_text("not known to git")
        return made

    def git(self, *arguments: object, check: bool = True) -> str:
        """Run git in it."""
        return self.box.git("-C", self.folder, *arguments, check=check)

    def keys(self, *arguments: object, **environment: str | None) -> Result:
        """Run `nixauth keys` on it."""
        command, *rest = arguments
        return self.box.run("keys", command, *rest, "-C", self.folder, **environment)

    def state(self) -> tuple[object, ...]:
        """Return what an import may not change: the index, HEAD, the work tree, other refs."""
        index = (self.folder / ".git" / "index").read_bytes()
        head = (self.folder / ".git" / "HEAD").read_text()
        files = {
            str(path): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and ".git" not in path.parts
        }
        refs = [
            line
            for line in self.git("for-each-ref").splitlines()
            if not line.endswith("refs/heads/keyring")
        ]
        return hashlib.sha256(index).hexdigest(), head, files, refs

    def authorize(self, people: Mapping[str, Sequence[str]]) -> None:
        """Commit an authorizations file."""
        (self.folder / ".authorizations").write_text(listing(people))
        self.git("add", ".authorizations")
        self.git("commit", "-q", "-m", "authorizations", "--", ".authorizations")

    def file(self, name: str, content: bytes) -> Path:
        """Write a file outside of the repository."""
        path = self.box.folder / name
        path.write_bytes(content)
        return path

    def keyring_branch(self, files: Mapping[str, bytes], ref: str = "refs/heads/keyring") -> str:
        """Put files on a branch, by git's own plumbing."""
        index = self.box.folder / "an-index"
        index.unlink(missing_ok=True)
        self.box.environment["GIT_INDEX_FILE"] = str(index)
        for name, content in files.items():
            blob = self.git("hash-object", "-w", self.file("content", content))
            self.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{name}")
        tree = self.git("write-tree")
        del self.box.environment["GIT_INDEX_FILE"]
        commit = self.git("commit-tree", "-m", "keys", tree)
        self.git("update-ref", ref, commit)
        return commit

    def on_branch(self, name: str, branch: str = "keyring") -> bytes:
        """Return a file's content on a branch."""
        blob = self.git("rev-parse", f"{branch}:{name}")
        return subprocess.run(
            ["git", "-C", str(self.folder), "cat-file", "blob", blob],
            capture_output=True,
            check=True,
        ).stdout

    def names(self, branch: str = "keyring") -> list[str]:
        """Return the files on a branch."""
        return self.git("ls-tree", "-r", "--name-only", branch).splitlines()


def read(content: bytes) -> reader.Certificates:
    """Read a key file with the reader that verification uses."""
    certificates = reader.Certificates()
    assert certificates.add(content) == []
    return certificates
