"""The same remarks as Markdown, for a job's summary."""

from __future__ import annotations

from nixauth.display import printable
from nixauth.reports.remarks import Level, Remark
from nixauth.reports.selection import Selection, more_in_words

LIMIT = 1024 * 1024
"""Bytes. GitHub takes nothing at all of a step's summary that has more."""
MOST = 50
"""So many rows of each level are worth reading."""
_LONGEST = 4000
_MARKS = {Level.ERROR: "❌", Level.WARNING: "⚠️", Level.NOTICE: "✅"}
_HEAD = "| | what | commit | why |\n| --- | --- | --- | --- |\n"


def render(verdict: str, found: Selection, source: str, room: int = LIMIT) -> str:
    """Return a heading with the verdict, a table of the remarks, and how many more there are.

    Rows for which there is no room are left out: the text has `room` bytes at most, and is empty
    where not even the heading fits. `source` is the command line that shows everything.
    """
    left_out = dict.fromkeys(Level, 0) | dict(found.left_out)
    heading = f"### nixauth: {text(verdict)}\n\n"
    # The line for the rest is reserved before the rows, at its longest.
    longest = _more(dict.fromkeys(Level, 10**9), source)
    room -= len((heading + _HEAD + longest).encode())
    if room < 0:
        return ""
    rows = []
    for remark in found.shown:
        row = _row(remark)
        size = len(row.encode())
        if size <= room:
            rows.append(row)
            room -= size
        else:
            left_out[remark.level] += 1
    return "".join([heading, _HEAD, *rows, _more(left_out, source)])


def _more(left_out: dict[Level, int], source: str) -> str:
    lines = [
        f"\n{text(more_in_words(number, level, source))}\n"
        for level, number in left_out.items()
        if number
    ]
    return "".join([*lines, "\n"])


def _row(remark: Remark) -> str:
    commit = f"<code>{remark.commit.hex()[:12]}</code>" if remark.commit else ""
    cells = [
        _MARKS[remark.level],
        text(remark.code),
        commit,
        text(printable(remark.message, _LONGEST)),
    ]
    return f"| {' | '.join(cells)} |\n"


def text(shown: str) -> str:
    """Write a text so that neither Markdown nor HTML finds anything in it, mentions included.

    Every ASCII character that is no letter, digit or space becomes a character reference, which
    cannot open or close anything (CommonMark 0.31, 2.5); line ends become spaces; and inside of
    `code` GitHub makes no links of names, numbers and addresses.
    """
    return f"<code>{''.join(map(_character, shown))}</code>"


def _character(character: str) -> str:
    if character.isspace() or not (character.isprintable() or character == " "):
        return " "
    if character.isascii() and not character.isalnum() and character != " ":
        return f"&#{ord(character)};"
    return character
