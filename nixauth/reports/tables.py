"""Tables for a terminal: columns as wide as what they hold, and no wider than there is room."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

_GAP = "  "
_NARROWEST = 8


def wide(text: str) -> int:
    """Return how many columns of a terminal a printable text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def cut(text: str, width: int) -> str:
    """Return as much of a printable text as has room."""
    if wide(text) <= width:
        return text
    kept, used = [], 0
    for character in text:
        used += _columns(character)
        if used > max(width - 1, 0):
            break
        kept.append(character)
    return "".join(kept) + "…"


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    width: int | None,
    right: Sequence[int] = (),
    whole: Sequence[int] = (),
    margin: str = "  ",
) -> Iterator[str]:
    """Yield the lines of a table of printable texts; `right` are columns aligned to the right.

    With a `width`, the widest columns are cut until the lines fit, but for those that are `whole`,
    and none to less than eight; without one nothing is.
    """
    if not rows:
        return
    sizes = [max(map(wide, column)) for column in zip(header, *rows, strict=True)]
    if width is not None:
        _shrink(sizes, width - len(margin) - len(_GAP) * (len(sizes) - 1), whole)
    for row in (header, *rows):
        cells = [
            _padded(cut(text, size), size, right=number in right)
            for number, (text, size) in enumerate(zip(row, sizes, strict=True))
        ]
        yield f"{margin}{_GAP.join(cells)}".rstrip()


def _shrink(sizes: list[int], room: int, whole: Sequence[int]) -> None:
    free = [number for number in range(len(sizes)) if number not in whole]
    while free and sum(sizes) > room:
        widest = max(free, key=lambda number: sizes[number])
        if sizes[widest] <= _NARROWEST:
            return
        others = [sizes[number] for number in free if number != widest]
        excess = sum(sizes) - room
        step = sizes[widest] - max([_NARROWEST, *(one for one in others if one < sizes[widest])])
        sizes[widest] -= max(1, min(excess, step))


def _padded(text: str, size: int, *, right: bool) -> str:
    blank = " " * (size - wide(text))
    return blank + text if right else text + blank
