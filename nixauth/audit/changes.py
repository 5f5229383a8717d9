"""How the authorizations changed, and by whom. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from nixauth.audit.history import History
from nixauth.audit.values import Grant, Row, State
from nixauth.merging import values as merging
from nixauth.merging.changes import changes
from nixauth.model import Authorizations, Fingerprint, ObjectId

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
    past = _Past(history)
    for row in rows:
        after = in_force.get(row.commit)
        merge = len(row.parents) > 1
        if after is not None and after is in_force.get(row.parents[0]) and not merge:
            continue  # as nearly always
        before = {parent: in_force[parent] for parent in row.parents if parent in in_force}
        if not before or row.state is State.UNDECIDED:
            continue
        if after is None:
            after = history.own.get(row.commit)
        if after is None and row.reason not in _FILE_REASONS:
            continue
        others = [one for one in before.values() if after is None or one.content != after.content]
        if others and (len(others) == len(before) or past.goes_back(before, after)):
            drops = len(others) < len(before)
            yield _grant(history, row, others[0], after, chooses=merge and not drops, drops=drops)


class _Past:
    """Which files were in force on the way to a commit, itself included: bits of a number."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._bits: dict[bytes, int] = {}
        self._found: dict[ObjectId, int] = {}

    def goes_back(
        self, before: Mapping[ObjectId, Authorizations], after: Authorizations | None
    ) -> bool:
        """Say whether a merge that takes one parent's file drops what another one had done.

        It does not where it takes the newer file: where the way to its parent led past the other
        parent's file, and not the other way round.
        """
        if after is None:
            return True
        if not self._found:
            self._fill()
        taken = self._bit(after)
        own = [self._of(one) for one, file in before.items() if file.content == after.content]
        return any(
            taken & self._of(other) or not all(self._bit(file) & past for past in own)
            for other, file in before.items()
            if file.content != after.content
        )

    def _fill(self) -> None:
        """Go through the history, parents first."""
        in_force = self._history.in_force
        for row in self._history.everything:
            found = 0
            for parent in row.parents:
                found |= self._of(parent)
            file = in_force.get(row.commit)
            self._found[row.commit] = found | self._bit(file) if file is not None else found

    def _of(self, commit: ObjectId) -> int:
        found = self._found.get(commit)
        if found is None:
            file = self._history.in_force.get(commit)
            found = self._bit(file) if file is not None else 0
        return found

    def _bit(self, file: Authorizations) -> int:
        return 1 << self._bits.setdefault(file.content, len(self._bits))


def _grant(
    history: History,
    row: Row,
    before: Authorizations,
    after: Authorizations | None,
    *,
    chooses: bool,
    drops: bool,
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
        chooses=chooses,
        drops=drops,
    )


def _adds_own(history: History, row: Row, rows: Iterable[merging.Change]) -> bool:
    own: set[Fingerprint] = set()
    if row.signer:
        own = {row.signer, *history.primaries(row.signer)}
    return any(
        change.row in _GIVES and ((row.person and change.person == row.person) or change.key in own)
        for change in rows
    )
