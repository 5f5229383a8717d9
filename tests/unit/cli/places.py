"""Small signed histories on disk, and the command line run on them."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from typer.testing import CliRunner

from nixauth.cli.app import app
from tests.support import commits, openpgp

ROOT = Path(__file__).parents[3]


def listing(people: Mapping[str, Sequence[str]], history: str | None = None) -> bytes:
    """Return an authorizations file of names and the names of their keys."""
    lines = ["version: 1", *([f"history: {history}"] if history else []), "people:"]
    for name, keys in people.items():
        lines += [f"  {name}:", *(["    service: true"] if name == "robot" else []), "    keys:"]
        lines += [f"      - {openpgp.key(key).fingerprint}" for key in keys]
    return "\n".join([*lines, ""]).encode()


class Maker:
    """Makes commits, the same ones every time."""

    def __init__(self) -> None:
        self.objects: commits.Objects = {}
        self.date = commits.EPOCH

    def commit(
        self,
        *parents: bytes,
        signer: str | None = "alice",
        people: Iterable[str] = ("alice", "bob"),
        history: str | None = None,
        file: bytes | None = None,
        message: bytes = b"A change\n",
        author: bytes = b"A U Thor <author@example.org>",
        extra: Sequence[bytes] = (),
    ) -> bytes:
        """Add a commit; `file` stands instead of the authorizations made of `people`."""
        self.date += 60
        content = listing({name: [name] for name in people}, history) if file is None else file
        files = {
            ".authorizations": ("100644", commits.add(self.objects, "blob", content)),
            "pkgs/a.nix": ("100644", commits.add(self.objects, "blob", b"%d\n" % self.date)),
        }
        raw = commits.commit_content(
            commits.add_tree(self.objects, files),
            parents,
            message=message,
            date=self.date,
            author=author,
            extra=extra,
        )
        if signer is not None:
            raw = commits.signed_by(raw, openpgp.key(signer).sign)
        return commits.add(self.objects, "commit", raw)

    def chain(self, length: int) -> list[bytes]:
        """Add that many commits in a line, by alice and bob in turn, and return them."""
        made = [self.commit()]
        for number in range(1, length):
            made.append(self.commit(made[-1], signer="alice" if number % 2 else "bob"))
        return made

    def write(self, folder: Path, refs: Mapping[str, bytes]) -> Path:
        """Write a bare repository with loose objects; HEAD is the branch main."""
        for name in ("objects/pack", "refs/heads"):
            (folder / name).mkdir(parents=True)
        (folder / "HEAD").write_text("ref: refs/heads/main\n")
        (folder / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = true\n")
        for name, oid in refs.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(f"{oid.hex()}\n")
        for oid, (kind, content) in self.objects.items():
            write_loose(folder, oid, kind, content)
        return folder

    def keyring(self, files: Mapping[str, bytes]) -> bytes:
        """Add an unsigned commit whose tree holds these files."""
        blobs = {
            name: ("100644", commits.add(self.objects, "blob", content))
            for name, content in files.items()
        }
        raw = commits.commit_content(commits.add_tree(self.objects, blobs))
        return commits.add(self.objects, "commit", raw)


def loose(folder: Path, oid: bytes) -> Path:
    """Return where a loose object is."""
    return folder / "objects" / oid.hex()[:2] / oid.hex()[2:]


def write_loose(folder: Path, oid: bytes, kind: str, content: bytes) -> None:
    """Write a loose object under an id, whatever its hash is."""
    path = loose(folder, oid)
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(zlib.compress(f"{kind} {len(content)}\0".encode() + content, 1))


def certificates(*names: str) -> dict[str, bytes]:
    """Return a key file for each name."""
    return {f"{name}.key": openpgp.key(name).certificate() for name in names}


@dataclass
class Result:
    """What a command did."""

    code: int
    out: str
    err: str


@dataclass
class Sandbox:
    """A folder with a home and a cache of its own, in which commands are run."""

    folder: Path
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        home = self.folder / "home"
        home.mkdir()
        self.environment = {
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "error",
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "A",
            "GIT_AUTHOR_EMAIL": "a@example.org",
            "GIT_COMMITTER_NAME": "A",
            "GIT_COMMITTER_EMAIL": "a@example.org",
            "GIT_TERMINAL_PROMPT": "0",
        }

    @property
    def cache(self) -> Path:
        """The directory of the stores."""
        return Path(self.environment["XDG_CACHE_HOME"]) / "nixauth"

    def stores(self) -> list[Path]:
        """The stores in it."""
        return sorted(self.cache.glob("*.sqlite"))

    def run(self, *arguments: object, **environment: str | None) -> Result:
        """Run a command in this process; an exception that leaves it fails the test."""
        wanted: dict[str, str | None] = {**self.environment, **environment}
        done = CliRunner().invoke(app, [str(a) for a in arguments], env=wanted)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Result(done.exit_code, done.stdout, done.stderr)

    def command(self, *arguments: object) -> list[str]:
        """Return the command for a process of its own."""
        return [sys.executable, "-m", "nixauth", *map(str, arguments)]

    def process(self, *arguments: object, **environment: str | None) -> Result:
        """Run a command in a process of its own."""
        wanted = {**self.environment, **environment}
        done = subprocess.run(
            self.command(*arguments),
            capture_output=True,
            check=False,
            env={name: value for name, value in wanted.items() if value is not None},
            cwd=self.folder,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    def git(self, *arguments: object, check: bool = True) -> str:
        """Run git."""
        done = subprocess.run(
            ["git", *map(str, arguments)],
            capture_output=True,
            check=False,
            env=self.environment,
            cwd=self.folder,
        )
        assert done.returncode == 0 or not check, done.stderr.decode()
        return done.stdout.decode().strip()


@dataclass
class Place:
    """A repository with a line of commits, and what authenticates it."""

    box: Sandbox
    maker: Maker
    commits: list[bytes]
    repository: Path
    signer: str = "alice"

    @property
    def introduction(self) -> list[str]:
        """The options that name the introduction."""
        fingerprint = openpgp.key(self.signer).fingerprint
        return ["--introduction", self.commits[0].hex(), "--signer", fingerprint]

    def verify(self, *arguments: object, **environment: str | None) -> Result:
        """Verify the tip, in this process."""
        return self.box.run(*self.arguments(*arguments), **environment)

    def arguments(self, *arguments: object) -> list[str]:
        """Return the arguments of `verify`."""
        own = [] if "-C" in arguments else ["-C", str(self.repository)]
        return ["verify", *own, *self.introduction, *map(str, arguments)]


def clear(text: str) -> bool:
    """Say whether a message is one to three lines without a traceback."""
    return 1 <= len(text.splitlines()) <= 3 and "Traceback" not in text
