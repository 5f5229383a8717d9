"""The few remarks that there is room for, of a million. They are looked at one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nixauth.reports.remarks import VERDICTS, Level, Remark


@dataclass(frozen=True, slots=True)
class Selection:
    """Remarks in their order, and how many more there are of each level, where there are any."""

    shown: tuple[Remark, ...]
    left_out: Mapping[Level, int]

    def at_most(self, most: int) -> Selection:
        """Choose still fewer."""
        fewer = select(self.shown, most)
        counts = {n: self.left_out.get(n, 0) + fewer.left_out.get(n, 0) for n in Level}
        return Selection(fewer.shown, {level: count for level, count in counts.items() if count})


def select(remarks: Iterable[Remark], most: int) -> Selection:
    """Choose of each level the first ones, so many that with a line for the rest there are `most`.

    A verdict is shown wherever it stands.
    """
    if most < 2:
        raise ValueError("there is room for a remark and a line")
    kept: dict[Level, list[tuple[int, Remark]]] = {level: [] for level in Level}
    counts = dict.fromkeys(Level, 0)
    for number, remark in enumerate(remarks):
        counts[remark.level] += 1
        there = kept[remark.level]
        if len(there) < most:
            there.append((number, remark))
        elif remark.code in VERDICTS:
            there[-1] = (number, remark)
    for level, there in kept.items():
        if counts[level] > most:
            del there[-2 if there[-1][1].code in VERDICTS else -1]
    ordered = sorted((one for there in kept.values() for one in there), key=lambda one: one[0])
    left_out = {
        level: counts[level] - len(there)
        for level, there in kept.items()
        if counts[level] > len(there)
    }
    return Selection(tuple(remark for _, remark in ordered), left_out)


def more_in_words(number: int, level: Level, command: str) -> str:
    """Say how many remarks are not shown, and what shows them."""
    what = f"{level.value}{'' if number == 1 else 's'}"
    return f"{number:,} more {what} not shown here: {command} has them all"
