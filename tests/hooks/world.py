"""A served repository, clones of it, real git between them, and attacks as commits."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import nixauth
from nixauth.hooks.scripts import Hook, script
from tests.support import commits, openpgp
from tests.unit.cli.places import ROOT, Maker, Result, Sandbox, certificates, listing, write_loose

MAIN, TRACKING, KEYRING = "refs/heads/main", "refs/remotes/origin/main", "refs/heads/keyring"
PACKAGE = Path(nixauth.__file__).parents[1]
"""Where the package that is tested is, so that hooks start that one and no other."""
UNCHECKED = ("-c", "core.hooksPath=/dev/null")
"""Has git run no hook."""
PEOPLE = ("alice", "bob", "carol")


class World:
    """A bare repository `server` with the branches main and keyring, and what is made of it.

    main is a (the introduction), b, c; carol is listed by a, and no longer by b and c.
    """

    def __init__(self, folder: Path, history: str | None = None) -> None:
        self.box = _sandbox(folder)
        self.folder = folder
        self.place = folder / "clone"
        self.history = history
        self.maker = Maker()
        self.a = self.commit(people=PEOPLE)
        self.b = self.commit(self.a, people=("alice", "bob"))
        self.c = self.commit(self.b)
        self.keys = self.maker.keyring(certificates(*PEOPLE, "mallory"))
        self.server = self.maker.write(
            folder / "server.git", {"refs/heads/main": self.c, "refs/heads/keyring": self.keys}
        )

    def copied(self, folder: Path) -> World:
        """Return the same world in another folder, its clone at home with its server."""
        box = _sandbox(folder)
        shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)
        other = copy.copy(self)
        other.box, other.folder, other.place = box, folder, folder / "clone"
        other.server = folder / "server.git"
        other.maker = copy.deepcopy(self.maker)
        if other.place.exists():
            other.git("config", "remote.origin.url", other.url, at=other.place)
        return other

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

    def nixauth(self, *arguments: object, code: int = 0, **environment: str) -> Result:
        """Run nixauth in this process."""
        done = self.box.run(*arguments, **environment)
        assert done.code == code, done.out + done.err
        return done

    def recorder(self, name: str = "recorder") -> Path:
        """Write a program that counts its starts, and is nixauth."""
        program = self.folder / name
        program.write_text(
            f"#!/bin/sh\necho \"$@\" >> '{program}.log'\n"
            f"exec '{sys.executable}' -P -m nixauth \"$@\"\n"
        )
        program.chmod(0o755)
        return program

    def starts(self, name: str = "recorder") -> list[str]:
        """Return the arguments that it was started with, and forget them."""
        log = self.folder / f"{name}.log"
        found = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return found

    def with_program(self, program: Path, *hooks: Hook, at: Path | None = None) -> None:
        """Have hooks start this program."""
        for hook in hooks or (Hook.REFERENCE_TRANSACTION, Hook.PRE_PUSH):
            path = (at or self.place / ".git") / "hooks" / hook.value
            path.write_bytes(script(hook, [str(program)]))
            path.chmod(0o755)

    def sign_as(self, name: str, at: Path | None = None) -> None:
        """Have git sign what is committed in a clone, by a program in place of gpg."""
        program = self.folder / f"sign-as-{name}"
        program.write_text(
            f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
            "from tests.support import openpgp\n"
            f"sys.stdout.buffer.write(openpgp.key({name!r}).sign(sys.stdin.buffer.read()))\n"
            'sys.stderr.write("\\n[GNUPG:] SIG_CREATED \\n")\n'
        )
        program.chmod(0o755)
        settings = {"gpg.program": program, "commit.gpgsign": "true", "user.signingkey": name}
        for key, value in settings.items():
            self.git("config", key, value, at=at or self.place)

    def own_commit(self, name: str, *options: str, at: Path | None = None) -> bytes:
        """Commit a new file with git, and return the commit."""
        place = at or self.place
        (place / name).write_text(name)
        self.git("add", name, at=place)
        self.git("commit", "-q", "-m", name, *options, at=place)
        return bytes.fromhex(self.git("rev-parse", "HEAD", at=place))

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

    # --- what is there ---

    def refs(self, repository: Path | None = None) -> dict[str, str]:
        """Return where all refs are, HEAD included where it is on no branch."""
        place = repository or self.place
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)", at=place)
        return dict(line.split() for line in lines.splitlines())

    def record(self, repository: Path | None = None) -> bytes:
        """Return the record of what was accepted, as it is on disk."""
        path = (repository or self.place) / ".git/nixauth/accepted.json"
        return path.read_bytes() if path.is_file() else b""

    def accepted(self, repository: Path | None = None) -> dict[str, str]:
        """Return the commits that were last accepted."""
        found = json.loads(self.record(repository))["accepted"]
        return {ref: one["commit"] for ref, one in found.items()}

    def refused(
        self, reason: str, *command: object, at: Path | None = None, **environment: str
    ) -> str:
        """Run git, which must not do what it is told: nothing moves; return what is said."""
        place = at or self.place
        refs, record = self.refs(place), self.record(place)
        done = self.try_git(*command, at=at or self.place, **environment)
        assert done.code != 0, done.out + done.err
        assert f"({reason})\n" in done.err, done.err
        assert "Traceback" not in done.err
        assert (self.refs(place), self.record(place)) == (refs, record)
        return done.err

    def at(self, ref: str, repository: Path | None = None) -> bytes | None:
        """Return where a ref is."""
        repository = repository or self.place
        done = self.try_git("rev-parse", "--verify", "-q", ref, at=repository)
        return bytes.fromhex(done.out.strip()) if done.code == 0 else None


def _sandbox(folder: Path) -> Sandbox:
    folder.mkdir(exist_ok=True)
    box = Sandbox(folder)
    box.environment["PYTHONPATH"] = str(PACKAGE)
    return box


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
    Attack("evil branch merged", _evil_merge, "unsigned"),  # there the line was broken
    Attack(
        "evil branch merged by a foreign key",
        lambda w: w.commit(w.c, w.commit(w.b, signer=None), signer="mallory"),
        "unauthorized-key",
        "trusted-path",
    ),
]

__all__ = [
    "ATTACKS",
    "KEYRING",
    "MAIN",
    "PEOPLE",
    "TRACKING",
    "UNCHECKED",
    "Attack",
    "Result",
    "World",
    "certificates",
    "listing",
]
