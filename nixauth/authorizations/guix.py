"""Guix's format, version 0: `(authorizations (version 0) (("fingerprint" (name "x")) ...))`.

Guix reads one Scheme datum and matches it against

    ('authorizations ('version 0) (((? string? fingerprints) _ ...) ...) _ ...)

Here the same is read from bytes with the part of Scheme's notation that such files use: lists,
strings, symbols, integers and comments. Anything else is a problem, so that no file means one
thing here and another there. What Guix ignores (`_ ...`) is ignored, apart from names.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NoReturn, TypeAlias

from nixauth.authorizations.problems import MAX_KEYS, Reading, name_fault, openpgp_fingerprint
from nixauth.model import Authorizations, Fingerprint, HistoryMode, Person, Problem
from nixauth.text_problems import (
    MAX_BYTES,
    START,
    Place,
    Problems,
    Refused,
    UnreadableError,
    quoted,
)

MAX_DEPTH = 100
"""Lists inside each other. Guile knows no limit; files in use have four."""

_TOKEN = re.compile(
    rb"""
    (?: [ \t\r\n\f]++ | ;[^\n]*+ )*+
    (?: (?P<open>  \( )
    |   (?P<close> \) )
    |   (?P<string> " [^"\\]*+ (?: \\. [^"\\]*+ )*+ " )
    |   (?P<atom>  [A-Za-z0-9!$%&*/:<=>?^_~+.@-]++ (?= [ \t\r\n\f()";] | \Z ) )
    |   (?P<block> \#\| )
    |   (?P<drop>  \#; )
    |   (?P<end>   \Z )
    |   (?P<junk> )
    )
    """,
    re.VERBOSE | re.DOTALL,
)
"""Blanks and line comments, then one token; `junk` is whatever else comes."""

_BLOCK_EDGE = re.compile(rb"#\||\|#")
_ESCAPE = re.compile(
    rb"\\(?:([\\\"|(0fnrtavb\n])|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6})|.)",
    re.DOTALL,
)
_ESCAPED = {
    letter: meaning.encode()
    for letter, meaning in zip(
        (b"0", b"a", b"b", b"f", b"n", b"r", b"t", b"v", b"\n", b"\\", b'"', b"|", b"("),
        ("\0", "\a", "\b", "\f", "\n", "\r", "\t", "\v", "", "\\", '"', "|", "("),
        strict=True,
    )
}
_ZERO = re.compile(rb"[+-]?0+")
_BLANKS = str.maketrans("\t\n\v\f\r", "     ")


@dataclass(slots=True)
class _List:
    """A list that begins at the offset `at`; `dropping` data comments wait for their datum."""

    at: int
    items: list[_Datum] = field(default_factory=list)
    dropping: int = 0


@dataclass(slots=True)
class _String:
    """A string; `text` is UTF-8 where the file is."""

    at: int
    text: bytes


@dataclass(slots=True)
class _Atom:
    """A symbol or a number."""

    at: int
    text: bytes


_Datum: TypeAlias = _List | _String | _Atom


def read(content: bytes) -> Reading:
    """Read a file. Raises nothing."""
    problems = Problems()
    places = _Places(content)
    if len(content) > MAX_BYTES:
        return Reading(None, (Problem(*START, "the file is larger than 1 MiB"),))
    draft = _Draft(problems, places)
    with suppress(UnreadableError):
        _interpret(_Reader(content, problems, places).datum(), draft)
    found = problems.in_order()
    authorizations = None if found else draft.finish(content)
    return Reading(authorizations, found, draft.keys, draft.people, tuple(draft.remarks))


class _Places:
    """Turns offsets into places. Asked in rising order, all answers together take linear time."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0
        self._place = START

    def of(self, at: int) -> Place:
        if at < self._at:
            self._at, self._place = 0, START
        passed = self._content[self._at : at]
        lines = passed.count(b"\n")
        tail = len(passed[passed.rfind(b"\n") + 1 :].decode("utf-8", "replace"))
        line, column = self._place
        self._place = Place(line + lines, 1 + tail) if lines else Place(line, column + tail)
        self._at = at
        return self._place


# --- Notation ---


class _Reader:
    """Reads the one datum of a file, without recursion."""

    def __init__(self, content: bytes, problems: Problems, places: _Places) -> None:
        self._content = content
        self._problems = problems
        self._places = places
        self._file = _List(0)
        self._open = [self._file]

    def datum(self) -> _Datum:
        """Give the first datum. Raise UnreadableError when it is not the only one."""
        at = 0
        while at < len(self._content):
            at = self._token(at)
        self._no_dropping(self._open[-1], at)
        if len(self._open) > 1:
            self._stop(self._open[-1].at, "this list is not closed")
        if not self._file.items:
            self._stop(0, "the file is empty")
        return self._file.items[0]

    def _token(self, after: int) -> int:
        """Read the next token; give where it ends."""
        found = _TOKEN.match(self._content, after)
        assert found is not None  # noqa: S101 - "junk" matches everywhere
        kind, at = found.lastgroup, found.start(found.lastindex or 0)
        match kind:
            case "open":
                if len(self._open) > MAX_DEPTH:
                    self._stop(at, f"lists are nested more than {MAX_DEPTH} deep")
                self._open.append(_List(at))
            case "close":
                self._close(at)
            case "string":
                self._add(_String(at, self._string(at, self._content[at + 1 : found.end() - 1])))
            case "atom":
                self._atom(at, self._content[at : found.end()])
            case "block":
                return self._block_end(at)
            case "drop":
                self._open[-1].dropping += 1
            case "junk":
                self._stop(at, _unknown(self._content[at : at + 1]))
        return found.end()

    def _atom(self, at: int, text: bytes) -> None:
        if text == b".":
            self._stop(at, "dotted pairs are not read")
        self._add(_Atom(at, text))

    def _add(self, datum: _Datum) -> None:
        around = self._open[-1]
        if around.dropping:
            around.dropping -= 1
        elif around is self._file and around.items:
            self._stop(datum.at, "something follows the list of authorizations")
        else:
            around.items.append(datum)

    def _close(self, at: int) -> None:
        if len(self._open) == 1:
            self._stop(at, "a parenthesis is closed that was not opened")
        closed = self._open.pop()
        self._no_dropping(closed, at)
        self._add(closed)

    def _no_dropping(self, inside: _List, at: int) -> None:
        if inside.dropping:
            self._stop(at, "#; has nothing to leave out")

    def _block_end(self, at: int) -> int:
        """Give the end of the block comment at `at`; such comments nest."""
        depth = 0
        for edge in _BLOCK_EDGE.finditer(self._content, at):
            depth += 1 if edge[0] == b"#|" else -1
            if not depth:
                return edge.end()
        return self._stop(at, "this comment is not closed")

    def _string(self, at: int, raw: bytes) -> bytes:
        """Resolve the escapes that Guile knows without options."""

        def resolve(escape: re.Match[bytes]) -> bytes:
            if escape[1] is not None:
                return _ESCAPED[escape[1]]
            digits = escape[2] or escape[3] or escape[4] or b""
            try:
                return chr(int(digits, 16)).encode()
            except ValueError:  # no digits, a surrogate, or out of Unicode's range
                self._stop(at + 1 + escape.start(), "Scheme has no such escape in a string")

        return _ESCAPE.sub(resolve, raw) if b"\\" in raw else raw

    def _stop(self, at: int, message: str) -> NoReturn:
        self._problems.stop(self._places.of(at), message)


def _unknown(byte: bytes) -> str:
    if byte == b'"':
        return "this string is not closed"
    shown = quoted(byte.decode("ascii")) if byte.isascii() else f"the byte 0x{byte.hex()}"
    return f"{shown} begins nothing that is read here"


# --- Meaning ---


@dataclass(slots=True)
class _Draft:
    problems: Problems
    places: _Places
    keys: dict[Fingerprint, Place] = field(default_factory=dict)
    people: dict[str, Place] = field(default_factory=dict)
    holdings: dict[str, list[Fingerprint]] = field(default_factory=dict)
    remarks: list[Problem] = field(default_factory=list)

    def finish(self, content: bytes) -> Authorizations:
        people = tuple(Person(name, tuple(keys)) for name, keys in self.holdings.items())
        return Authorizations(content, HistoryMode.EVERY_COMMIT, people)

    def problem(self, datum: _Datum, message: str) -> None:
        self.problems.add(self.places.of(datum.at), message)

    def remark(self, place: Place, message: str) -> None:
        self.remarks.append(Problem(*place, message))


def _interpret(datum: _Datum, draft: _Draft) -> None:
    """Match the datum against Guix's pattern."""
    if not isinstance(datum, _List) or not _is_symbol(datum.items[:1], b"authorizations"):
        draft.problem(datum, "this is no list that begins with authorizations")
        return
    if len(datum.items) < 3:
        draft.problem(datum, "authorizations needs a version and a list of keys")
        return
    _version(datum.items[1], draft)
    entries = datum.items[2]
    if not isinstance(entries, _List):
        draft.problem(entries, "the list of keys is no list")
    elif not entries.items:
        draft.problem(entries, "the list of keys is empty: nobody could sign anything")
    else:
        _entries(entries, draft)


def _version(datum: _Datum, draft: _Draft) -> None:
    match datum:
        case _List(items=[_Atom(text=b"version"), _Atom(text=number)]) if _ZERO.fullmatch(number):
            pass
        case _List(items=[_Atom(text=b"version"), *_]):
            draft.problem(datum, "only version 0 is known")
        case _:
            draft.problem(datum, "(version 0) is needed here")


def _entries(entries: _List, draft: _Draft) -> None:
    for count, entry in enumerate(entries.items, 1):
        if count > MAX_KEYS:
            draft.problems.stop(draft.places.of(entry.at), f"more than {MAX_KEYS} keys")
        match entry:
            case _List(items=[_String() as fingerprint, *rest]):
                _entry(fingerprint, rest, draft)
            case _:
                draft.problem(entry, "a key must be a list that begins with a fingerprint string")


def _entry(written: _String, rest: list[_Datum], draft: _Draft) -> None:
    """Read one key. Guix drops blanks from the string; a key that comes again counts once."""
    text = written.text.decode("utf-8", "replace").translate(_BLANKS)
    fingerprint = openpgp_fingerprint(text)
    if isinstance(fingerprint, Refused):
        draft.problem(written, fingerprint.message)
        return
    place = draft.places.of(written.at)
    name = _name(rest, fingerprint, place, draft)
    if fingerprint in draft.keys:
        draft.remark(place, f"this key is listed already, in line {draft.keys[fingerprint].line}")
        return
    draft.keys[fingerprint] = place
    draft.people.setdefault(name, place)
    draft.holdings.setdefault(name, []).append(fingerprint)


def _name(rest: list[_Datum], fingerprint: Fingerprint, place: Place, draft: _Draft) -> str:
    """Give the name of an entry, else its fingerprint.

    Guix never looks at names, so that a name which cannot be shown must not refuse the file.
    """
    for datum in rest:
        match datum:
            case _List(items=[_Atom(text=b"name"), _String(text=text)]):
                name = text.decode("utf-8", "replace")
                fault = name_fault(name)
                if fault is None:
                    return name
                draft.remark(place, f"{fault}: the fingerprint stands for it")
                return fingerprint
    return fingerprint


def _is_symbol(data: list[_Datum], name: bytes) -> bool:
    return len(data) == 1 and isinstance(data[0], _Atom) and data[0].text == name
