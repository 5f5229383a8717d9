"""The project's own format, version 1: a small, strict part of YAML.

Three layers, each of which refuses what the next one need not understand: the text (UTF-8 without
surprises), the events (no anchors, aliases, tags, directives; nested at most MAX_DEPTH deep), and
the fields. A field to come is one row of `_FILE` or `_PERSON` and the function it names.

PyYAML's events are read one by one; composing or loading whole documents crashes on deep input.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, NoReturn, TypeVar

import yaml

from nixauth.authorizations.problems import (
    MAX_BYTES,
    MAX_KEYS,
    START,
    UNPRINTABLE,
    Place,
    Problems,
    Reading,
    Refused,
    UnreadableError,
    fits_one_line,
    looks_like_openpgp,
    name_fault,
    openpgp_fingerprint,
    quoted,
)
from nixauth.authorizations.ssh_keys import SshKey, read_ssh_key
from nixauth.model import Authorizations, Fingerprint, HistoryMode, Person

MAX_DEPTH = 5
"""Lists and mappings inside each other, the whole file's mapping included."""

DEFAULT_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser where it is at hand, else PyYAML's own; both give the same answer."""

_STRAY = re.compile(r"\r(?!\n)")
_DIRECTIVE = re.compile(r"^%", re.MULTILINE)
_BLOCK_STYLES = frozenset("|>")
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*(?:[ \r\n]|\Z)")
_TIGHT_COLON = re.compile(r" *:[^ \r\n]")
_OPENING = frozenset({yaml.MappingStartEvent, yaml.SequenceStartEvent})
_NODES = _OPENING | {yaml.ScalarEvent, yaml.AliasEvent}
_CLOSING = frozenset({yaml.MappingEndEvent, yaml.SequenceEndEvent})

Event = Any  # yaml.Event: the classes of the two parsers' events share no typed base worth naming
T = TypeVar("T")


def read(content: bytes, loader: Any = DEFAULT_LOADER) -> Reading:
    """Read a file. `loader` is one of PyYAML's loader classes. Raises nothing."""
    problems = Problems()
    draft = _FileDraft()
    with suppress(UnreadableError):
        text = _decode(content, problems)
        _document(_Source(text, problems, loader), draft)
    found = problems.in_order()
    authorizations = None if found else draft.finish(content)
    return Reading(authorizations, found, draft.key_places, draft.name_places)


# --- The text ---


def _decode(content: bytes, problems: Problems) -> str:
    if len(content) > MAX_BYTES:
        problems.stop(START, "the file is larger than 1 MiB")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        problems.stop(_place_in(before, len(before)), "this is not UTF-8")
    for pattern, what in ((UNPRINTABLE, None), (_STRAY, None), (_DIRECTIVE, "directives (%)")):
        for match in pattern.finditer(text):
            named = what or f"the character U+{ord(match[0]):04X}"
            problems.add(_place_in(text, match.start()), f"{named} may not stand here")
    if problems:
        raise UnreadableError
    return text


