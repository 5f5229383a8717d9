"""How much of a history somebody vouched for, by month and by algorithm. Pure: rows in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

from nixauth.audit.history import month_of
from nixauth.audit.values import (
    TRUSTED,
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
    by_state = _by_state(rows)
    refused = Counter(row.reason for row in by_state[State.REFUSED])
    undecided = Counter(row.reason for row in by_state[State.UNDECIDED])
    trusted = service_only = on_path = 0
    kinds = Counter(map(attrgetter("service", "on_path"), by_state[State.TRUSTED]))
    for (service, path), number in kinds.items():
        trusted += number
        service_only += number if service else 0
        on_path += number if path else 0
    unsigned = sum(not row.signed for row in by_state[State.REFUSED])
    stretches, all_stretches = _stretches(rows, by_state[State.REFUSED])
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
        _merges(by_state),
        stretches,
        all_stretches,
    )


def _by_state(rows: Iterable[Row]) -> dict[State, list[Row]]:
    found: dict[State, list[Row]] = {state: [] for state in State}
    trusted = found[TRUSTED]
    for row in rows:
        # An enumeration's member takes its time to be hashed; these are mostly all of them.
        (trusted if row.state is TRUSTED else found[row.state]).append(row)
    return found


def _merges(by_state: Mapping[State, Sequence[Row]]) -> Merges:
    merges = {
        state: [row for row in rows if len(row.parents) > 1] for state, rows in by_state.items()
    }
    trusted = merges[State.TRUSTED]
    doubtful = {
        row.commit for state, rows in by_state.items() if state is not TRUSTED for row in rows
    }
    return Merges(
        sum(map(len, merges.values())),
        len(trusted),
        sum(row.service for row in trusted),
        sum(not doubtful.isdisjoint(row.parents) for row in trusted),
    )


# --- stretches ---


def _stretches(rows: Sequence[Row], refused: Sequence[Row]) -> tuple[tuple[Stretch, ...], int]:
    """Return the longest groups of refused commits that hang together, and how many there are."""
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
        if row.state is TRUSTED and len(row.parents) > 1:
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
    tables: dict[str, dict[object, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for state, some in _by_state(rows).items():
        # A state in the key would be hashed for each commit, and that takes longest.
        counted = Counter(
            (month_of(row.date), row.person or row.reason, row.service) for row in some
        )
        for (month, name, service), number in counted.items():
            group = (state, service) if state is TRUSTED else state
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
    counted = Counter(map(attrgetter("algorithm", "digest"), rows))
    return tuple(
        Algorithm(algorithm, digest, number)
        for (algorithm, digest), number in sorted(
            counted.items(), key=lambda item: (-item[1], item[0])
        )
        if algorithm or digest
    )
