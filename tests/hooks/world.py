"""A served repository, clones of it, real git between them, and attacks as commits."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support import commits, openpgp
from tests.unit.cli.places import Maker, Result, Sandbox, certificates, listing, write_loose

PEOPLE = ("alice", "bob", "carol")


class World:
    """A bare repository `server` with the branches main and keyring, and what is made of it.

    main is a (the introduction), b, c; carol is listed by a, and no longer by b and c.
    """

    def __init__(self, folder: Path, history: str | None = None) -> None:
        self.box = Sandbox(folder)
        self.folder = folder
        self.history = history
        self.maker = Maker()
        self.a = self.commit(people=PEOPLE)
        self.b = self.commit(self.a, people=("alice", "bob"))
        self.c = self.commit(self.b)
        self.keys = self.maker.keyring(certificates(*PEOPLE, "mallory"))
        self.server = self.maker.write(
            folder / "server.git", {"refs/heads/main": self.c, "refs/heads/keyring": self.keys}
        )

    def commit(self, *parents: bytes, **options: object) -> bytes:
        """Add a commit to what can be written; see `Maker.commit`."""
        return self.maker.commit(*parents, history=self.history, **options)  # type: ignore[arg-type]

    def without_file(self, *parents: bytes, signer: str = "alice") -> bytes:
        """Add a commit whose tree has no authorizations."""
        tree = commits.add_tree(
            self.maker.objects,
            {"a": ("100644", commits.add(self.maker.objects, "blob", b"a"))},
        )
        raw = commits.commit_content(tree, parents, date=self.maker.date)
        signed = commits.signed_by(raw, openpgp.key(signer).sign)
        return commits.add(self.maker.objects, "commit", signed)

    def write(self, repository: Path) -> None:
        """Write all objects that were made to a repository."""
        directory = repository / ".git" if (repository / ".git").is_dir() else repository
        for oid, (kind, content) in self.maker.objects.items():
            write_loose(directory, oid, kind, content)

    def publish(self, refs: Mapping[str, bytes | None], repository: Path | None = None) -> None:
        """Move refs of the server (or of another repository) by hand, as whoever took it over."""
        place = repository or self.server
        self.write(place)
        for ref, commit in refs.items():
            if commit is None:
                self.git("update-ref", "-d", ref, at=place)
            else:
                self.git(
                    "-c", "core.hooksPath=/dev/null", "update-ref", ref, commit.hex(), at=place
                )

    # --- who uses it ---

    @property
    def url(self) -> str:
        """Where the server is."""
        return f"file://{self.server}"

    @property
    def introduction(self) -> list[str]:
        """The introduction, as `nixauth trust` takes it."""
        return [self.a.hex(), openpgp.key("alice").fingerprint]

    def clone(self, name: str = "clone", *options: str) -> Path:
        """Clone the server, and record the introduction."""
        self.git("clone", "-q", *options, self.url, name)
        place = self.folder / name
        self.nixauth("trust", *self.introduction, "-C", place)
        return place

    def follow(self, name: str = "clone", *options: str) -> Path:
        """Clone the server, and install hooks."""
        place = self.clone(name)
        self.nixauth("hook", "install", "-C", place, *options)
        return place

    def nixauth(self, *arguments: object, code: int = 0) -> Result:
        """Run nixauth in a process of its own."""
        done = self.box.process(*arguments)
        assert done.code == code, done.out + done.err
        return done

    def git(self, *arguments: object, at: Path | None = None, **environment: str) -> str:
        """Run git, which has to do what it is told."""
        done = self.try_git(*arguments, at=at, **environment)
        assert done.code == 0, done.out + done.err
        return done.out.strip()

    def try_git(self, *arguments: object, at: Path | None = None, **environment: str) -> Result:
        """Run git."""
        done = subprocess.run(
            ["git", *map(str, arguments)],
            capture_output=True,
            check=False,
            env={**self.box.environment, **environment},
            cwd=at or self.folder,
            stdin=subprocess.DEVNULL,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    def at(self, ref: str, repository: Path) -> bytes | None:
        """Return where a ref is."""
        done = self.try_git("rev-parse", "--verify", "-q", ref, at=repository)
        return bytes.fromhex(done.out.strip()) if done.code == 0 else None


@dataclass(frozen=True)
class Attack:
    """What is put in the place of main, which is at c, and the reason that is to be said."""

    name: str
    make: Callable[[World], bytes]
    reason: str
    history: str | None = None


def _evil_merge(world: World) -> bytes:
    evil = world.commit(world.b, signer=None)
    return world.commit(world.c, evil, signer="alice")


def _merged_by_removed_key(world: World) -> bytes:
    """On the old commit a, which lists carol, she signs; and merges that with today's tip."""
    beside = world.commit(world.a, signer="carol", people=PEOPLE)
    return world.commit(beside, world.c, signer="carol", people=PEOPLE)


ATTACKS = [
    Attack("unsigned", lambda w: w.commit(w.c, signer=None), "unsigned"),
    Attack("foreign key", lambda w: w.commit(w.c, signer="mallory"), "unauthorized-key"),
    Attack(
        "self-authorization",
        lambda w: w.commit(w.c, signer="mallory", people=("alice", "bob", "mallory")),
        "unauthorized-key",
    ),
    Attack("removed key", lambda w: w.commit(w.c, signer="carol"), "unauthorized-key"),
    Attack("rollback", lambda w: w.b, "not-descendant"),
    Attack("another branch", lambda w: w.commit(w.b, signer="bob"), "not-descendant"),
    Attack(
        "removed key merges an old branch",
        _merged_by_removed_key,
        "not-descendant",
        "trusted-path",
    ),
    Attack("authorizations removed", lambda w: w.without_file(w.c), "authorizations-removed"),
    Attack(
        "authorizations broken",
        lambda w: w.commit(w.c, file=b"version: 2\n"),
        "authorizations-malformed",
    ),
    Attack("evil branch merged", _evil_merge, "untrusted-parent"),
    Attack(
        "evil branch merged by a foreign key",
        lambda w: w.commit(w.c, w.commit(w.b, signer=None), signer="mallory"),
        "unauthorized-key",
        "trusted-path",
    ),
]

__all__ = ["ATTACKS", "Attack", "World", "certificates", "listing"]
