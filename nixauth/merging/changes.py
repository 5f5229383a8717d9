"""What a merge would make of the authorizations. Pure: files in, changes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nixauth.merging.values import Change, Content, Effect, Origin, Row
from nixauth.model import Authorizations, Person


def three_way(ancestors: Sequence[Content], base: Content, head: Content) -> Effect:
    """Say which file the merge would have, and what changes for those who follow BASE.

    `ancestors` are the files of all merge bases. Where they differ among themselves and the sides
    differ, nobody but the merger knows, as where both sides changed the file.
    """
    if base == head:
        return Effect(Origin.UNCHANGED, base)
    before = ancestors[0] if ancestors else None
    if any(other != before for other in ancestors):
        return Effect(Origin.BOTH, None, changes(base, head))
    if before == base:
        return Effect(Origin.HEAD, head, changes(base, head))
    if before == head:
        return Effect(Origin.BASE, base)
    return Effect(Origin.BOTH, None, changes(before, head))


def changes(before: Content, after: Content) -> tuple[Change, ...]:
    """Return the rows of the table from one file to another, people in the order of the files."""
    if not isinstance(after, Authorizations):
        return ()  # that it is gone or malformed is said by itself
    if not isinstance(before, Authorizations):
        return tuple(_added(after.people))
    found = (*_mode(before, after), *_people(before, after))
    if not found and before.content != after.content:
        return (Change(Row.TEXT_ONLY),)
    return found


def _mode(before: Authorizations, after: Authorizations) -> Iterator[Change]:
    if before.history is not after.history:
        yield Change(Row.HISTORY_MODE, mode=after.history)


def _people(before: Authorizations, after: Authorizations) -> Iterator[Change]:
    # Guix's format may give one name several entries.
    old, new = _by_name(before), _by_name(after)
    for name, person in old.items():
        if name not in new:
            yield from _removed(person)
    for name, person in new.items():
        if name not in old:
            yield from _added([person])
        else:
            yield from _keys(old[name], person)


def _by_name(file: Authorizations) -> dict[str, Person]:
    found: dict[str, Person] = {}
    for person in file.people:
        known = found.get(person.name)
        keys = (*known.keys, *person.keys) if known is not None else person.keys
        found[person.name] = Person(person.name, keys, person.service)
    return found


def _added(people: Sequence[Person]) -> Iterator[Change]:
    for person in people:
        yield Change(Row.PERSON_ADDED, person.name, service=person.service)
        for key in person.keys:
            yield Change(Row.KEY_ADDED, person.name, key, person.service)


def _removed(person: Person) -> Iterator[Change]:
    yield Change(Row.PERSON_REMOVED, person.name, service=person.service)
    for key in person.keys:
        yield Change(Row.KEY_REMOVED, person.name, key, person.service)


def _keys(old: Person, new: Person) -> Iterator[Change]:
    if old.service is not new.service:
        row = Row.BECOMES_SERVICE if new.service else Row.BECOMES_PERSON
        yield Change(row, new.name, service=new.service)
    for key in old.keys:
        if key not in new.keys:
            yield Change(Row.KEY_REMOVED, new.name, key, new.service)
    for key in new.keys:
        if key not in old.keys:
            yield Change(Row.KEY_ADDED, new.name, key, new.service)
