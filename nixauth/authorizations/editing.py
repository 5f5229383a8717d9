"""Changes to a file of this project's own format that leave all else as it is, byte for byte.

Pure: bytes in, bytes out, or a Problem with its place. Lines are put in and taken out by the
places of the YAML events; then the result is read by `native` and compared with what was meant.
So whatever this module does not foresee ends in a refusal, never in a file that says other things.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from nixauth.authorizations import native
from nixauth.authorizations.problems import (
    Reading,
    looks_like_openpgp,
    name_fault,
    openpgp_fingerprint,
)
from nixauth.authorizations.ssh_keys import SshKey, read_ssh_key
from nixauth.model import Authorizations, Fingerprint, Person, Problem
from nixauth.text_problems import START, Place, Refused, fits_one_line, quoted
from nixauth.yaml_layout import Lines, Node, lay_out, scalar

BY_HAND = "edit the file by hand, and run nixauth lint"

_DASH = re.compile(r" *- +")


def add(
    content: bytes, name: str, keys: Sequence[str], *, service: bool = False
) -> bytes | Problem:
    """Add keys (as they are to stand there) to somebody, who is made at the end of `people`.

    A key that is listed already is a Problem, and so is `service` for somebody who is none.
    """
    file = _File.of(content)
    if isinstance(file, Problem):
        return file
    fault = name_fault(name)
    if fault is not None:
        return Problem(*START, fault)
    meant = _meant_with(file, name, keys, service=service)
    if isinstance(meant, Problem):
        return meant
    entry = file.entry(name)
    made = (
        _new_person(file, name, keys, service=service)
        if entry is None
        else _more_keys(file, entry[1], keys)
    )
    return _as_meant(made, meant)


def remove_person(content: bytes, name: str) -> bytes | Problem:
    """Take somebody out, with all of their keys.

    What stands on their lines goes, comments too; lines with nothing but a comment stay.
    """
    file = _File.of(content)
    if isinstance(file, Problem):
        return file
    entry = file.entry(name)
    if entry is None:
        return Problem(*START, f"nobody is called {quoted(name)}")
    people = tuple(person for person in file.means.people if person.name != name)
    if not people:
        return Problem(*entry[0].place, f"{quoted(name)} is the only one who is listed")
    return _as_meant(_without_person(file, *entry), _with_people(file, people))


def remove_keys(content: bytes, name: str, keys: Collection[Fingerprint]) -> bytes | Problem:
    """Take some of somebody's keys out. The last one is not: that would be the person."""
    file = _File.of(content)
    if isinstance(file, Problem):
        return file
    entry = file.entry(name)
    if entry is None:
        return Problem(*START, f"nobody is called {quoted(name)}")
    person = next(person for person in file.means.people if person.name == name)
    for key in keys:
        if key not in person.keys:
            holder = file.means.holders.get(key)
            whose = f", it is {quoted(holder.name)}'s" if holder is not None else ""
            return Problem(*entry[0].place, f"{quoted(name)} has no key {key}{whose}")
    kept = tuple(key for key in person.keys if key not in keys)
    if not kept:
        return Problem(
            *entry[0].place, f"this is all the keys of {quoted(name)}: name the person alone"
        )
    people = tuple(
        replace(one, keys=kept) if one.name == name else one for one in file.means.people
    )
    made = _without_keys(file, entry[1], keys)
    return _as_meant(made, _with_people(file, people))


# --- What is meant ---


@dataclass(frozen=True, slots=True)
class _File:
    """A well-formed file: what it means, its text in lines, where everything stands."""

    means: Authorizations
    reading: Reading
    lines: Lines
    people: Node

    @classmethod
    def of(cls, content: bytes) -> _File | Problem:
        reading = native.read(content)
        if reading.authorizations is None:
            return reading.problems[0]
        text = content.decode("utf-8")
        people = lay_out(text).value("people")
        assert people is not None  # noqa: S101 - a file without is not well-formed
        return cls(reading.authorizations, reading, Lines.of(text), people)

    def entry(self, name: str) -> tuple[Node, Node] | None:
        """Return the name and what stands below it."""
        return next((pair for pair in self.people.pairs() if pair[0].text == name), None)


def _meant_with(
    file: _File, name: str, keys: Sequence[str], *, service: bool
) -> Authorizations | Problem:
    """Say what the file is to mean once the keys were added."""
    more: dict[Fingerprint, bytes | None] = {}
    for text in keys:
        if not fits_one_line(text):
            return Problem(*START, "the key holds a control character or a line break")
        key = openpgp_fingerprint(text) if looks_like_openpgp(text) else read_ssh_key(text)
        if isinstance(key, Refused):
            return Problem(*START, key.message)
        fingerprint, blob = (key.fingerprint, key.blob) if isinstance(key, SshKey) else (key, None)
        holder = file.means.holders.get(fingerprint)
        if holder is not None:
            place = file.reading.keys[fingerprint]
            return Problem(*place, f"{fingerprint} is listed already, for {quoted(holder.name)}")
        if fingerprint in more:
            return Problem(*START, f"{fingerprint} was given twice")
        more[fingerprint] = blob
    if not more:
        return Problem(*START, "no key was given")
    people = list(file.means.people)
    for number, person in enumerate(people):
        if person.name == name:
            if service and not person.service:
                place = file.reading.people[name]
                return Problem(*place, f"{quoted(name)} is no service: {BY_HAND}")
            people[number] = replace(person, keys=(*person.keys, *more))
            break
    else:
        people.append(Person(name, tuple(more), service))
    blobs = {key: blob for key, blob in more.items() if blob is not None}
    return replace(file.means, people=tuple(people), ssh_keys={**file.means.ssh_keys, **blobs})


