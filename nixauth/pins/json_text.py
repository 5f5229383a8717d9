"""Changes to a JSON document that leave all else as it is, byte for byte.

The standard library reads the strings, numbers and words, and says where they end; only objects
and arrays are walked here, for the places of what is in them. After a change the document is read
again and compared with what was meant: what this module does not foresee ends in a refusal.

Every function raises RefusedPinsError, and nothing else, for any bytes whatever.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from nixauth.pins.problems import Fault, Path, refused

LONGEST = 2 << 20
"""The most bytes of a document; the largest lock files known have some hundred thousand."""
DEEPEST = 32
"""The most values within values; a lock file has six."""

_SPACE = frozenset(" \t\n\r")
_SURROGATE = re.compile("[\ud800-\udfff]")
_INTEGERS = range(-(1 << 63), 1 << 64)
"""What Nix and npins keep exactly."""

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class Removed(Enum):
    """Takes the place of a value in `edit`."""

    KEY = "removed"


REMOVED = Removed.KEY

Edit: TypeAlias = str | int | Removed


class Spot(NamedTuple):
    """A value, and the characters that it stands on: from `start`, before `end`.

    `below` are the values in it, in their order, by key or index; `keys` are the places where the
    keys of an object begin, and where they end.
    """

    start: int
    end: int
    value: Json
    below: Mapping[str | int, Spot] = MappingProxyType({})
    keys: Mapping[str, tuple[int, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Document:
    """A document: its text, and the places of all values."""

    text: str
    root: Spot

    def find(self, path: Path) -> Spot | None:
        """Return what stands at a place, None for nothing."""
        spot: Spot | None = self.root
        for part in path:
            spot = spot.below.get(part) if spot is not None else None
        return spot


def read(content: bytes) -> Document:
    """Read a document: UTF-8 without a mark, no key twice, nothing behind it."""
    if len(content) > LONGEST:
        raise refused(Fault.SIZE, (), f"more than {LONGEST} bytes")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise refused(Fault.ENCODING, (), f"byte {error.start} is not UTF-8") from error
    return _parse(text)


def edit(content: bytes, edits: Mapping[Path, Edit]) -> bytes:
    """Replace, add and remove values; whatever else is in the file stays, byte for byte.

    Each path leads to a string or an integer that takes the place of a value that is neither an
    object nor an array, or of nothing: then the key is added to its object as the neighbours are
    written, in the order of the keys where they are sorted, else as the last. REMOVED takes away a
    key with its value. A value that is what it was meant to become stays as it is written.
    """
    document = read(content)
    meant = document.root.value
    for path, value in edits.items():
        if not path:
            raise refused(Fault.NOT_SCALAR, path, "the whole document cannot be replaced")
        _check_value(path, value)
        text = _applied(document, path, value)
        document = document if text == document.text else _parse(text)
        meant = _with(meant, path, value)
    made = document.text.encode("utf-8")
    if _canonical(read(made).root.value) != _canonical(meant):
        raise refused(Fault.UNINTENDED, (), "the change would alter more than it should")
    return made


# --- Reading ---


def _word(text: str) -> Json:
    raise ValueError(text)  # NaN, Infinity and -Infinity, which the library would take


def _integer(text: str) -> int:
    number = int(text) if len(text) <= 20 else None
    if number is None or number not in _INTEGERS:
        raise ValueError(text)
    return number


def _float(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise ValueError(text)
    return number


_SCALARS = json.JSONDecoder(parse_constant=_word, parse_int=_integer, parse_float=_float)


def _parse(text: str) -> Document:
    root = _value(text, _skip(text, 0), (), 0)
    end = _skip(text, root.end)
    if end != len(text):
        raise _syntax(text, end, "something behind the document")
    return Document(text, root)


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] in _SPACE:
        at += 1
    return at


def _value(text: str, at: int, path: Path, depth: int) -> Spot:
    first = text[at : at + 1]
    if first not in {"{", "["}:
        return _scalar(text, at, path)
    if depth == DEEPEST:
        raise refused(Fault.DEPTH, path, f"more than {DEEPEST} values within values")
    return _container(text, at, path, depth + 1)


def _scalar(text: str, at: int, path: Path) -> Spot:
    try:
        value, end = _SCALARS.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise _syntax(text, error.pos, error.msg) from error
    except ValueError as error:
        raise refused(Fault.NUMBER, path, "a number that is not read") from error
    if isinstance(value, str) and _SURROGATE.search(value):
        raise refused(Fault.ENCODING, path, "half a surrogate pair")
    return Spot(at, end, value)


def _container(text: str, start: int, path: Path, depth: int) -> Spot:
    """Read an object or an array; `at` is always at the next character that says something."""
    is_object = text[start] == "{"
    closing = "}" if is_object else "]"
    below: dict[str | int, Spot] = {}
    keys: dict[str, tuple[int, int]] = {}
    at = _skip(text, start + 1)
    if text[at : at + 1] == closing:
        return Spot(start, at + 1, {} if is_object else [])
    while True:
        name: str | int = len(below)
        if is_object:
            name, at = _key(text, at, path, keys)
        spot = _value(text, at, (*path, name), depth)
        below[name] = spot
        at = _skip(text, spot.end)
        if text[at : at + 1] == closing:
            break
        if text[at : at + 1] != ",":
            raise _syntax(text, at, f"neither a comma nor {closing}")
        at = _skip(text, at + 1)
    values = [spot.value for spot in below.values()]
    value: Json = dict(zip(keys, values, strict=True)) if is_object else values
    return Spot(start, at + 1, value, below, keys)


def _key(text: str, at: int, path: Path, keys: dict[str, tuple[int, int]]) -> tuple[str, int]:
    """Read a key and its colon; return it, and where its value begins."""
    if text[at : at + 1] != '"':
        raise _syntax(text, at, "no key in double quotes")
    spot = _scalar(text, at, path)
    name = spot.value
    assert isinstance(name, str)  # noqa: S101 - it begins with a quote
    if name in keys:
        raise refused(Fault.DUPLICATE, (*path, name), "this key stands here twice")
    keys[name] = (at, spot.end)
    at = _skip(text, spot.end)
    if text[at : at + 1] != ":":
        raise _syntax(text, at, "no colon behind a key")
    return name, _skip(text, at + 1)


def _syntax(text: str, at: int, message: str) -> Exception:
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    return refused(Fault.SYNTAX, (), f"line {line}, column {column}: {message}")


# --- Changing ---


def _check_value(path: Path, value: Edit) -> None:
    if isinstance(value, str) and _SURROGATE.search(value):
        raise refused(Fault.ENCODING, path, "half a surrogate pair")
    if isinstance(value, bool) or (isinstance(value, int) and value not in _INTEGERS):
        raise refused(Fault.NUMBER, path, "not an integer that is written")


def _applied(document: Document, path: Path, value: Edit) -> str:
    above, name = document.find(path[:-1]), path[-1]
    if above is None or name not in above.below:
        return _added(document, above, path, value)
    if value is REMOVED:
        return _removed(document.text, above, path)
    spot = above.below[name]
    if isinstance(spot.value, dict | list):
        raise refused(Fault.NOT_SCALAR, path, "an object or an array is not replaced")
    if _canonical(spot.value) == _canonical(value):
        return document.text
    return document.text[: spot.start] + _written(value) + document.text[spot.end :]


def _added(document: Document, above: Spot | None, path: Path, value: Edit) -> str:
    name = path[-1]
    if above is None or value is REMOVED or not isinstance(name, str):
        raise refused(Fault.MISSING, path, "there is nothing here")
    if not isinstance(above.value, dict):
        raise refused(Fault.NOT_SCALAR, path, "this is not in an object")
    if not above.keys:
        raise refused(Fault.STYLE, path, "an empty object shows no way to write a key")
    text, names = document.text, list(above.keys)
    follows = next((key for key in names if key > name), None) if names == sorted(names) else None
    # The white space in front of a key as the last one has it, the one behind its colon, too.
    start, end = above.keys[names[-1]]
    lead = text[len(text[:start].rstrip(" \t\r\n")) : start]
    made = f"{_written(name)}{text[end : above.below[names[-1]].start]}{_written(value)}"
    if follows is None or follows != names[0]:
        last = names[-1] if follows is None else names[names.index(follows) - 1]
        at = above.below[last].end
        return f"{text[:at]},{lead}{made}{text[at:]}"
    at = above.keys[follows][0]
    return f"{text[:at]}{made},{lead}{text[at:]}"


def _removed(text: str, above: Spot, path: Path) -> str:
    name, names = path[-1], list(above.keys)
    if not isinstance(name, str):
        raise refused(Fault.NOT_SCALAR, path, "nothing is taken out of an array")
    if len(names) == 1:
        raise refused(Fault.STYLE, path, "an object is not left empty")
    if name == names[-1]:
        return text[: above.below[names[-2]].end] + text[above.below[name].end :]
    behind = above.keys[names[names.index(name) + 1]][0]
    return text[: above.keys[name][0]] + text[behind:]


def _written(value: Edit) -> str:
    """Write a value as Nix and npins do: characters outside of ASCII stand for themselves."""
    return json.dumps(value, ensure_ascii=False)


def _with(value: Json, path: Path, new: Edit) -> Json:
    """Return a value with one below it replaced, added or removed."""
    if not path:
        assert not isinstance(new, Removed)  # noqa: S101 - what is removed ends above
        return new
    name = path[0]
    if isinstance(value, list) and isinstance(name, int):
        return [_with(one, path[1:], new) if at == name else one for at, one in enumerate(value)]
    assert isinstance(value, dict)  # noqa: S101 - what is in nothing was refused above
    assert isinstance(name, str)  # noqa: S101
    kept = {key: one for key, one in value.items() if key != name}
    if len(path) == 1 and new is REMOVED:
        return kept
    return {**kept, name: _with(value.get(name), path[1:], new)}


def _canonical(value: Json | Edit) -> str:
    """Return a text that is the same for the same values of the same types only."""
    return json.dumps(value, sort_keys=True, default=repr)
