"""The histories that are measured: real ones out of a tar file, or any repository."""

from __future__ import annotations

import math
import os
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nixauth import Fingerprint, Repository, open_keyring

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
"""Where the tar files are, unless an option says otherwise."""

KNOWN = {
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
}
"""Introduction, its signer and the target of each."""


@dataclass(frozen=True)
class Subject:
    """A question to a history; `keyring` are sources as the command line takes them."""

    name: str
    repository: Path
    introduction: str
    signer: str
    target: str
    keyring: tuple[str, ...] = ()

    def arguments(self, target: str | None = None, command: str = "verify") -> list[str]:
        """Return the command and its arguments."""
        arguments = [command, target or self.target, "-C", str(self.repository)]
        arguments += ["--introduction", self.introduction, "--signer", self.signer]
        for source in self.keyring:
            arguments += ["--keyring", source]
        return arguments

    def first_key(self, folder: Path) -> Path:
        """Return a keyring with the introduction's signer and nobody else, written to a folder."""
        keys = open_keyring(Repository.open(self.repository), self.keyring).certificates
        path = folder / "first.gpg"
        carriers = keys.carriers(Fingerprint(self.signer))
        path.write_bytes(b"".join(keys.export(primary)[0] for primary in carriers))
        return path

    def back(self, count: int) -> tuple[str, int] | None:
        """Return the first parent that about `count` commits came after, and how many did.

        None where the history after the introduction is shorter than that.
        """
        line = self._git("rev-list", "--first-parent", self.target, f"^{self.introduction}").split()
        step = 1
        while step < len(line) and self._count(line[step]) < count:
            step *= 2
        low, high = step // 2, min(step, len(line) - 1)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self._count(line[middle]) < count else (low, middle)
        if not line or self._count(line[high]) < count:
            return None
        # One merge may bring in far more than was wanted: then rather a few less.
        near = [(commit, self._count(commit)) for commit in line[max(high - 1, 1) : high + 1]]
        return min(near, key=lambda found: abs(math.log(found[1] / count)))

    def _count(self, ancestor: str) -> int:
        return int(self._git("rev-list", "--count", self.target, f"^{ancestor}"))

    def _git(self, *arguments: str) -> str:
        return git(self.repository, *arguments).decode()


def git(repository: Path, *arguments: str) -> bytes:
    """Run git, with nobody's configuration, and return what it prints."""
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, check=True, capture_output=True, env=environment).stdout


def corpus(name: str, tars: Path, folder: Path) -> Subject:
    """Return a real history, unpacked below the folder."""
    repository = folder / "corpus" / f"{name}.git"
    if not repository.is_dir():
        unfinished = folder / "corpus" / f"{name}.{os.getpid()}"
        with tarfile.open(tars / f"{name}.git.tar") as tar:
            tar.extractall(unfinished, filter="data")
        (unfinished / f"{name}.git").rename(repository)
        unfinished.rmdir()
    return Subject(name, repository, *KNOWN[name])


def repository(
    path: Path, introduction: str, signer: str, target: str, keyring: Sequence[str]
) -> Subject:
    """Return any repository; the target may be any revision."""
    commit = git(path, "rev-parse", "--verify", "--end-of-options", f"{target}^{{commit}}")
    return Subject(
        path.name, path.absolute(), introduction, signer, commit.decode().strip(), tuple(keyring)
    )
