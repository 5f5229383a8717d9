"""Ask a scenario's question in three ways: in memory, of a repository, by the command line.

Each runner is made for one built scenario and a folder, and answers with an `Outcome`:

    runner = InMemory(built, tmp_path)
    cold = runner.ask(built.scenario.question)
    warm = runner.ask(built.scenario.question)      # with what the cache holds now
    brief = runner.ask(built.scenario.question, stats=False)    # may stop at what is known
    runner.forget()                                 # an empty cache
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from typer.testing import CliRunner

from nixauth.authenticate import Options, authenticate
from nixauth.cache import Cache
from nixauth.cli.app import app
from nixauth.findings import MemoryStore, Stores
from nixauth.history.memory import MemoryObjects
from nixauth.history.objects import Objects
from nixauth.history.repository import Repository
from nixauth.keyring import Keyring
from nixauth.model import Fingerprint, Introduction, ObjectId
from tests.support.scenario import Built, Question


@dataclass(frozen=True)
class Outcome:
    """What was answered. `report` is all of it, less what may differ between cold and warm."""

    verdict: str
    first_commit: str | None = None
    first_reason: str | None = None
    trusted: int | None = None
    error: str | None = None
    way: tuple[tuple[str, str], ...] = ()
    report: object = field(default=None, repr=False)


class Runner(Protocol):
    """One way of asking."""

    def __init__(self, built: Built, folder: Path) -> None: ...

    def ask(self, question: Question, *, stats: bool = True) -> Outcome: ...

    def forget(self) -> None: ...


EXIT_CODES = {"authentic": 0, "refused": 1, "undecided": 3}


# --- the library ---


class _Library:
    store: Stores

    def __init__(self, built: Built, folder: Path) -> None:
        self.built = built
        self.folder = folder
        self.forget()

    def forget(self) -> None:
        """Begin with an empty cache."""
        raise NotImplementedError

    def objects(self) -> Objects:
        """Open the history."""
        raise NotImplementedError

    def ask(self, question: Question, *, stats: bool = True) -> Outcome:
        """Ask the library."""
        ids, built = self.built.ids, self.built
        options = Options(
            authorizations_path=question.authorizations_file,
            historical=question.historical_bytes,
            historical_sha1=question.historical_sha1,
            require_every_commit=question.require == "every-commit",
            after=None if question.after is None else ObjectId(ids[question.after]),
            stats=stats,
        )
        introduction = Introduction(
            ObjectId(ids[question.introduction]), Fingerprint(built.fingerprint(question.signer))
        )
        keyring = Keyring.from_files(list(built.keyring_files(question.keyring).items()))
        target = ObjectId(ids[question.target])
        report = authenticate(
            self.objects(), keyring, introduction, target, options, store=self.store
        )
        if report.error is not None:
            same = (report.verdict, report.error.kind, report.error.message, report.error.hint)
            return Outcome(report.verdict.value, error=report.error.kind, report=same)
        first = report.refusals[0] if report.refusals else None
        return Outcome(
            report.verdict.value,
            built.names.get(first.commit, first.commit.hex()) if first else None,
            first.reason.code if first else None,
            report.stats.trusted if report.stats else None,
            way=tuple(
                (built.names.get(r.commit, r.commit.hex()), r.reason.code) for r in report.refusals
            ),
            report=dataclasses.replace(report, verified=0),
        )


class InMemory(_Library):
    """The library on objects in memory."""

    def forget(self) -> None:
        """Begin with an empty cache."""
        self.store = MemoryStore()

    def objects(self) -> Objects:
        """Return the store of objects."""
        return MemoryObjects(self.built.objects, self.built.shallow)


class OnRepository(_Library):
    """The library on a bare repository, with its findings on disk."""

    def __init__(self, built: Built, folder: Path) -> None:
        self._caches = 0
        super().__init__(built, folder)
        write_repository(built, folder / "repository")

    def forget(self) -> None:
        """Begin with an empty cache."""
        self._caches += 1
        self.store = Cache(self.folder / f"library-cache-{self._caches}")

    def objects(self) -> Objects:
        """Open the repository."""
        return Repository.open(self.folder / "repository")


def write_repository(built: Built, folder: Path) -> None:
    """Write a bare repository with these objects, byte for byte, whatever git thinks of them."""
    for name in ("objects/pack", "refs/heads"):
        (folder / name).mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / "config").write_text(
        "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n"
    )
    target = built.ids[built.scenario.question.target]
    (folder / "refs/heads/main").write_text(f"{target.hex()}\n")
    if built.shallow:
        (folder / "shallow").write_text("".join(f"{c.hex()}\n" for c in sorted(built.shallow)))
    for oid, (kind, content) in built.objects.items():
        path = folder / "objects" / oid.hex()[:2] / oid.hex()[2:]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(zlib.compress(f"{kind} {len(content)}\0".encode() + content, 1))


# --- the command line ---


class ByCommand:
    """The command `nixauth verify`, in this process, with the cache in the folder."""

    def __init__(self, built: Built, folder: Path) -> None:
        self.built = built
        self.folder = folder
        self._caches = 0
        write_repository(built, folder / "repository")

    def forget(self) -> None:
        """Begin with an empty cache."""
        self._caches += 1

    @property
    def environment(self) -> dict[str, str]:
        """What the command gets: nothing of the person who runs the tests."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        cache = self.folder / f"cache-{self._caches}"
        cache.mkdir(exist_ok=True, mode=0o700)
        return {
            "HOME": str(home),
            "XDG_CACHE_HOME": str(cache),
            "XDG_CONFIG_HOME": str(home),
            "XDG_DATA_HOME": str(home),
            "PATH": os.environ.get("PATH", ""),
        }

    def arguments(self, question: Question, *, stats: bool = True) -> list[str]:
        """Return the command's arguments for a question."""
        ids = self.built.ids
        arguments = ["verify", ids[question.target].hex(), "-C", str(self.folder / "repository")]
        arguments += ["--introduction", ids[question.introduction].hex()]
        arguments += ["--signer", self.built.fingerprint(question.signer)]
        arguments += ["--keyring", str(self._keyring(question))]
        arguments += ["--format", "json", *(["--stats"] if stats else [])]
        if question.after is not None:
            arguments += ["--after", ids[question.after].hex()]
        if question.require is not None:
            arguments += ["--require", question.require]
        if question.historical_bytes is not None:
            file = self.folder / "historical"
            file.write_bytes(question.historical_bytes)
            arguments += ["--historical-authorizations", str(file)]
        if question.historical_sha1:
            arguments.append("--historical-sha1")
        if question.authorizations_file is not None:
            arguments += ["--authorizations-file", question.authorizations_file]
        return arguments

    def ask(self, question: Question, *, stats: bool = True) -> Outcome:
        """Run the command and read its answer."""
        code, out, err = self.run(self.arguments(question, stats=stats))
        return self.read(code, out, err)

    def run(self, arguments: list[str]) -> tuple[int, str, str]:
        """Run the command in this process; return exit code, output, messages."""
        result = CliRunner().invoke(app, arguments, env=self.environment)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    def read(self, code: int, out: str, err: str) -> Outcome:
        """Check that the exit code and the document say the same, and take the answer out."""
        assert code in EXIT_CODES.values(), f"exit code {code}: {err}"
        assert "Traceback" not in err, err
        document = json.loads(out)
        verdict = document["verdict"]
        assert EXIT_CODES[verdict] == code
        refusals = document["refusals"] or [{}]
        first = refusals[0]
        names = {oid.hex(): name for name, oid in self.built.ids.items()}
        error = document.get("error")
        document.pop("verified")
        return Outcome(
            verdict,
            names.get(first.get("commit"), first.get("commit")),
            first.get("reason"),
            document.get("trusted"),
            error["kind"] if error else None,
            tuple((names.get(r["commit"], r["commit"]), r["reason"]) for r in refusals if r),
            report=document,
        )

    def _keyring(self, question: Question) -> Path:
        folder = self.folder / f"keyring-{abs(hash(question.keyring)):x}"
        folder.mkdir(exist_ok=True)
        for name, content in self.built.keyring_files(question.keyring).items():
            (folder / name).write_bytes(content)
        return folder


class BySubprocess(ByCommand):
    """The command in a process of its own: slow, and as people run it."""

    def run(self, arguments: list[str]) -> tuple[int, str, str]:
        """Run `python -m nixauth`."""
        done = subprocess.run(
            [sys.executable, "-m", "nixauth", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**self.environment, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )
        return done.returncode, done.stdout, done.stderr


RUNNERS: dict[str, type[Runner]] = {
    "memory": InMemory,
    "repository": OnRepository,
    "command": ByCommand,
}
