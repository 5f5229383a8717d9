"""How the authorizations changed, and by whom. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nixauth.audit.history import History
from nixauth.audit.values import Grant, Row, State
from nixauth.merging import values as merging
from nixauth.merging.changes import changes
from nixauth.model import Authorizations, Fingerprint

_FILE_REASONS = frozenset(
    (
        "service-changes-authorizations",
        "authorizations-removed",
        "authorizations-malformed",
        "authorizations-missing",
    )
)
_GIVES = frozenset((merging.Row.PERSON_ADDED, merging.Row.KEY_ADDED, merging.Row.BECOMES_PERSON))


def grants(history: History) -> tuple[Grant, ...]:
    """Return the changes that trusted commits made, and those that others tried to make."""
    return tuple(_grants(history, history.rows))


def _grants(history: History, rows: Iterable[Row]) -> Iterator[Grant]:
    in_force = history.in_force
    for row in rows:
        after = in_force.get(row.commit)
        if after is not None and after is in_force.get(row.parents[0]):
            continue  # as nearly always
        before = [in_force[parent] for parent in row.parents if parent in in_force]
        if not before or row.state is State.UNDECIDED:
            continue
        if after is None:
            after = history.own.get(row.commit)
        if after is None and row.reason not in _FILE_REASONS:
            continue
        if after is None or all(after.content != one.content for one in before):
            yield _grant(history, row, before[0], after, merge=len(row.parents) > 1)


def _grant(
    history: History,
    row: Row,
    before: Authorizations,
    after: Authorizations | None,
    *,
    merge: bool,
) -> Grant:
    rows = changes(before, after)
    return Grant(
        row.commit,
        row.date,
        row.state,
        row.reason,
        row.person,
        row.service,
        row.signer,
        rows,
        adds_own=_adds_own(history, row, rows),
        chooses=merge,
    )


def _adds_own(history: History, row: Row, rows: Iterable[merging.Change]) -> bool:
    own: set[Fingerprint] = set()
    if row.signer:
        own = {row.signer, *history.primaries(row.signer)}
    return any(
        change.row in _GIVES and ((row.person and change.person == row.person) or change.key in own)
        for change in rows
    )
