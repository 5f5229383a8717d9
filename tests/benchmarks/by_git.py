"""`git log --format=%G?` on a sample, beside: a process of gpg for every signature."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from nixauth.keyring import SUFFIXES
from tests.benchmarks.subjects import Subject, git


def commits_per_second(subject: Subject, sample: int) -> tuple[float, int] | None:
    """Return the rate, and how many of the sample git found good; None without gpg."""
    if shutil.which("gpg") is None:
        return None
    with tempfile.TemporaryDirectory(prefix="nixauth-gpg-") as home:
        Path(home).chmod(0o700)
        environment = os.environ | {
            "GNUPGHOME": home,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        try:
            _import(subject, environment)
            command = ["git", "-C", str(subject.repository), "log", "--format=%G?"]
            command += [f"--max-count={sample}", subject.target]
            start = time.perf_counter()
            said = subprocess.run(command, env=environment, check=True, capture_output=True).stdout
            seconds = time.perf_counter() - start
        finally:
            if gpgconf := shutil.which("gpgconf"):
                subprocess.run([gpgconf, "--kill", "all"], env=environment, check=False)
    letters = said.decode().split()
    # U: good, by a key that gpg was not told to trust; X, Y, R: good, key expired or revoked.
    return len(letters) / seconds, sum(letter in "GUXYR" for letter in letters)


def _import(subject: Subject, environment: dict[str, str]) -> None:
    for content in _key_files(subject):
        subprocess.run(
            ["gpg", "--batch", "--quiet", "--import"],
            env=environment,
            input=content,
            check=False,  # old keys that gpg itself takes no more
            capture_output=True,
        )


def _key_files(subject: Subject) -> Iterator[bytes]:
    for source in subject.keyring or ("refs/heads/keyring",):
        path = Path(source)
        if source.startswith("refs/"):
            names = git(subject.repository, "ls-tree", "-r", "-z", "--name-only", source)
            for name in names.decode().split("\0"):
                if name.endswith(SUFFIXES):
                    yield git(subject.repository, "cat-file", "blob", f"{source}:{name}")
        elif path.is_dir():
            yield from (file.read_bytes() for file in path.rglob("*") if file.suffix in SUFFIXES)
        else:
            yield path.read_bytes()
