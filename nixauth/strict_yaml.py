"""A small, strict part of YAML, in which every value is text, a list or a mapping. Pure.

Three layers, each of which refuses what the next one need not understand: the text (UTF-8 without
surprises), the events (no anchors, aliases, tags, directives; nested at most MAX_DEPTH deep), and
mappings of known fields. A format is a table of `Field`; what the values say is the format's
business, and no type is guessed.

PyYAML's events are read one by one; composing or loading whole documents crashes on deep input.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, NoReturn, TypeVar

import yaml

from nixauth.text_problems import (
    MAX_BYTES,
    START,
    UNPRINTABLE,
    Place,
    Problems,
    UnreadableError,
    fits_one_line,
    quoted,
)

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


# --- The text ---


def decode(content: bytes, problems: Problems) -> str:
    """Read the bytes of a file as text. Raise UnreadableError for what may stand in none."""
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


class Source:
    """The events of one file, less everything that none of our files needs."""

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


def is_mapping(event: Event) -> bool:
    """Whether a mapping begins with the event."""
    return type(event) is yaml.MappingStartEvent


def is_list(event: Event) -> bool:
    """Whether a list begins with the event."""
    return type(event) is yaml.SequenceStartEvent


def place_of(event: Event) -> Place:
    """Give the place where an event begins."""
    mark = event.start_mark
    return Place(mark.line + 1, mark.column + 1)


# --- Mappings of known fields ---


@dataclass(frozen=True, slots=True)
class Field(Generic[T]):
    """One field: what reads its value into a draft, and whether it must be there."""

    read: Callable[[Source, Event, T], None]
    required: bool = False


class Section(NamedTuple):
    """A mapping with fields: its first event, its name in messages, where a lack is told."""

    start: Event
    what: str
    place: Place


def document(source: Source, table: Mapping[str, Field[T]], draft: T) -> None:
    """Read the one document of a file, a mapping with the fields of `table`, into `draft`."""
    source.next()  # the start of the stream
    start = source.next()
    if type(start) is yaml.StreamEndEvent:
        source.problems.stop(START, "the file is empty")
    root = source.next()
    fields(source, Section(root, "the file", place_of(root)), table, draft)
    source.next()  # the end of the document
    end = source.next()
    if type(end) is not yaml.StreamEndEvent:
        source.problems.stop(place_of(end), "a second document is refused")


def fields(source: Source, section: Section, table: Mapping[str, Field[T]], draft: T) -> None:
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