def _place_in(text: str, at: int) -> Place:
    return Place(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


# --- The events ---


class _Source:
    """The events of one file, less everything that no authorizations file needs."""

    def __init__(self, text: str, problems: Problems, loader: Any) -> None:
        self.problems = problems
        self._text = text
        self._next_event: Callable[[], Event] = loader(text).get_event
        self._depth = 0
        self._flow = 0  # the depth at which [ ] or { } began, or 0

    def next(self) -> Event:
        """Give the next event. Raise UnreadableError for what is refused wherever it stands."""
        try:
            event = self._next_event()
        except yaml.YAMLError as error:
            self._syntax(error)
        except (ValueError, OverflowError):  # PyYAML's own parser, for "\\U00110000"
            self.problems.stop(START, "not YAML: an escape names no character")
        kind = type(event)
        if kind in _NODES:
            self._node(event)
        elif kind in _CLOSING:
            self._depth -= 1
            if self._depth < self._flow:
                self._flow = 0
        return event

    def skip(self, event: Event) -> None:
        """Pass over the rest of the node that begins with `event`."""
        outside = self._depth - 1
        if type(event) in _OPENING:
            while self._depth > outside:
                self.next()

    def not_a(self, event: Event, what: str, kind: str) -> None:
        """Note that a node is of the wrong kind, and pass over it."""
        self.problems.add(place_of(event), f"{what} must be a {kind}")
        self.skip(event)

    def scalar(self, event: Event, what: str) -> str | None:
        """Give the text of a scalar. Note a problem and pass over the node if it is none."""
        if type(event) is not yaml.ScalarEvent:
            self.not_a(event, what, "single value")
            return None
        value: str = event.value
        if not fits_one_line(value):
            self.problems.add(
                place_of(event), f"{what} may not hold a control character or a line break"
            )
            return None
        return value

    def pairs(self, start: Event, what: str) -> Iterator[tuple[str, Place, Event]]:
        """Give key, the key's place and the value's first event of each pair of a mapping.

        The caller reads or skips the value before it asks for the next pair.
        """
        if type(start) is not yaml.MappingStartEvent:
            self.not_a(start, what, "mapping")
            return
        seen: dict[str, Place] = {}
        while type(event := self.next()) is not yaml.MappingEndEvent:
            place = place_of(event)
            name = self.scalar(event, f"a name in {what}")
            value = self.next()
            if name is None:
                self.skip(value)
            elif name in seen:
                first = seen[name].line
                self.problems.add(place, f"{quoted(name)} stands twice in {what} (line {first})")
                self.skip(value)
            else:
                seen[name] = place
                yield name, place, value

    def items(self, start: Event, what: str) -> Iterator[Event]:
        """Give the first event of each item of a list; the caller reads or skips it."""
        if type(start) is not yaml.SequenceStartEvent:
            self.not_a(start, what, "list")
            return
        while type(event := self.next()) is not yaml.SequenceEndEvent:
            yield event

    def _node(self, event: Event) -> None:
        if type(event) is yaml.AliasEvent:
            self.problems.stop(place_of(event), "aliases (*) are refused")
        if event.anchor is not None:
            self.problems.stop(place_of(event), "anchors (&) are refused")
        # Older versions of libyaml do not tell of a lone "!", so the text is asked as well.
        at = event.start_mark.index
        if event.tag is not None or self._text.startswith("!", at):
            self.problems.stop(place_of(event), "tags (!) are refused")
        if type(event) is yaml.ScalarEvent:
            if event.style in _BLOCK_STYLES or (self._flow and not event.style):
                self._disputed(event)
            return
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self.problems.stop(place_of(event), f"nested more than {MAX_DEPTH} deep")
        if event.flow_style and not self._flow:
            self._flow = self._depth

    def _disputed(self, event: Event) -> None:
        """Refuse what libyaml takes and PyYAML's own parser does not, or the other way round."""
        if event.style in _BLOCK_STYLES:
            if _BLOCK_HEADER.match(self._text, event.start_mark.index) is None:
                self.problems.stop(place_of(event), "only blanks may follow | or >")
        elif "?" in event.value:
            self.problems.stop(place_of(event), "in [ ] or { } a value with ? must be quoted")
        elif _TIGHT_COLON.match(self._text, event.end_mark.index) is not None:
            self.problems.stop(place_of(event), "a blank must follow the colon")

    def _syntax(self, error: yaml.YAMLError) -> NoReturn:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        place = START if mark is None else Place(mark.line + 1, mark.column + 1)
        said = getattr(error, "problem", None) or "it cannot be read"
        self.problems.stop(place, f"not YAML: {' '.join(str(said).split())[:120]}")


def place_of(event: Event) -> Place:
    """Give the place where an event begins."""
    mark = event.start_mark
    return Place(mark.line + 1, mark.column + 1)


# --- The fields ---


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


@dataclass(frozen=True, slots=True)
class _Field(Generic[T]):
    """One field: what reads its value into a draft, and whether it must be there."""

    read: Callable[[_Source, Event, T], None]
    required: bool = False


def _document(source: _Source, draft: _FileDraft) -> None:
    """Read the one document of a file."""
    source.next()  # the start of the stream
    start = source.next()
    if type(start) is yaml.StreamEndEvent:
        source.problems.stop(START, "the file is empty")
    root = source.next()
    _fields(source, _Section(root, "the file", place_of(root)), _FILE, draft)
    source.next()  # the end of the document
    end = source.next()
    if type(end) is not yaml.StreamEndEvent:
        source.problems.stop(place_of(end), "a second document is refused")


class _Section(NamedTuple):
    """A mapping with fields: its first event, its name in messages, where a lack is told."""

    start: Event
    what: str
    place: Place


def _fields(source: _Source, section: _Section, table: Mapping[str, _Field[T]], draft: T) -> None:
    """Read a mapping with the fields of `table` into `draft`."""
    start, what, place = section
    if type(start) is not yaml.MappingStartEvent:
        source.not_a(start, what, "mapping")
        return
    missing = {name for name, row in table.items() if row.required}
    for name, at, value in source.pairs(start, what):
        row = table.get(name)
        if row is None:
            source.problems.add(at, f"{quoted(name)} is not a field of {what}")
            source.skip(value)
        else:
            missing.discard(name)
            row.read(source, value, draft)
    for name in sorted(missing):
        source.problems.add(place, f"{what} lacks the field {name}")


def _version(source: _Source, value: Event, _draft: _FileDraft) -> None:
    version = source.scalar(value, "version")
    if version is not None and version != "1":
        source.problems.add(place_of(value), f"version {quoted(version)} is not known, only 1 is")


def _history(source: _Source, value: Event, draft: _FileDraft) -> None:
    mode = source.scalar(value, "history")
    if mode is None:
        return
    try:
        draft.history = HistoryMode(mode)
    except ValueError:
        source.problems.add(
            place_of(value), f"history {quoted(mode)} is neither every-commit nor trusted-path"
        )


def _people(source: _Source, value: Event, draft: _FileDraft) -> None:
    listed = 0
    for name, place, entry in source.pairs(value, "people"):
        listed += 1
        fault = name_fault(name)
        if fault is not None:
            source.problems.add(place, fault)
        person = _PersonDraft(name, place)
        draft.people.append(person)
        draft.name_places[name] = place
        _fields(source, _Section(entry, quoted(name), place), _PERSON, (draft, person))
    if not listed and type(value) is yaml.MappingStartEvent:
        source.problems.add(place_of(value), "people is empty: nobody could sign anything")


def _service(source: _Source, value: Event, draft: tuple[_FileDraft, _PersonDraft]) -> None:
    said = source.scalar(value, "service")
    if said is not None and said not in {"true", "false"}:
        source.problems.add(place_of(value), f"service {quoted(said)} is neither true nor false")
    draft[1].service = said == "true"


def _keys(source: _Source, value: Event, draft: tuple[_FileDraft, _PersonDraft]) -> None:
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
    if not listed and type(value) is yaml.SequenceStartEvent:
        source.problems.add(place_of(value), f"{quoted(person.name)} has no key")


def _key(source: _Source, at: Place, text: str, file: _FileDraft, person: _PersonDraft) -> None:
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


_FILE: Mapping[str, _Field[_FileDraft]] = {
    "version": _Field(_version, required=True),
    "history": _Field(_history),
    "people": _Field(_people, required=True),
}

_PERSON: Mapping[str, _Field[tuple[_FileDraft, _PersonDraft]]] = {
    "keys": _Field(_keys, required=True),
    "service": _Field(_service),
}
