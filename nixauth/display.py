"""Text that comes from a history, made fit to be shown.

Subjects, names and file contents are whatever somebody wrote. Control characters would drive the
terminal, bidirectional and invisible ones would make a line read as another.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)
"""Default_Ignorable_Code_Point (Unicode 15.1, DerivedCoreProperties) beside those of the categories
above, and the blank pattern of braille."""
_LONGEST = 160
_PERSON = re.compile(rb"(.*?) ?<([^<>]*)> (\d{1,15}) ([+-])(\d\d)(\d\d)$", re.DOTALL)


def printable(text: str | bytes, longest: int = _LONGEST) -> str:
    """Return the text on one line, with nothing invisible in it, cut to `longest` characters."""
    if isinstance(text, bytes):
        text = text[: 4 * longest + 4].decode("utf-8", "backslashreplace")
    cut = text[:longest]
    plain = cut.isascii() and cut.isprintable()
    shown = cut if plain else "".join(map(_escape, cut))
    return shown + "…" if len(text) > longest else shown


def _escape(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    if unicodedata.category(character) in _HIDDEN or _INVISIBLE.match(character):
        return character.encode("unicode_escape").decode("ascii")
    return character


def spaced(fingerprint: str) -> str:
    """Return an OpenPGP fingerprint in groups of four, as people compare it; others as they are.

    What is no fingerprint comes out printable, too.
    """
    if len(fingerprint) not in {40, 64} or not fingerprint.isascii() or not fingerprint.isalnum():
        return printable(fingerprint)
    groups = [fingerprint[i : i + 4] for i in range(0, len(fingerprint), 4)]
    half = len(groups) // 2
    return " ".join(groups[:half]) + "  " + " ".join(groups[half:])


@dataclass(frozen=True, slots=True)
class CommitText:
    """A commit as a person knows it; each field is printable."""

    subject: str
    author: str
    date: str


def commit_text(content: bytes) -> CommitText:
    """Read subject, author and committer's date from a commit object, however odd it is."""
    headers, _, message = content.partition(b"\n\n")
    subject = message.lstrip(b"\n").partition(b"\n")[0]
    author, _ = _person(headers, b"author ")
    _, date = _person(headers, b"committer ")
    return CommitText(printable(subject), author, date)


def _person(headers: bytes, header: bytes) -> tuple[str, str]:
    for line in headers.split(b"\n"):
        if line.startswith(header):
            value = line[len(header) :]
            found = _PERSON.match(value)
            if found is None:
                return printable(value), "unknown"
            name = printable(found[1], 80)
            return f"{name} <{printable(found[2], 80)}>", _date(found)
    return "unknown", "unknown"


def _date(found: re.Match[bytes]) -> str:
    offset = timedelta(hours=int(found[5]), minutes=int(found[6]))
    try:
        zone = timezone(offset if found[4] == b"+" else -offset)
        when = datetime.fromtimestamp(int(found[3]), UTC).astimezone(zone)
        return when.strftime("%Y-%m-%d %H:%M %z")
    except (ValueError, OverflowError, OSError):
        return f"{int(found[3])} seconds since 1970"
