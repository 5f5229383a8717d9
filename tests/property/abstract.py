"""Histories without git: what the oracle judges and the strategies draw.

A key is a name: `alice` is the primary key of a certificate, `alice/sub` a signing subkey bound to
it, `alice/loose` a subkey whose binding does not count. `alice#2` is another certificate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

MALFORMED: Literal["malformed"] = "malformed"


def certificate(k: str) -> str:
    """Return the primary key of the certificate that holds the key."""
    return k.partition("/")[0]


@dataclass(frozen=True)
class Person:
    name: str
    keys: tuple[str, ...]
    service: bool = False


@dataclass(frozen=True)
class File:
    """An authorizations file. Two of them are equal exactly when their bytes are."""

    history: str
    people: tuple[Person, ...]
    comment: str = ""


@dataclass(frozen=True)
class Commit:
    """`signature`: good, bad (over another payload), unsigned, double, malformed, x509, weak."""

    parents: tuple[str, ...] = ()
    signer: str | None = None
    signature: str = "good"
    file: File | Literal["malformed"] | None = None


@dataclass(frozen=True)
class Question:
    commits: Mapping[str, Commit]
    introduction: str
    introduction_signer: str
    target: str
    keyring: frozenset[str]  # the certificates at hand, by the name of the primary key
    after: str | None = None
    every_commit: bool = False
    historical: File | None = None
    historical_sha1: bool = False
    path_given: bool = False  # the file's path was named, not found in the introduction


@dataclass(frozen=True)
class Answer:
    verdict: str  # authentic or refused
    way: tuple[tuple[str, str], ...]  # (commit, reason) from the target to the one named first
    trusted: frozenset[str]  # of the commits that the target or the introduction reaches
    line: frozenset[str]  # those of them that a line from the introduction reaches
    count: int  # `trusted` of the stats

    @property
    def named(self) -> tuple[str, str] | None:
        return self.way[-1] if self.way else None
