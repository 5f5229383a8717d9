"""Reads and judges the vectors of fixtures/signatures/. See the README there.

Reading is strict: a field that is not known or that is missing is a VectorError that names the
file. A field to come is one row of `_FIELDS`.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nixauth import authorizations
from nixauth.evidence import Claim, examine
from nixauth.keyring import Keyring
from nixauth.model import Authorizations, FileFormat, ObjectId, Reason
from nixauth.rule import Parent, Trusted, judge
from nixauth.signatures.commit_object import FaultyCommit, SignedCommit, read_commit

GOOD = "good"
REASONS = (
    "unsigned",
    "multiple-signatures",
    "malformed-signature",
    "unsupported-signature",
    "weak-digest",
    "missing-key",
    "unusable-key",
    "unauthorized-key",
    "bad-signature",
)
"""What a vector may expect beside GOOD, in the order of asking."""

PATH = FileFormat.NATIVE.value
_TEXT, _LIST = str, list
_FIELDS: dict[str, tuple[type, bool]] = {
    "description": (_TEXT, True),
    "expect": (_TEXT, True),
    "signer": (_TEXT, False),
    "encoding": (_TEXT, False),
    "commit": (_TEXT, True),
    "keyring": (_LIST, True),
    "authorizations": (_TEXT, True),
}
"""Type of each field, and whether it has to be there."""


class VectorError(Exception):
    """A vector that is not as the form asks."""


@dataclass(frozen=True)
class Vector:
    """A commit, what is known of keys, and the answer. `signer` is empty unless it is good."""

    name: str
    description: str
    expect: str
    signer: str
    commit: bytes
    keyring: tuple[bytes, ...]
    authorizations: Authorizations


class _Loader(yaml.SafeLoader):
    """YAML in which a field stands once."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        names = [self.construct_object(key) for key, _ in node.value]
        if len(set(names)) != len(names):
            raise VectorError(f"a field is there twice: {sorted(names)}")
        return super().construct_mapping(node, deep)


def load(file: Path) -> Vector:
    """Read a file; raises VectorError where it is not as the form asks."""
    try:
        return _vector(file.stem, yaml.load(file.read_text(encoding="utf-8"), _Loader))
    except (VectorError, yaml.YAMLError, ValueError) as error:
        raise VectorError(f"{file}: {error}") from error


def _vector(name: str, data: object) -> Vector:
    if not isinstance(data, dict):
        raise VectorError("not a mapping")
    unknown = data.keys() - _FIELDS.keys()
    missing = {field for field, (_, needed) in _FIELDS.items() if needed} - data.keys()
    if unknown or missing:
        raise VectorError(f"unknown fields: {sorted(unknown)}, missing: {sorted(missing)}")
    for field, value in data.items():
        if not isinstance(value, _FIELDS[field][0]):
            raise VectorError(f"{field} is not of its type")
    if data["expect"] not in (GOOD, *REASONS):
        raise VectorError(f"no such expectation: {data['expect']}")
    if (data["expect"] == GOOD) != ("signer" in data):
        raise VectorError("a good one has a signer, and no other has")
    if not all(isinstance(key, str) for key in data["keyring"]):
        raise VectorError("keyring is a list of texts")
    listed = authorizations.read(FileFormat.NATIVE, data["authorizations"].encode())
    if not isinstance(listed, Authorizations):
        raise VectorError(f"authorizations: {listed}")
    return Vector(
        name,
        data["description"],
        data["expect"],
        data.get("signer", ""),
        _commit(data),
        tuple(key.encode() for key in data["keyring"]),
        listed,
    )


def _commit(data: dict[str, Any]) -> bytes:
    match data.get("encoding"):
        case None:
            return str(data["commit"]).encode()
        case "base64":
            return base64.b64decode(data["commit"].replace("\n", ""), validate=True)
        case other:
            raise VectorError(f"no such encoding: {other}")


def answer(vector: Vector) -> Trusted | Reason:
    """Judge a vector's commit, as the child of one trusted parent with the same file."""
    return answer_for(read_commit(vector.commit), vector)


def answer_for(commit: SignedCommit | FaultyCommit, vector: Vector) -> Trusted | Reason:
    """Judge a commit that was read, with a vector's keyring and authorizations."""
    keyring = Keyring.from_files([(str(n), key) for n, key in enumerate(vector.keyring)])
    evidence = examine(commit, keyring, lambda: False)
    if not isinstance(evidence, Claim):
        return evidence
    listed = vector.authorizations
    return judge(
        [Parent(ObjectId(bytes(20)), listed)],
        evidence.signers,
        evidence.verifies,
        lambda: listed,
        PATH,
        lambda: True,
    )


def shown(found: Trusted | Reason) -> tuple[str, str]:
    """Return an answer in a vector's own words: what is expected, and the signer."""
    return (GOOD, found.signer) if isinstance(found, Trusted) else (found.code, "")
