"""A repository in which the real git makes commits, and which takes spoilt copies of them."""

from __future__ import annotations

from pathlib import Path

from nixauth.history.repository import Repository
from nixauth.model import ObjectId
from nixauth.signatures.commit_object import SignedCommit, read_commit
from tests.differential.programs import Ran, isolated, program, run
from tests.support.commits import signature_header


class Git:
    """The real git on a repository of its own; nobody's configuration is read."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.program = program("git")
        self.environment = isolated(folder) | environment
        folder.mkdir()
        self.run("init", "--quiet", "--initial-branch=main")

    def run(self, *words: object, given: bytes = b"", check: bool = True) -> Ran:
        """Run it."""
        return run(
            [self.program, *words], self.environment, given=given, cwd=self.folder, check=check
        )

    def commit(self, message: str, key: str, *options: str) -> str:
        """Have git make a signed commit of what is in the index; return its id."""
        settings = [f"user.signingkey={key}", "gc.auto=0", *options]
        configured = [word for one in settings for word in ("-c", one)]
        self.run(*configured, "commit", "--quiet", "--allow-empty", "-S", "-m", message)
        return self.run("rev-parse", "HEAD").out.decode().strip()

    def content(self, commit: str) -> bytes:
        """Return a commit object's content."""
        return self.run("cat-file", "commit", commit).out

    def put(self, content: bytes) -> str:
        """Write a commit object, whatever it holds; return its id."""
        words = ("hash-object", "-t", "commit", "-w", "--stdin", "--literally")
        return self.run(*words, given=content).out.decode().strip()

    def verify(self, commit: str, *options: str) -> Ran:
        """Ask git about a commit's signature."""
        configured = [word for one in options for word in ("-c", one)]
        return self.run(*configured, "verify-commit", "--raw", commit, check=False)

    def open(self) -> Repository:
        """Open it as nixauth does."""
        return Repository.open(self.folder)


def oid(commit: str) -> ObjectId:
    """Return an id's octets."""
    return ObjectId(bytes.fromhex(commit))


def split(content: bytes) -> tuple[bytes, bytes]:
    """Return a signed commit's payload and armored signature."""
    commit = read_commit(content)
    assert isinstance(commit, SignedCommit)
    return commit.payload, commit.signature


def joined(payload: bytes, armored: bytes) -> bytes:
    """Put a signature into a commit where git has it: behind the other headers."""
    headers, blank, message = payload.partition(b"\n\n")
    return headers + b"\n" + signature_header(armored) + blank[1:] + message
