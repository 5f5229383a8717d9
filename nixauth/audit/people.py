"""Who vouched for what, with which keys, and what hangs on one name alone. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter

from nixauth.audit.coverage import algorithms
from nixauth.audit.history import History, by_month, main_line, moment
from nixauth.audit.values import (
    TRUSTED,
    Grant,
    KeyCount,
    KeyNote,
    KeyState,
    Membership,
    Moment,
    PersonUse,
    Reliance,
    Row,
    Stay,
)
from nixauth.keys import check
from nixauth.keys.check import Finding
from nixauth.keys.inventory import Inventory
from nixauth.model import Authorizations, Fingerprint, HistoryMode, ObjectId

ACTIVE_SECONDS = 90 * 86_400
"""How far back from the newest trusted commit somebody counts as active."""
_DATE, _ON_PATH = attrgetter("date"), attrgetter("on_path")


def people(history: History, grants: Sequence[Grant]) -> tuple[PersonUse, ...]:
    """Say of everybody who is listed at the target, or vouched for something, what that was."""
    by_name: dict[str, list[Row]] = {}
    for row in history.rows:
        if row.state is TRUSTED:
            by_name.setdefault(row.person, []).append(row)
    listed = _listed(history.at_target)
    services = {name: rows[-1].service for name, rows in by_name.items()}
    services |= {name: service for name, (service, _) in listed.items()}
    path = sum(map(_ON_PATH, history.rows))
    removable = _removable(history)
    reliances = _reliances(history, services, grants)
    used = _used(history)
    found = [
        _person(
            name,
            by_name.get(name, []),
            service=service,
            listed=listed.get(name),
            path=path,
            removable=name in removable,
            reliances=tuple(one for one in Reliance if name == reliances.get(one)),
            used=used,
        )
        for name, service in services.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.commits, one.name)))


def _listed(file: Authorizations | None) -> dict[str, tuple[bool, tuple[Fingerprint, ...]]]:
    found: dict[str, tuple[bool, tuple[Fingerprint, ...]]] = {}
    for person in file.people if file is not None else ():
        before = found.get(person.name, (person.service, ()))
        found[person.name] = person.service, (*before[1], *person.keys)
    return found


def _used(history: History) -> frozenset[Fingerprint]:
    """Return the keys that vouched for something, and the primary keys they stand for."""
    signers = {row.signer for row in history.rows if row.state is TRUSTED}
    return frozenset(signers.union(*map(history.primaries, signers)))


def _person(
    name: str,
    rows: Sequence[Row],
    *,
    service: bool,
    listed: tuple[bool, tuple[Fingerprint, ...]] | None,
    path: int,
    removable: bool,
    reliances: tuple[Reliance, ...],
    used: frozenset[Fingerprint],
) -> PersonUse:
    on_path = sum(map(_ON_PATH, rows))
    first, last = _first(rows), _last(rows)
    return PersonUse(
        name,
        service,
        listed is not None,
        len(rows),
        on_path,
        on_path / path if path else 0.0,
        first,
        last,
        tuple(_keys(rows, first, last)),
        tuple(key for key in (listed[1] if listed else ()) if key not in used),
        dict(sorted(by_month(rows).items())),
        removable,
        reliances,
    )


def _first(rows: Sequence[Row]) -> Moment | None:
    return moment(min(rows, key=_DATE)) if rows else None


def _last(rows: Sequence[Row]) -> Moment | None:
    return moment(max(rows, key=_DATE)) if rows else None


def _keys(rows: Sequence[Row], first: Moment | None, last: Moment | None) -> Iterator[KeyCount]:
    by_key: dict[Fingerprint, list[Row]] = {}
    for row in rows:
        by_key.setdefault(row.signer, []).append(row)
    if len(by_key) == 1 and first is not None and last is not None:  # as for most people
        yield KeyCount(next(iter(by_key)), len(rows), first, last, algorithms(rows))
        return
    for key, made in sorted(by_key.items(), key=lambda item: (-len(item[1]), item[0])):
        first, last = _first(made), _last(made)
        if first is not None and last is not None:
            yield KeyCount(key, len(made), first, last, algorithms(made))


# --- who can be done without ---


def _removable(history: History) -> set[str]:
    """Return who is listed, and without whom the target would be authentic all the same.

    For each trusted commit is found out who need not have been there: through which names no line
    to it has to lead, or where each parent counts, none of what it rests on.
    """
    listed = _listed(history.at_target)
    persons = [name for name, (service, _) in listed.items() if not service]
    if history.head != history.target:
        return set()
    bits = {name: 1 << number for number, name in enumerate(listed)}
    everybody = (1 << len(bits)) - 1
    others = {name: everybody ^ bit for name, bit in bits.items()}
    spared: dict[ObjectId, int] = {}
    for row in history.everything:
        if row.state is TRUSTED:
            if len(row.parents) == 1:  # as nearly always
                rest = spared.get(row.parents[0], everybody)
            else:
                rest = _rest(history, row, spared, everybody)
            spared[row.commit] = rest & others.get(row.person, everybody)
    left = spared.get(history.target, everybody)
    return {name for name, bit in bits.items() if left & bit and persons != [name]}


def _rest(history: History, row: Row, spared: Mapping[ObjectId, int], everybody: int) -> int:
    """Return who is not needed for the parents of a merge."""
    together = everybody
    for parent in row.parents:
        together &= spared.get(parent, everybody)
    found = 0
    for position in row.admitted_by:
        parent = row.parents[position]
        file = history.in_force.get(parent)
        other = history.by_id.get(parent)
        leads = other.line if other is not None else parent == history.introduction
        if row.line and not leads:
            continue
        if file is None or file.history is HistoryMode.EVERY_COMMIT:
            found |= together
        else:
            found |= spared.get(parent, everybody)
    return found


def _reliances(
    history: History, services: Mapping[str, bool], grants: Sequence[Grant]
) -> dict[Reliance, str]:
    found: dict[Reliance, str] = {}
    persons = [name for name, (service, _) in _listed(history.at_target).items() if not service]
    if len(persons) == 1:
        found[Reliance.ONLY_PERSON] = persons[0]
    trusted = [row for row in history.rows if row.state is TRUSTED]
    if trusted:
        # Whoever signs a commit chooses its date; one in the future must make nobody else idle.
        dates = [row.date for row in trusted if row.date <= history.now]
        since = max(dates, default=history.now) - ACTIVE_SECONDS
        active = {row.person for row in trusted if row.date >= since}
        if len(active) == 1:
            found[Reliance.ONLY_ACTIVE] = active.pop()
    authorizers = {grant.person for grant in grants if grant.state is TRUSTED}
    if len(authorizers) == 1:
        found[Reliance.ONLY_AUTHORIZER] = authorizers.pop()
    return {reliance: name for reliance, name in found.items() if name in services}


# --- when they were listed ---


def memberships(history: History) -> tuple[Membership, ...]:
    """Say when everybody was listed, along the main line."""
    before = history.in_force.get(history.introduction)
    at = Moment(history.introduction, history.introduction_date)
    since: dict[str, Moment] = dict.fromkeys(_listed(before), at)
    stays: dict[str, list[Stay]] = {name: [] for name in since}
    services = {name: service for name, (service, _) in _listed(before).items()}
    for row in main_line(history):
        file = history.in_force.get(row.commit)
        if file is before or file is None:
            continue
        now = _listed(file)
        for name in [name for name in since if name not in now]:
            stays[name].append(Stay(since.pop(name), moment(row)))
        for name, (service, _) in now.items():
            services[name] = service
            stays.setdefault(name, [])
            since.setdefault(name, moment(row))
        before = file
    for name, joined in since.items():
        stays[name].append(Stay(joined, None))
    return tuple(
        Membership(name, services[name], tuple(found)) for name, found in sorted(stays.items())
    )


# --- keys ---


def key_notes(history: History, inventory: Inventory, now: int) -> tuple[KeyNote, ...]:
    """Say what is to be said of the keys that are listed at the target or at hand."""
    found = [note for finding in check.check(inventory, now) for note in _notes(finding)]
    used = _used(history)
    for name, (_, keys) in _listed(history.at_target).items():
        found += [KeyNote(KeyState.NEVER_USED, key, name) for key in keys if key not in used]
    order = {state: number for number, state in enumerate(KeyState)}
    return tuple(sorted(found, key=lambda one: (order[one.state], one.person, one.fingerprint)))


def _notes(finding: Finding) -> Iterator[KeyNote]:
    match finding:
        case check.Missing(key, person):
            yield KeyNote(KeyState.MISSING, key, person)
        case check.Unusable(key, person, detail):
            yield KeyNote(KeyState.UNUSABLE, key, person, detail)
        case check.Unbound(key, person, _, detail):
            yield KeyNote(KeyState.UNUSABLE, key, person, detail)
        case check.Revoked(key, person):
            yield KeyNote(KeyState.REVOKED, key, person)
        case check.Expired(key, person, expires):
            yield KeyNote(KeyState.EXPIRED, key, person, expires=expires)
        case check.Weak(key, person, bits, algorithm):
            yield KeyNote(KeyState.WEAK, key, person, f"{algorithm}, {bits} bits")
        case check.Unused(key):
            yield KeyNote(KeyState.UNLISTED, key, "")
        case _:
            return
