"""What both readers share: limits, places, the list of problems, and what a fingerprint is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn

from nixauth.model import Authorizations, Fingerprint, Problem

MAX_BYTES = 1024 * 1024
MAX_KEYS = 10_000
MAX_NAME = 200
"""Characters in a person's name."""

MAX_PROBLEMS = 100
"""Reading ends when so many were found: nobody mends more in one go, and it bounds the work."""

UNPRINTABLE = re.compile(
    "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufeff\ufffe\uffff]"
)
"""Control characters but the line ends, and what hides or turns around the text around it."""

_FINGERPRINT_CHARACTERS = re.compile("[0-9A-Fa-f ]+")


class Place(NamedTuple):
    """Where something stands in a file; both count from 1, columns in characters."""

    line: int
    column: int


START = Place(1, 1)


class Refused(NamedTuple):
    """Why a piece of text is not what it should be: one line, no full stop."""

    message: str


class UnreadableError(Exception):
    """Reading cannot go on: what follows cannot be told apart. Never leaves the package."""


class Problems:
    """The problems found so far in one file."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, place: Place, message: str) -> None:
        """Note a problem. Raise UnreadableError when there are MAX_PROBLEMS of them."""
        self._found.append(Problem(place.line, place.column, message))
        if len(self._found) >= MAX_PROBLEMS:
            raise UnreadableError

    def stop(self, place: Place, message: str) -> NoReturn:
        """Note a problem behind which nothing can be read. Raise UnreadableError."""
        self.add(place, message)
        raise UnreadableError

    def in_order(self) -> tuple[Problem, ...]:
        """All of them by position; those at one place in the order in which they were found."""
        return tuple(sorted(self._found, key=lambda problem: (problem.line, problem.column)))


@dataclass(frozen=True, slots=True)
class Reading:
    """All that one file says.

    `authorizations` is None exactly when there are `problems`. `keys` holds where each key that
    could be read stands first, `people` where each name does. `remarks` are oddities that refuse
    nothing. The places are worth asking for in a file with problems, too.
    """

    authorizations: Authorizations | None
    problems: tuple[Problem, ...] = ()
    keys: Mapping[Fingerprint, Place] = field(default_factory=dict)
    people: Mapping[str, Place] = field(default_factory=dict)
    remarks: tuple[Problem, ...] = ()


def quoted(text: str) -> str:
    """Give `text` in quotes for a message: printable, and short."""
    shown = UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", " ".join(text.splitlines()))
    return f'"{shown[:60]}…"' if len(shown) > 60 else f'"{shown}"'


def fits_one_line(text: str) -> bool:
    """Whether `text` holds no line break and nothing UNPRINTABLE."""
    if text.isprintable():  # the common case, and stricter
        return True
    return UNPRINTABLE.search(text) is None and "\n" not in text and "\r" not in text


def name_fault(name: str) -> str | None:
    """Say why `name` cannot be a person's name, or None."""
    if not name or name.isspace():
        return "the name is empty"
    if len(name) > MAX_NAME:
        return f"the name has more than {MAX_NAME} characters"
    if not fits_one_line(name):
        return "the name holds a control character or a line break"
    return None


def looks_like_openpgp(text: str) -> bool:
    """Whether `text` is made of hexadecimal digits and spaces only, and not empty."""
    return _FINGERPRINT_CHARACTERS.fullmatch(text) is not None and not text.isspace()


def openpgp_fingerprint(text: str) -> Fingerprint | Refused:
    """Read an OpenPGP fingerprint: 40 (version 4) or 64 (version 6) digits, spaces are free.

    RFC 9580 section 5.5.4. Whoever wants a key with a given key id can make one, which is why
    anything shorter is refused.
    """
    if not looks_like_openpgp(text):
        return Refused("not a fingerprint of 40 or 64 hexadecimal digits")
    digits = text.replace(" ", "")
    if len(digits) in {40, 64}:
        return Fingerprint(digits.upper())
    if len(digits) < 40:
        return Refused(
            f"a fingerprint has 40 or 64 hexadecimal digits, this has {len(digits)}: key ids and "
            "other short forms are refused, because they can be forged"
        )
    return Refused(f"a fingerprint has 40 or 64 hexadecimal digits, this has {len(digits)}")
