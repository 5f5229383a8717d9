"""What git tells a hook on standard input, read: bytes in, values out (githooks(5)). No I/O."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nixauth.errors import UnsupportedRepositoryError
from nixauth.model import ObjectId

_ID = re.compile(rb"[0-9a-f]{40}")
_NOBODY = b"0" * 40
_SYMBOLIC = b"ref:"


@dataclass(frozen=True, slots=True)
class Symbolic:
    """A ref that stands for another one."""

    target: str


@dataclass(frozen=True, slots=True)
class Update:
    """A ref by its full name, and what it is to become: a commit, nothing, or a symbolic ref.

    `old` is what it was, as git found it or somebody claimed it over the network; None as well
    where nobody said what to expect. It tells nothing of what was accepted before.
    """

    ref: str
    new: ObjectId | Symbolic | None
    old: ObjectId | Symbolic | None = None


@dataclass(frozen=True, slots=True)
class Push:
    """A ref of another repository, by its full name; `old` is what it is there, by its word."""

    ref: str
    new: ObjectId | None
    old: ObjectId | None


def read_updates(octets: bytes) -> list[Update]:
    """Read `OLD NEW REF`, a line each, as reference-transaction and pre-receive have it.

    Raises UnsupportedRepositoryError for whatever else stands there.
    """
    found = []
    for line in octets.splitlines():
        old, first, rest = line.partition(b" ")
        new, second, ref = rest.partition(b" ")
        if not (first and second and ref):
            raise _malformed(line)
        found.append(Update(_text(ref), _value(line, new), _value(line, old)))
    return found


def read_pushes(octets: bytes) -> list[Push]:
    """Read `LOCAL-REF NEW REF OLD`, a line each, as pre-push has it; raises as `read_updates`."""
    found = []
    for line in octets.splitlines():
        parts = line.rsplit(b" ", 3)  # what was typed stands first, and may have spaces
        if len(parts) != 4 or not parts[2]:
            raise _malformed(line)
        new, old = _value(line, parts[1]), _value(line, parts[3])
        if isinstance(new, Symbolic) or isinstance(old, Symbolic):
            raise _malformed(line)
        found.append(Push(_text(parts[2]), new, old))
    return found


def _value(line: bytes, value: bytes) -> ObjectId | Symbolic | None:
    if value == _NOBODY:
        return None
    if value.startswith(_SYMBOLIC):
        return Symbolic(_text(value.removeprefix(_SYMBOLIC)))
    if not _ID.fullmatch(value):
        raise _malformed(line)
    return ObjectId(bytes.fromhex(value.decode("ascii")))


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")


def _malformed(line: bytes) -> UnsupportedRepositoryError:
    return UnsupportedRepositoryError(
        f"git says to the hook what it does not understand: {line[:200]!r}",
        "nixauth reads SHA-1 repositories. If this is one, report it, please, with your version"
        " of git.",
    )


def pending(updates: Sequence[Update]) -> Mapping[str, ObjectId | None]:
    """Return where refs are going to be, for the keyring: more keys never make a pass."""
    return {one.ref: one.new for one in updates if not isinstance(one.new, Symbolic)}


def folded(name: str) -> str:
    """Return what names have in common that a file system takes for one (APFS, NTFS), or more."""
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())


class Names:
    """Full names of refs to look for, which may hold `*` for any characters."""

    def __init__(self, patterns: Sequence[str], *, ignore_case: bool = False) -> None:
        """`ignore_case`: as file systems do, on which one ref then overwrites the other."""
        self._fold = ignore_case
        self._patterns = [
            re.compile(".*".join(map(re.escape, self._folded(one).split("*"))), re.DOTALL)
            for one in patterns
        ]

    def _folded(self, name: str) -> str:
        return folded(name) if self._fold else name

    def __contains__(self, ref: str) -> bool:
        name = self._folded(ref)
        return any(pattern.fullmatch(name) for pattern in self._patterns)
