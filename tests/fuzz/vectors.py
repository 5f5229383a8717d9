"""The signature vectors of fixtures/ as inputs to begin with."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from tests.fuzz.harness import ROOT

_VALUE = re.compile(rb"\ngpgsig ([^\n]*\n(?: [^\n]*\n)*)")


@cache
def _all() -> list[dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = sorted((ROOT / "fixtures" / "signatures").glob("*.yaml"))
    return [yaml.load(file.read_text(encoding="utf-8"), loader) for file in files]


def commits() -> Iterator[bytes]:
    """Yield every commit object."""
    for vector in _all():
        text = vector["commit"].encode()
        yield base64.b64decode(text) if vector.get("encoding") == "base64" else text


def signatures(begin: bytes) -> Iterator[bytes]:
    """Yield the values of `gpgsig` that begin so."""
    for commit in commits():
        yield from (value for value in signatures_in(commit) if value.startswith(begin))


def signatures_in(commit: bytes) -> Iterator[bytes]:
    """Yield the values of a commit's `gpgsig` headers."""
    for found in _VALUE.finditer(commit):
        yield found[1].replace(b"\n ", b"\n")


def keys() -> set[bytes]:
    """Return every file of keys."""
    return {key.encode() for vector in _all() for key in vector["keyring"]}


def authorizations() -> set[bytes]:
    """Return every authorizations file."""
    return {vector["authorizations"].encode() for vector in _all()}
