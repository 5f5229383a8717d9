"""What the readers of files share: places, the problems found, and text in messages. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from nixauth.model import Problem

MAX_BYTES = 1024 * 1024
"""No file that is read whole may be larger."""

MAX_PROBLEMS = 100
"""Reading ends when so many were found: nobody mends more in one go, and it bounds the work."""

UNPRINTABLE = re.compile(
    "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufeff\ufffe\uffff]"
)
"""Control characters but the line ends, and what hides or turns around the text around it."""


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


def quoted(text: str) -> str:
    """Give `text` in quotes for a message: printable, and short."""
    shown = UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", " ".join(text.splitlines()))
    return f'"{shown[:60]}…"' if len(shown) > 60 else f'"{shown}"'


def fits_one_line(text: str) -> bool:
    """Whether `text` holds no line break and nothing UNPRINTABLE."""
    if text.isprintable():  # the common case, and stricter
        return True
    return UNPRINTABLE.search(text) is None and "\n" not in text and "\r" not in text
