"""How much of a history somebody vouched for, by month and by algorithm. Pure: rows in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from nixauth.audit.history import month_of
from nixauth.audit.values import (
    UNKNOWN_MONTH,
    Algorithm,
    Coverage,
    Merges,
    Month,
    Row,
    State,
    Stretch,
)
from nixauth.model import ObjectId

MOST_STRETCHES = 10
"""So many of the longest stretches are named."""


def coverage(rows: Sequence[Row]) -> Coverage:
    """Count commits, parents first, by what is said of them."""
    kinds = Counter((row.state, row.reason, row.service, row.on_path, row.signed) for row in rows)
    refused: Counter[str] = Counter()
    undecided: Counter[str] = Counter()
    trusted = service_only = on_path = unsigned = 0
    for (state, reason, service, path, signed), number in kinds.items():
        match state:
            case State.TRUSTED:
                trusted += number
                service_only += number if service else 0
                on_path += number if path else 0
            case State.REFUSED:
                refused[reason] += number
            case State.UNDECIDED:
                undecided[reason] += number
        if not signed and state is State.REFUSED:
            unsigned += number
    stretches, all_stretches = _stretches(rows)
    return Coverage(
        len(rows),
        trusted,
        trusted - service_only,
        service_only,
        dict(sorted(refused.items())),
        dict(sorted(undecided.items())),
        unsigned,
        on_path,
        trusted - on_path,
        _merges(rows),
        stretches,
        all_stretches,
    )


def _merges(rows: Iterable[Row]) -> Merges:
    merges = [row for row in rows if len(row.parents) > 1]
    trusted = [row for row in merges if row.state is State.TRUSTED]
    if not trusted:
        return Merges(len(merges), 0, 0, 0)
    doubtful = {row.commit for row in rows if row.state is not State.TRUSTED}
    return Merges(
        len(merges),
        len(trusted),
        sum(row.service for row in trusted),
        sum(not doubtful.isdisjoint(row.parents) for row in trusted),
    )


# --- stretches ---


def _stretches(rows: Sequence[Row]) -> tuple[tuple[Stretch, ...], int]:
    """Return the longest groups of refused commits that hang together, and how many there are."""
    refused = [row for row in rows if row.state is State.REFUSED]
    if not refused:
        return (), 0
    leader = _grouped(refused)
    groups: dict[ObjectId, list[Row]] = {}
    for row in refused:
        groups.setdefault(_find(leader, row.commit), []).append(row)
    longest = sorted(groups.values(), key=len, reverse=True)[:MOST_STRETCHES]
    merged = _merged_by(rows, longest)
    return tuple(_stretch(group, merged.get(number)) for number, group in enumerate(longest)), len(
        groups
    )


def _grouped(refused: Sequence[Row]) -> dict[ObjectId, ObjectId]:
    leader = {row.commit: row.commit for row in refused}
    for row in refused:
        for parent in row.parents:
            if parent in leader:
                leader[_find(leader, parent)] = _find(leader, row.commit)
    return leader


def _find(leader: dict[ObjectId, ObjectId], commit: ObjectId) -> ObjectId:
    while (above := leader[commit]) != commit:
        leader[commit] = commit = leader[above]
    return commit


def _merged_by(rows: Iterable[Row], groups: Sequence[Sequence[Row]]) -> dict[int, ObjectId]:
    """Say for each group which trusted commit was the first to have one of it as a parent."""
    numbers = {row.commit: number for number, group in enumerate(groups) for row in group}
    found: dict[int, ObjectId] = {}
    for row in rows:
        if row.state is State.TRUSTED and len(row.parents) > 1:
            for parent in row.parents:
                number = numbers.get(parent)
                if number is not None:
                    found.setdefault(number, row.commit)
    return found


def _stretch(group: Sequence[Row], merged_by: ObjectId | None) -> Stretch:
    dates = [row.date for row in group]
    return Stretch(
        tuple(row.commit for row in reversed(group)),
        min(dates),
        max(dates),
        dict(sorted(Counter(row.reason for row in group).items())),
        merged_by,
    )


# --- for charts ---


def months(rows: Iterable[Row]) -> tuple[Month, ...]:
    """Count commits by month, and by what is said of them."""
    counted = Counter(
        (month_of(row.date), row.state, row.person or row.reason, row.service) for row in rows
    )
    tables: dict[str, dict[object, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for (month, state, name, service), number in counted.items():
        group = (state, service) if state is State.TRUSTED else state
        tables[month][group][name] = number
    order = sorted(tables, key=lambda month: (month == UNKNOWN_MONTH, month))
    return tuple(
        Month(
            month,
            _most_first(tables[month][State.TRUSTED, False]),
            _most_first(tables[month][State.TRUSTED, True]),
            _most_first(tables[month][State.REFUSED]),
            _most_first(tables[month][State.UNDECIDED]),
        )
        for month in order
    )


def _most_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def algorithms(rows: Iterable[Row]) -> tuple[Algorithm, ...]:
    """Count the commits whose signature could be read, by algorithm and digest."""
    counted = Counter((row.algorithm, row.digest) for row in rows)
    return tuple(
        Algorithm(algorithm, digest, number)
        for (algorithm, digest), number in sorted(
            counted.items(), key=lambda item: (-item[1], item[0])
        )
        if algorithm or digest
    )
