"""Where the parts of an audit's charts go: numbers for the templates, which do the drawing.

What lies across is in percent of the width, so that a chart fits a phone with its text unshrunk;
what lies upwards is in pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nixauth.audit.values import UNKNOWN_MONTH, Membership, Moment
from nixauth.display import printable
from nixauth.model import ObjectId
from nixauth.reports.audit_words import day
from nixauth.reports.tables import cut

_MOST_MONTHS = 240
_MOST_YEARS = 120
_LABELS = 6
_LABEL = 16
"""Columns of a label beside a row."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A label of an axis. `minor` ones are left out where there is little room."""

    at: float
    text: str
    minor: bool = False


# --- time, in columns ---


@dataclass(frozen=True, slots=True)
class Columns:
    """The months, or years, that a chart has a column for; `unit` names them.

    `left_out` counts the years before the first column.
    """

    labels: tuple[str, ...]
    unit: str
    left_out: int = 0

    def name(self, month: str) -> str:
        """Return the label of the column of a month."""
        whole = self.unit == "month" or month == UNKNOWN_MONTH
        return month.zfill(7) if whole else month[:-3].zfill(4)

    def add_up(self, counts: Mapping[str, int]) -> list[int]:
        """Return what is counted by month, by column."""
        found = dict.fromkeys(self.labels, 0)
        for month, number in counts.items():
            name = self.name(month)
            if name in found:
                found[name] += number
        return list(found.values())

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """The labels below the columns."""
        every = -(-len(self.labels) // _LABELS)
        width = 100 / max(1, len(self.labels))
        return tuple(
            Tick(round((number + 0.5) * width, 3), label, minor=(number // every) % 2 == 1)
            for number, label in enumerate(self.labels)
            if number % every == 0
        )


def columns(months: Iterable[str], most_months: int = _MOST_MONTHS) -> Columns:
    """Give each month a column, those without commits between them, too; years where it is long."""
    found = set(months)
    unknown = (UNKNOWN_MONTH,) if UNKNOWN_MONTH in found else ()
    known = sorted(12 * int(month[:-3]) + int(month[-2:]) - 1 for month in found - {UNKNOWN_MONTH})
    if not known:
        return Columns(unknown, "month")
    first, last = known[0], known[-1]
    if last - first < most_months:
        labels = (f"{at // 12:04}-{at % 12 + 1:02}" for at in range(first, last + 1))
        return Columns((*labels, *unknown), "month")
    years = list(range(first // 12, last // 12 + 1))
    if len(years) > _MOST_YEARS:  # some date is far off
        years = sorted({at // 12 for at in known})
    shown = years[-_MOST_YEARS:]
    labels = (f"{year:04}" for year in shown)
    return Columns((*labels, *unknown), "year", len(years) - len(shown))


# --- stacked columns ---


@dataclass(frozen=True, slots=True)
class Series:
    """What one colour and pattern stands for; `counts` go by column."""

    label: str
    look: str
    counts: Sequence[int]

    @property
    def total(self) -> int:
        """How many there are in all columns."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle; across in percent, upwards in pixels."""

    x: float
    y: float
    width: float
    height: float
    look: str
    title: str


@dataclass(frozen=True, slots=True)
class Stacked:
    """A chart of columns that are stacks; `levels` are the lines across."""

    columns: Columns
    series: tuple[Series, ...]
    blocks: tuple[Block, ...]
    levels: tuple[Tick, ...]
    height: int


def stacked(over: Columns, series: Sequence[Series], height: int = 220) -> Stacked:
    """Put series on top of each other, the first one lowest."""
    used = tuple(one for one in series if one.total)
    sums = [sum(one.counts[at] for one in used) for at in range(len(over.labels))]
    step, top = _levels(max(sums, default=0))
    width = 100 / max(1, len(over.labels))
    blocks = []
    for at, label in enumerate(over.labels):
        below = 0
        for one in used:
            number = one.counts[at]
            if number:
                below += number
                title = f"{label}: {number:,} {one.label}"
                y, tall = height * (1 - below / top), height * number / top
                blocks.append(
                    Block(
                        round((at + 0.07) * width, 3),
                        round(y, 3),
                        round(0.86 * width, 3),
                        round(tall, 3),
                        one.look,
                        title,
                    )
                )
    levels = tuple(
        Tick(round(height * (1 - level / top), 3), f"{level:,}")
        for level in range(0, top + 1, step)
    )
    return Stacked(over, used, tuple(blocks), levels, height)


def _levels(most: int) -> tuple[int, int]:
    """Return a round step, and how high a few of them reach over the most."""
    step = 1
    while most > 5 * step:
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return step, max(step, -(-most // step) * step)


# --- rows ---


@dataclass(frozen=True, slots=True)
class Bars:
    """One name's row of small columns: a path in a box as wide as there are columns, 100 high."""

    label: str
    title: str
    look: str
    path: str


def bars(name: str, look: str, counts: Sequence[int], most: int) -> Bars:
    """Draw counts, of which the most anywhere is `most`; what is not nothing can be seen."""
    parts = []
    for at, number in enumerate(counts):
        if number:
            tall = round(max(6, 100 * number / max(1, most)), 1)
            parts.append(f"M{at + 0.07:g} 100v-{tall:g}h.86V100z")
    return Bars(label(name), f"{printable(name)}: {sum(counts):,} commits", look, "".join(parts))


def label(name: str) -> str:
    """Return a name that fits beside a row."""
    return cut(printable(name), _LABEL)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a whole, as a bar of so many percent of the width."""

    label: str
    width: float
    text: str


def parts(counts: Iterable[tuple[str, int]]) -> tuple[Part, ...]:
    """Draw each count against the largest."""
    found = list(counts)
    most, every = max((number for _, number in found), default=1), sum(n for _, n in found)
    return tuple(
        Part(
            label(name),
            round(55 * number / most, 3),
            f"{number:,} ({100 * number / every:.1f} %)",
        )
        for name, number in found
    )


# --- people joining and leaving ---


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when somebody was listed; `joins` and `leaves` say that an end is an event."""

    x: float
    width: float
    joins: bool
    leaves: bool
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """One name's stays."""

    label: str
    service: bool
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Who joined and who left; `always` were listed from the introduction to the end."""

    lines: tuple[Line, ...]
    always: tuple[str, ...]
    left_out: int
    ticks: tuple[Tick, ...]


def timeline(
    memberships: Sequence[Membership], introduction: ObjectId, last: int, most: int
) -> Timeline:
    """Draw the stays of whoever was not listed all the time, at most so many of them."""
    always = tuple(one.name for one in memberships if _always(one, introduction))
    moving = [one for one in memberships if not _always(one, introduction)]
    moving.sort(key=lambda one: (one.stays[0].joined.date if one.stays else 0, one.name))
    moments = [stay.joined.date for one in memberships for stay in one.stays]
    moments += [stay.left.date for one in memberships for stay in one.stays if stay.left]
    start, end = min(moments, default=last), max([*moments, last])
    length = max(1, end - start)

    def at(moment: int) -> float:
        return round(100 * (moment - start) / length, 3)

    def span(joined: Moment, left: Moment | None) -> Span:
        x, to = at(joined.date), at(left.date) if left is not None else 100.0
        until = f"to {day(left.date)}" if left is not None else "on"
        return Span(
            min(x, to),
            round(max(0.4, abs(to - x)), 3),
            joined.commit != introduction,
            left is not None,
            f"from {day(joined.date)} {until}",
        )

    lines = [
        Line(label(one.name), one.service, tuple(span(s.joined, s.left) for s in one.stays))
        for one in moving[:most]
    ]
    ticks = tuple(
        Tick(25.0 * number, day(start + length * number // 4), minor=number % 2 == 1)
        for number in range(5)
    )
    return Timeline(tuple(lines), always, max(0, len(moving) - most), ticks)


def _always(one: Membership, introduction: ObjectId) -> bool:
    return len(one.stays) == 1 and (
        one.stays[0].joined.commit == introduction and one.stays[0].left is None
    )
