"""The project's own format, version 1: a small, strict part of YAML.

Here are the fields; the YAML is read by `strict_yaml`. A field to come is one row of `_FILE` or
`_PERSON` and the function it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from nixauth.authorizations.problems import (
    MAX_KEYS,
    Reading,
    looks_like_openpgp,
    name_fault,
    openpgp_fingerprint,
)
from nixauth.authorizations.ssh_keys import SshKey, read_ssh_key
from nixauth.model import Authorizations, Fingerprint, HistoryMode, Person
from nixauth.strict_yaml import (
    DEFAULT_LOADER,
    Event,
    Field,
    Section,
    Source,
    decode,
    document,
    fields,
    is_list,
    is_mapping,
    place_of,
)
from nixauth.text_problems import Place, Problems, Refused, UnreadableError, quoted


def read(content: bytes, loader: Any = DEFAULT_LOADER) -> Reading:
    """Read a file. `loader` is one of PyYAML's loader classes. Raises nothing."""
    problems = Problems()
    draft = _FileDraft()
    with suppress(UnreadableError):
        text = decode(content, problems)
        document(Source(text, problems, loader), _FILE, draft)
    found = problems.in_order()
    authorizations = None if found else draft.finish(content)
    return Reading(authorizations, found, draft.key_places, draft.name_places)


@dataclass(slots=True)
class _PersonDraft:
    name: str
    place: Place
    keys: list[Fingerprint] = field(default_factory=list)
    service: bool = False


@dataclass(slots=True)
class _FileDraft:
    history: HistoryMode = HistoryMode.EVERY_COMMIT
    people: list[_PersonDraft] = field(default_factory=list)
    name_places: dict[str, Place] = field(default_factory=dict)
    holders: dict[Fingerprint, str] = field(default_factory=dict)
    key_places: dict[Fingerprint, Place] = field(default_factory=dict)
    key_count: int = 0
    ssh_keys: dict[Fingerprint, bytes] = field(default_factory=dict)

    def finish(self, content: bytes) -> Authorizations:
        people = tuple(Person(p.name, tuple(p.keys), p.service) for p in self.people)
        return Authorizations(content, self.history, people, self.ssh_keys)


def _version(source: Source, value: Event, _draft: _FileDraft) -> None:
    version = source.scalar(value, "version")
    if version is not None and version != "1":
        source.problems.add(place_of(value), f"version {quoted(version)} is not known, only 1 is")


def _history(source: Source, value: Event, draft: _FileDraft) -> None:
    mode = source.scalar(value, "history")
    if mode is None:
        return
    try:
        draft.history = HistoryMode(mode)
    except ValueError:
        source.problems.add(
            place_of(value), f"history {quoted(mode)} is neither every-commit nor trusted-path"
        )


def _people(source: Source, value: Event, draft: _FileDraft) -> None:
    listed = 0
    for name, place, entry in source.pairs(value, "people"):
        listed += 1
        fault = name_fault(name)
        if fault is not None:
            source.problems.add(place, fault)
        person = _PersonDraft(name, place)
        draft.people.append(person)
        draft.name_places[name] = place
        fields(source, Section(entry, quoted(name), place), _PERSON, (draft, person))
    if not listed and is_mapping(value):
        source.problems.add(place_of(value), "people is empty: nobody could sign anything")


def _service(source: Source, value: Event, draft: tuple[_FileDraft, _PersonDraft]) -> None:
    said = source.scalar(value, "service")
    if said is not None and said not in {"true", "false"}:
        source.problems.add(place_of(value), f"service {quoted(said)} is neither true nor false")
    draft[1].service = said == "true"


def _keys(source: Source, value: Event, draft: tuple[_FileDraft, _PersonDraft]) -> None:
    file, person = draft
    listed = 0
    for item in source.items(value, "keys"):
        listed += 1
        file.key_count += 1
        if file.key_count > MAX_KEYS:
            source.problems.stop(place_of(item), f"more than {MAX_KEYS} keys")
        text = source.scalar(item, "a key")
        if text is not None:
            _key(source, place_of(item), text, file, person)
    if not listed and is_list(value):
        source.problems.add(place_of(value), f"{quoted(person.name)} has no key")


def _key(source: Source, at: Place, text: str, file: _FileDraft, person: _PersonDraft) -> None:
    """Read one key into the drafts."""
    key = openpgp_fingerprint(text) if looks_like_openpgp(text) else read_ssh_key(text.strip(" "))
    if isinstance(key, Refused):
        source.problems.add(at, key.message)
        return
    fingerprint = key.fingerprint if isinstance(key, SshKey) else key
    first = file.key_places.setdefault(fingerprint, at)
    holder = file.holders.setdefault(fingerprint, person.name)
    if first is not at:
        whose = f"for {quoted(holder)} " if holder != person.name else ""
        source.problems.add(at, f"this key is listed already, {whose}in line {first.line}")
        return
    person.keys.append(fingerprint)
    if isinstance(key, SshKey):
        file.ssh_keys[fingerprint] = key.blob


_FILE: Mapping[str, Field[_FileDraft]] = {
    "version": Field(_version, required=True),
    "history": Field(_history),
    "people": Field(_people, required=True),
}

_PERSON: Mapping[str, Field[tuple[_FileDraft, _PersonDraft]]] = {
    "keys": Field(_keys, required=True),
    "service": Field(_service),
}
