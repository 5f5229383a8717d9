"""Small histories, audited by the command line; each JSON document is compared with the schema."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.support import openpgp
from tests.unit.cli.places import Maker, Result, Sandbox, certificates

PEOPLE = ("alice", "bob", "carol", "mallory", "robot")


def check(text: str) -> Any:
    """Return a document that is as the schema says."""
    schema = json.loads((files("nixauth.reports") / "schemas" / "audit-1.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(text)
    jsonschema.Draft202012Validator(schema).validate(document)
    return document


def fingerprint(name: str) -> str:
    """Return a person's key."""
    return openpgp.key(name).fingerprint


@dataclass
class Audited:
    """A history that is made commit by commit; the first one is the introduction, by alice."""

    box: Sandbox
    maker: Maker = field(default_factory=Maker)
    made: list[bytes] = field(default_factory=list)
    repository: Path | None = None
    keys: tuple[str, ...] = PEOPLE
    files: dict[str, bytes] = field(default_factory=dict)
    """Key files instead of those of the same name."""

    def commit(self, *parents: bytes, **options: Any) -> bytes:
        """Add a commit, on top of the last one unless parents are given."""
        above = parents or tuple(self.made[-1:])
        self.made.append(self.maker.commit(*above, **options))
        return self.made[-1]

    def write(self, **refs: bytes) -> Path:
        """Write it; main is the last commit."""
        keys = self.maker.keyring(certificates(*self.keys) | self.files)
        names = {"refs/heads/main": self.made[-1], "refs/heads/keyring": keys}
        names |= {f"refs/heads/{name}": commit for name, commit in refs.items()}
        self.repository = self.maker.write(self.box.folder / "repository.git", names)
        return self.repository

    def run(self, *arguments: object, code: int = 0) -> Result:
        """Audit it."""
        if self.repository is None:
            self.write()
        known = "--introduction" in arguments
        trust = [] if known else ["--introduction", self.made[0].hex(), "--signer",
                                  fingerprint("alice")]  # fmt: skip
        done = self.box.run("audit", "-C", self.repository, *trust, *arguments)
        assert done.code == code, done.out + done.err
        return done

    def json(self, *arguments: object, code: int = 0) -> Any:
        """Audit it, as JSON."""
        return check(self.run(*arguments, "--format", "json", code=code).out)


@pytest.fixture
def audited(tmp_path: Path) -> Audited:
    """Begin a history."""
    found = Audited(Sandbox(tmp_path))
    found.maker.date = 1_700_000_000
    return found
