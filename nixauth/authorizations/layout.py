"""Where everything stands in a file of this project's own format. Pure.

For editing only: what a file means is for `native` to say, and this is asked of files that `native`
took without a problem. So there are no anchors, aliases, tags or deep nesting to look out for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from nixauth.authorizations.native import DEFAULT_LOADER
from nixauth.authorizations.problems import Place

_OPENING = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSING = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
_BLOCK_STYLES = frozenset("|>")


@dataclass(slots=True)
class Node:
    """A value, a list or a mapping; the children of a mapping are key, value, key, value, ….

    `start` and `end` are characters of the text, `end` the one behind the last that is the node's
    own; `flow` says whether it is written in brackets or braces.
    """

    start: int
    end: int
    place: Place
    text: str = ""
    flow: bool = False
    children: list[Node] = field(default_factory=list)

    @property
    def column(self) -> int:
        """The column, counted from 0."""
        return self.place.column - 1

    def pairs(self) -> Iterator[tuple[Node, Node]]:
        """Yield key and value of a mapping."""
        return zip(self.children[::2], self.children[1::2], strict=True)

    def value(self, name: str) -> Node | None:
        """Return the value of a mapping's field."""
        return next((value for key, value in self.pairs() if key.text == name), None)

    def leaves(self) -> Iterator[Node]:
        """Yield what covers text: values, and all that is in brackets or braces as a whole."""
        if self.flow or not self.children:
            yield self
            return
        for child in self.children:
            yield from child.leaves()


def lay_out(text: str, loader: Any = DEFAULT_LOADER) -> Node:
    """Return the file's mapping. `loader` is one of PyYAML's loader classes."""
    parser: Any = loader(text)
    stack: list[Node] = []
    while True:
        event = parser.get_event()
        if isinstance(event, (yaml.ScalarEvent, *_OPENING)):
            node = _node(text, event)
            if stack:
                stack[-1].children.append(node)
            if isinstance(event, _OPENING):
                stack.append(node)
        elif isinstance(event, _CLOSING):
            node = stack.pop()
            closing: Any = event
            node.end = closing.end_mark.index if node.flow else node.children[-1].end
            if not stack:
                return node


def _node(text: str, event: Any) -> Node:
    mark: Any = event.start_mark
    place = Place(mark.line + 1, mark.column + 1)
    start, end = mark.index, event.end_mark.index
    if not isinstance(event, yaml.ScalarEvent):
        return Node(start, end, place, flow=bool(event.flow_style))
    if event.style in _BLOCK_STYLES:  # it ends where the next line with something in it begins
        end = start + len(text[start:end].rstrip(" \r\n"))
    return Node(start, end, place, event.value)
