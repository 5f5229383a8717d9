"""What is remembered of a commit that was found trusted, and the stores that remember it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from nixauth.model import Fingerprint, Introduction, ObjectId

RULE_VERSION = 1
"""Raised whenever a change of the code could make an earlier finding wrong."""

LEAST_BATCH = 256
"""Findings are handed to a store by at least this many, but for the last ones."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A commit found trusted: by whose key, and through which of its parents.

    `primaries` are the primary keys that the key was found to be bound to. `admitted_by` are
    positions among the parents that were found to admit the commit, `line` says that a line from
    the introduction was found to reach it. Both only ever grow: what is not there was not found,
    which is not the same as not so.
    """

    signer: Fingerprint
    primaries: tuple[Fingerprint, ...]
    person: str
    service: bool
    admitted_by: tuple[int, ...]
    line: bool

    def joined(self, newer: Finding) -> Finding:
        """Put together what two runs found of the same commit."""
        positions = tuple(sorted({*self.admitted_by, *newer.admitted_by}))
        same = positions == self.admitted_by and self.primaries == newer.primaries
        base = self if same else newer
        return replace(base, admitted_by=positions, line=self.line or newer.line)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a finding depends on, apart from the history: findings of one scope serve no other.

    `historical` is the SHA-256 of the historical authorizations in hexadecimal, or empty.
    """

    introduction: Introduction
    path: str
    format: str
    historical: str = ""
    historical_sha1: bool = False
    every_commit: bool = False
    engine: str = "native"

    def text(self) -> str:
        """Return the scope in a canonical form."""
        return json.dumps(
            {
                "rule": RULE_VERSION,
                "introduction": self.introduction.commit.hex(),
                "signer": self.introduction.signer,
                "path": self.path,
                "format": self.format,
                "historical": self.historical,
                "historical_sha1": self.historical_sha1,
                "every_commit": self.every_commit,
                "engine": self.engine,
            },
            sort_keys=True,
        )

    def digest(self) -> bytes:
        """Return the SHA-256 of the canonical form."""
        return hashlib.sha256(self.text().encode()).digest()


class Store(Protocol):
    """Findings of one scope. A store never raises: at worst it knows nothing."""

    @property
    def batch(self) -> int:
        """By how many findings the store would have them handed over, as things stand.

        What was not handed over is lost when the process is killed.
        """

    def get(self, commit: ObjectId) -> Finding | None:
        """Return what is known of a commit."""

    def ahead(self, commits: Sequence[ObjectId]) -> None:
        """Look up together what will be asked for soon. Changes no answer."""

    def put(self, findings: Iterable[tuple[ObjectId, Finding]]) -> None:
        """Remember findings, joined to what is known already."""

    def signers(self) -> Iterable[tuple[Fingerprint, tuple[Fingerprint, ...]]]:
        """Return the keys, and the primaries they were bound to, that findings rest on.

        Where one of them is not at hand any more, the findings say more than a run from the
        introduction on would.
        """


class Stores(Protocol):
    """Where the stores of all scopes are."""

    def open(self, scope: Scope) -> Store:
        """Return the store of a scope."""


class MemoryStore:
    """Findings in memory, for as long as the process runs; all scopes, held apart."""

    def __init__(self) -> None:
        self.scopes: dict[Scope, dict[ObjectId, Finding]] = {}

    def open(self, scope: Scope) -> Store:
        """See `Stores.open`."""
        return _Findings(self.scopes.setdefault(scope, {}))


class NoStore:
    """Remembers nothing."""

    def open(self, scope: Scope | None = None) -> Store:  # noqa: ARG002
        """See `Stores.open`."""
        return _Nothing()


class _Nothing:
    batch = LEAST_BATCH

    def get(self, commit: ObjectId) -> Finding | None:  # noqa: ARG002
        return None

    def ahead(self, commits: Sequence[ObjectId]) -> None:
        pass

    def put(self, findings: Iterable[tuple[ObjectId, Finding]]) -> None:
        pass

    def signers(self) -> Iterable[tuple[Fingerprint, tuple[Fingerprint, ...]]]:
        return ()


class _Findings:
    batch = LEAST_BATCH

    def __init__(self, rows: dict[ObjectId, Finding]) -> None:
        self._rows = rows

    def get(self, commit: ObjectId) -> Finding | None:
        return self._rows.get(commit)

    def ahead(self, commits: Sequence[ObjectId]) -> None:
        pass

    def put(self, findings: Iterable[tuple[ObjectId, Finding]]) -> None:
        for commit, finding in findings:
            known = self._rows.get(commit)
            self._rows[commit] = known.joined(finding) if known else finding

    def signers(self) -> Iterable[tuple[Fingerprint, tuple[Fingerprint, ...]]]:
        return {(finding.signer, finding.primaries) for finding in self._rows.values()}
