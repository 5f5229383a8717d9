"""The same remarks as Markdown, for a job's summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nixauth.reports.remarks import Level, Remark

_MOST = 50
_MARKS = {Level.ERROR: "❌", Level.WARNING: "⚠️", Level.NOTICE: "✅"}


def render(verdict: str, remarks: Iterable[Remark]) -> Iterator[str]:
    """Yield a heading with the verdict, and a table of the remarks."""
    yield f"### nixauth: {text(verdict)}\n\n"
    yield "| | what | commit | why |\n| --- | --- | --- | --- |\n"
    left_out = 0
    for number, remark in enumerate(remarks):
        if number < _MOST:
            yield _row(remark)
        else:
            left_out += 1
    yield f"\nand {left_out} more\n\n" if left_out else "\n"


def _row(remark: Remark) -> str:
    commit = f"<code>{remark.commit.hex()[:12]}</code>" if remark.commit else ""
    cells = [_MARKS[remark.level], text(remark.code), commit, text(remark.message)]
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