def _with_people(file: _File, people: tuple[Person, ...]) -> Authorizations:
    """Say what the file is to mean with these people, who were in it before."""
    held = {key for person in people for key in person.keys}
    blobs = {key: blob for key, blob in file.means.ssh_keys.items() if key in held}
    return replace(file.means, people=people, ssh_keys=blobs)


def _as_meant(made: str | Problem, meant: Authorizations) -> bytes | Problem:
    """Read what was made; it has to mean what was meant, and nothing else."""
    if isinstance(made, Problem):
        return made
    content = made.encode("utf-8")
    reading = native.read(content)
    if reading.authorizations is None:
        first = reading.problems[0]
        return Problem(
            first.line,
            first.column,
            f"the change would break the file here ({first.message}): {BY_HAND}",
        )
    if reading.authorizations != replace(meant, content=content):
        return Problem(*START, f"the change would alter more than it should: {BY_HAND}")
    return content


# --- Putting in ---


def _more_keys(file: _File, person: Node, keys: Sequence[str]) -> str | Problem:
    listed = person.value("keys")
    assert listed is not None  # noqa: S101 - a person without is not well-formed
    last = listed.children[-1]
    if listed.flow:
        more = "".join(f", {scalar(key)}" for key in keys)
        return file.lines.text[: last.end] + more + file.lines.text[last.end :]
    before = file.lines.before(last)
    dash = before if _DASH.fullmatch(before) else " " * listed.column + "- "
    return _insert(file, last, [f"{dash}{scalar(key)}" for key in keys])


def _new_person(file: _File, name: str, keys: Sequence[str], *, service: bool) -> str | Problem:
    """Write lines behind the last person, set in as that one's are."""
    if file.people.flow:
        return _braces(file.people.place, "people stands")
    above, body = list(file.people.pairs())[-1]
    outer = above.column
    listed = body.value("keys")
    assert listed is not None  # noqa: S101 - a person without is not well-formed
    inner = outer + 2 if body.flow else body.children[0].column
    dash = inner + 2 if body.flow or listed.flow else listed.column
    lines = [f"{' ' * outer}{scalar(name)}:"]
    if service:
        lines.append(f"{' ' * inner}service: true")
    lines.append(f"{' ' * inner}keys:")
    lines += [f"{' ' * dash}- {scalar(key)}" for key in keys]
    return _insert(file, body, lines)


def _insert(file: _File, behind: Node, lines: Sequence[str]) -> str:
    """Put lines below the one that a node ends on."""
    return file.lines.with_lines(file.lines.lines_of(behind)[-1], lines)


# --- Taking out ---


def _without_person(file: _File, name: Node, body: Node) -> str | Problem:
    if file.people.flow:
        return _braces(file.people.place, "people stands")
    return file.lines.without_lines(file.lines.own_lines(name, body))


def _without_keys(file: _File, person: Node, keys: Collection[Fingerprint]) -> str | Problem:
    listed = person.value("keys")
    assert listed is not None  # noqa: S101 - a person without is not well-formed
    places = {file.reading.keys[key] for key in keys}
    going = [item for item in listed.children if item.place in places]
    if listed.flow:
        return _without_items(file, listed, going)
    gone: set[int] = set()
    for item in going:
        if not _DASH.fullmatch(file.lines.before(item)):
            return Problem(*item.place, f"the key does not stand behind a dash: {BY_HAND}")
        gone.update(file.lines.lines_of(item))
    return file.lines.without_lines(gone)


def _without_items(file: _File, listed: Node, going: list[Node]) -> str | Problem:
    """Take items out of brackets, each with the comma in front of it, or behind the first."""
    starts = {item.start for item in going}
    first_kept = min(item.start for item in listed.children if item.start not in starts)
    cuts: list[tuple[int, int]] = []
    for number, item in enumerate(listed.children):
        if item.start not in starts:
            continue
        if item.start < first_kept:
            cuts.append((item.start, listed.children[number + 1].start))
        else:
            cuts.append((listed.children[number - 1].end, item.end))
    made = file.lines.text
    for start, end in reversed(cuts):
        if "\n" in made[start:end]:
            place = listed.place
            return Problem(*place, f"these brackets go over several lines: {BY_HAND}")
        made = made[:start] + made[end:]
    return made


def _braces(place: Place, what: str) -> Problem:
    return Problem(*place, f"{what} in braces {{ }}, which are not edited: {BY_HAND}")
