"""JSON texts in pieces: lists of a million entries are never there as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Many:
    """Stands for a list in a document; its entries are taken when they are written.

    `compact` puts each entry on a line of its own.
    """

    entries: Iterable[Any]
    compact: bool = False


def pieces(value: object, margin: str = "\n") -> Iterator[str]:
    """Yield what `json.dumps` returns with an indent of 2, and ASCII only.

    `Many` may stand wherever only mappings are around it. Entries are taken in the order in which
    the document has them, so what comes behind a `Many` may depend on what it held: a value that
    is callable is asked for then.
    """
    if callable(value):
        value = value()
    if isinstance(value, Mapping) and value:
        opening = "{"
        for name, below in value.items():
            yield f"{opening}{margin}  {json.dumps(name)}: "
            yield from pieces(below, f"{margin}  ")
            opening = ","
        yield f"{margin}}}"
    elif isinstance(value, Many):
        yield from _many(value, margin)
    else:
        yield written(value, margin)


def _many(many: Many, margin: str) -> Iterator[str]:
    inner = f"{margin}  "
    entries = iter(many.entries)
    opening = "["
    while some := list(islice(entries, _AT_ONCE)):
        texts = map(json.dumps, some) if many.compact else (written(one, inner) for one in some)
        yield f"{opening}{inner}" + f",{inner}".join(texts)
        opening = ","
    yield "[]" if opening == "[" else f"{margin}]"


def written(value: object, margin: str = "\n") -> str:
    """Return the text at once, without the garbage that an indented encoder leaves behind."""
    inner = f"{margin}  "
    if isinstance(value, Mapping) and value:
        lines = (f"{json.dumps(name)}: {written(one, inner)}" for name, one in value.items())
        return f"{{{inner}{f',{inner}'.join(lines)}{margin}}}"
    if isinstance(value, list | tuple) and value:
        return f"[{inner}{f',{inner}'.join(written(one, inner) for one in value)}{margin}]"
    return json.dumps(value)
