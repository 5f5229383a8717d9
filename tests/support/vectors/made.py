"""What a vector is while it is made, and how it is written down."""

from __future__ import annotations

import base64
import json
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import yaml

from tests.support import commits
from tests.support.vectors import pgp

ALICE = pgp.eddsa("alice")
"""Whose signature nearly every vector is, and who is listed."""
BOB = pgp.eddsa("bob")

TREE = commits.object_id("tree", b"")
PARENT = commits.object_id("blob", b"parent")
OTHER_PARENT = commits.object_id("blob", b"other parent")
PERSON = b"Alice <alice@example.org> 1600000000 +0000"

BAD = "bad-signature"
GOOD = "good"
MALFORMED = "malformed-signature"
MISSING = "missing-key"
MULTIPLE = "multiple-signatures"
UNAUTHORIZED = "unauthorized-key"
UNSIGNED = "unsigned"
UNSUPPORTED = "unsupported-signature"
UNUSABLE = "unusable-key"
WEAK = "weak-digest"


@dataclass(frozen=True)
class Vector:
    """One file. `guards` says which check of the package fails to be noticed without it."""

    name: str
    description: str
    guards: str
    commit: bytes
    keyring: Sequence[bytes]
    authorizations: str
    expect: str
    signer: str


def payload(
    message: bytes = b"A change\n",
    extra: Sequence[bytes] = (),
    parents: Sequence[bytes] = (PARENT,),
) -> bytes:
    """Return a commit without a signature; `extra` are header lines after the committer's."""
    lines = [b"tree " + TREE.hex().encode()]
    lines += [b"parent " + parent.hex().encode() for parent in parents]
    lines += [b"author " + PERSON, b"committer " + PERSON, *extra]
    return b"\n".join(lines) + b"\n\n" + message


PAYLOAD = payload()


def insert(content: bytes, signature: bytes, before: bytes = b"\n\n") -> bytes:
    """Put the `gpgsig` header in where git does, or before the line that begins so."""
    header = commits.signature_header(signature)
    if before == b"\n\n":
        head, _, message = content.partition(b"\n\n")
        return head + b"\n" + header + b"\n" + message
    at = content.index(before)
    return content[:at] + header + content[at:]


def listing(keys: Iterable[str]) -> str:
    """Return an authorizations file that lists a key a person."""
    people = ""
    for name, key in zip(("alice", "bob", "carol"), keys, strict=False):
        people += f"  {name}:\n    keys:\n      - {key}\n"
    return f"version: 1\npeople:\n{people}"


def vector(
    name: str,
    expect: str,
    guards: str,
    description: str,
    *,
    signature: bytes | None = None,
    sign: Callable[[bytes], bytes] = lambda content: pgp.sign(ALICE, content),
    over: bytes = PAYLOAD,
    commit: bytes | None = None,
    keyring: Sequence[bytes] | None = None,
    listed: Sequence[str] | None = None,
    signer: str | None = None,
) -> Vector:
    """Describe a vector by what differs from a good commit of alice's.

    `signature` (armored) or else `sign` fills the `gpgsig` header of `over`; `commit` stands for
    the whole. The signer of a good one is the first that is listed.
    """
    if commit is None:
        commit = insert(over, sign(over) if signature is None else signature)
    keys = (ALICE.fingerprint,) if listed is None else listed
    signed_by = (keys[0] if signer is None else signer) if expect == GOOD else ""
    certificates = (pgp.certificate(ALICE),) if keyring is None else keyring
    text = " ".join(description.split())
    return Vector(name, text, guards, commit, certificates, listing(keys), expect, signed_by)


# --- As a file ---


def write(made: Vector) -> str:
    """Return the vector as YAML."""
    lines = ["description: >-", *textwrap.wrap(made.description, 96, **_INDENTED)]
    lines.append(f"expect: {made.expect}")
    if made.signer:
        lines.append(f"signer: {made.signer}")
    text = _as_text(made.commit)
    if text is None:
        encoded = base64.b64encode(made.commit).decode()
        lines += ["encoding: base64", "commit: |", *textwrap.wrap(encoded, 76, **_INDENTED)]
    else:
        lines += ["commit: |", *_indented(text, "  ")]
    lines.append("keyring:" if made.keyring else "keyring: []")
    for certificate in made.keyring:
        key = certificate.decode("ascii")
        lines += [f"  - {json.dumps(key)}"] if "\r" in key else ["  - |", *_indented(key, "    ")]
    lines += ["authorizations: |", *_indented(made.authorizations, "  ")]
    written = "\n".join(lines) + "\n"
    read = yaml.safe_load(written)
    assert text is None or read["commit"] == text, made.name
    assert read["keyring"] == [key.decode() for key in made.keyring], made.name
    return written


_INDENTED = {
    "initial_indent": "  ",
    "subsequent_indent": "  ",
    "break_long_words": True,
    "break_on_hyphens": False,
}


def _as_text(content: bytes) -> str | None:
    """Return a commit that a block of text can hold as it is, None where it takes base64."""
    try:
        text = content.decode("ascii")
    except UnicodeDecodeError:
        return None
    plain = all(character == "\n" or character.isprintable() for character in text)
    return text if plain and text.endswith("\n") and not text.endswith("\n\n") else None


def _indented(text: str, by: str) -> list[str]:
    return [by + line if line else "" for line in text.removesuffix("\n").split("\n")]
