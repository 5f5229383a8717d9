"""What was gathered of a history, as values: what the sections of an audit are made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from nixauth.audit.values import UNKNOWN_MONTH, Moment, Row
from nixauth.model import Authorizations, Fingerprint, ObjectId

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class History:
    """The commits between an introduction and a target, judged.

    `everything` has all of them, `rows` those that are looked at; both parents first. `left_out` is
    what a range begins behind, with the introduction where that is reached from there. `in_force`
    has the authorizations of trusted commits, of the introduction, and of trusted ancestors of it
    that are parents. `own` are well-formed files of commits that are not trusted, as far as they
    were read. `main` is the main line, from the introduction (left out) to `head`. `primaries` says
    which primary keys a signer stands for. `now` is what the clock says, in seconds since 1970.
    """

    target: ObjectId
    introduction: ObjectId
    introduction_date: int
    head: ObjectId | None
    everything: Sequence[Row]
    rows: Sequence[Row]
    left_out: Collection[ObjectId]
    by_id: Mapping[ObjectId, Row]
    in_force: Mapping[ObjectId, Authorizations]
    own: Mapping[ObjectId, Authorizations]
    at_target: Authorizations | None
    primaries: Callable[[Fingerprint], tuple[Fingerprint, ...]]
    now: int


def moment(row: Row) -> Moment:
    """Return when a commit was made, as it says itself."""
    return Moment(row.commit, row.date)


def month_of(date: int) -> str:
    """Return the month of a date."""
    return _month_of_day(date // _DAY)


@lru_cache(maxsize=16384)
def _month_of_day(day: int) -> str:
    try:
        return datetime.fromtimestamp(day * _DAY, UTC).strftime("%Y-%m")
    except (ValueError, OverflowError, OSError):
        return UNKNOWN_MONTH


def by_month(rows: Iterable[Row]) -> Counter[str]:
    """Count commits by month."""
    counts: Counter[str] = Counter()
    for day, number in Counter([row.date // _DAY for row in rows]).items():
        counts[_month_of_day(day)] += number
    return counts


def main_line(history: History) -> list[Row]:
    """Return the main line from the introduction, left out, to the head: by first such parents."""
    found = []
    commit = history.head
    while commit is not None and (row := history.by_id.get(commit)) is not None:
        found.append(row)
        for position in row.admitted_by:
            commit = row.parents[position]
            if commit == history.introduction:
                break
            other = history.by_id.get(commit)
            if other is not None and other.line:
                break
        else:
            commit = None
    found.reverse()
    return found
