"""Where everything stands in a file of strict YAML, and lines put in and taken out. Pure.

For editing only: what a file means is for its reader to say, and this is asked of files that
`strict_yaml` took without a problem. So there are no anchors, aliases, tags or deep nesting to look
out for. Whoever edits has the result read again: nothing here knows what a line means.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Self

import yaml

from nixauth.strict_yaml import DEFAULT_LOADER
from nixauth.text_problems import Place

_OPENING = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSING = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
_BLOCK_STYLES = frozenset("|>")
_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")
_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 +/=@._-]*[A-Za-z0-9+/=@._-])?")
"""What means itself in every style of YAML; all else is quoted."""
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})
"""Text to nixauth, and something else to other readers of YAML."""


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


@dataclass(frozen=True, slots=True)
class Lines:
    """A text and its lines, with their ends."""

    text: str
    lines: list[str]
    starts: list[int]

    @classmethod
    def of(cls, text: str) -> Self:
        """Cut a text that is not empty into lines."""
        lines = _LINE.findall(text)
        return cls(text, lines, list(accumulate(map(len, lines[:-1]), initial=0)))

    def line_of(self, at: int) -> int:
        """Return the line of a character, counted from 0."""
        return bisect_right(self.starts, at) - 1

    def lines_of(self, node: Node) -> range:
        """Return the lines that a node stands on."""
        return range(self.line_of(node.start), self.line_of(node.end - 1) + 1)

    def own_lines(self, key: Node, value: Node) -> set[int]:
        """Return the lines of a pair; those between that are empty or a comment are not its own."""
        covered = {line for leaf in (key, *value.leaves()) for line in self.lines_of(leaf)}
        return {
            line
            for line in range(min(covered), max(covered) + 1)
            if line in covered or not says_nothing(self.lines[line])
        }

    def before(self, node: Node) -> str:
        """Return what stands on the same line in front of a node."""
        return self.text[self.text.rfind("\n", 0, node.start) + 1 : node.start]

    def line_end(self, line: int) -> str:
        """Return how a line ends, or how one would that is the last and has no end."""
        for text in (self.lines[line], self.lines[line - 1]):
            if text.endswith("\n"):
                return "\r\n" if text.endswith("\r\n") else "\n"
        return "\n"

    def with_lines(self, behind: int, lines: Sequence[str]) -> str:
        """Return the text with lines, given without their ends, put below a line."""
        end = self.line_end(behind)
        above = self.lines[behind].rstrip("\r\n")
        rest = self.lines[behind][len(above) :]
        made = above + "".join(f"{end}{one}" for one in lines) + rest
        return "".join([*self.lines[:behind], made, *self.lines[behind + 1 :]])

    def without_lines(self, gone: Collection[int]) -> str:
        """Return the text without some of its lines; one is left at least."""
        kept = [line for number, line in enumerate(self.lines) if number not in gone]
        last = len(self.lines) - 1
        if last in gone and not self.lines[last].endswith("\n") and kept[-1].strip():
            kept[-1] = kept[-1].rstrip("\r\n")  # the file ends as it did
        return "".join(kept)


def says_nothing(line: str) -> bool:
    """Whether a line, which is in no value, is empty or a comment."""
    text = line.strip(" \r\n")
    return not text or text.startswith("#")


def scalar(text: str) -> str:
    """Write a text of one line so that every reader of YAML takes it for this very text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    doubled = text.replace("'", "''")
    return f"'{doubled}'"
