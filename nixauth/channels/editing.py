"""Channels put into channels.yaml and taken out, with all else as it is, byte for byte.

Pure: bytes in, bytes out, or a Problem with its place. Lines are put in and taken out by the places
of the YAML events; then the result is read again and compared with what was meant. So whatever this
module does not foresee ends in a refusal, never in a file that says other things.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nixauth.channels import config, rules
from nixauth.channels.values import Channel
from nixauth.display import spaced
from nixauth.model import Problem
from nixauth.text_problems import START, quoted
from nixauth.yaml_layout import Lines, Node, lay_out, says_nothing, scalar

BY_HAND = "edit the file by hand"

_HEAD = ("version: 1", "channels:")
_PLAIN_URL = re.compile(r"(?:https?|ssh|git|file)://[A-Za-z0-9+/=@._~%-]+")
_COLON = re.compile(r" *:(?= |\r|\n|\Z)")
_NOTHING_YET = re.compile(r" *\{\}")


def add(content: bytes, channel: Channel, *, replace: bool = False) -> bytes | Problem:
    """Add a channel behind the last one, or have it stand where the one of its name does.

    A file without anything but comments, or nothing at all, becomes one with this channel. A
    channel that is there already is a Problem unless `replace` says otherwise.
    """
    if all(says_nothing(line) for line in _decoded(content).splitlines()):
        return _as_meant(_begun(_decoded(content), channel), {channel.name: channel})
    file = _File.of(content)
    if isinstance(file, Problem):
        return file
    there = file.entry(channel.name)
    if there is not None and not replace:
        return Problem(*there[0].place, f"there is a channel {quoted(channel.name)} already")
    made = file.put_in(channel) if there is None else file.exchange(there, channel)
    return _as_meant(made, {**file.means, channel.name: channel})


def remove(content: bytes, name: str) -> bytes | Problem:
    """Take a channel out. What stands on its lines goes, comments too; lines of comment stay."""
    file = _File.of(content)
    if isinstance(file, Problem):
        return file
    there = file.entry(name)
    if there is None:
        return Problem(*START, f"there is no channel {quoted(name)}")
    meant = {one: channel for one, channel in file.means.items() if one != name}
    return _as_meant(file.take_out(there), meant)


def _decoded(content: bytes) -> str:
    """Return the text; one that is none is for the reader to refuse, and so says something."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return "?"


def _begun(text: str, channel: Channel) -> str:
    """Return a first document below the comments that are there."""
    end = "\r\n" if "\r\n" in text else "\n"
    above = text if not text or text.endswith("\n") else text + end
    lines = [*_HEAD, *_entry(channel, outer=2, inner=4)]
    return above + "".join(f"{line}{end}" for line in lines)


def _as_meant(made: str | Problem, meant: Mapping[str, Channel]) -> bytes | Problem:
    """Read what was made; it has to mean what was meant, and nothing else."""
    if isinstance(made, Problem):
        return made
    content = made.encode("utf-8")
    reading = config.read(content)
    if reading.channels is None:
        first = reading.problems[0]
        return Problem(
            first.line,
            first.column,
            f"the change would break the file here ({first.message}): {BY_HAND}",
        )
    if reading.channels != meant:
        return Problem(*START, f"the change would alter more than it should: {BY_HAND}")
    return content


# --- The file as it is ---


@dataclass(frozen=True, slots=True)
class _File:
    """A well-formed file: what it means, its text in lines, where the channels stand."""

    means: Mapping[str, Channel]
    lines: Lines
    key: Node
    channels: Node

    @classmethod
    def of(cls, content: bytes) -> _File | Problem:
        reading = config.read(content)
        if reading.channels is None:
            return reading.problems[0]
        text = content.decode("utf-8")
        pairs = lay_out(text).pairs()
        key, channels = next(pair for pair in pairs if pair[0].text == "channels")
        return cls(reading.channels, Lines.of(text), key, channels)

    def entry(self, name: str) -> tuple[Node, Node] | None:
        """Return the name and what stands below it."""
        return next((pair for pair in self.channels.pairs() if pair[0].text == name), None)

    def put_in(self, channel: Channel) -> str | Problem:
        """Write lines behind the last channel, set in as that one's are."""
        if not self.channels.children:
            return self._put_in_first(channel)
        if self.channels.flow:
            return self._braces()
        above, body = list(self.channels.pairs())[-1]
        last = self.lines.lines_of(body)[-1]
        return self.lines.with_lines(last, _entry(channel, above.column, _inner(above, body)))

    def _put_in_first(self, channel: Channel) -> str | Problem:
        """Write lines in the place of `{}`."""
        text, key, braces = self.lines.text, self.key, self.channels
        colon = _COLON.match(text, key.end)
        if colon is None or not _NOTHING_YET.fullmatch(text, colon.end(), braces.end):
            return self._braces()
        without = Lines.of(text[: colon.end()] + text[braces.end :])
        entry = _entry(channel, key.column + 2, key.column + 4)
        return without.with_lines(without.line_of(key.start), entry)

    def exchange(self, there: tuple[Node, Node], channel: Channel) -> str | Problem:
        """Write lines in the place of a channel's own."""
        if self.channels.flow:
            return self._braces()
        name, body = there
        gone = self.lines.own_lines(name, body)
        entry = _entry(channel, name.column, _inner(name, body))
        made = self.lines.with_lines(max(gone), entry)
        return Lines.of(made).without_lines(gone)

    def take_out(self, there: tuple[Node, Node]) -> str | Problem:
        """Take out a channel's lines, and write `{}` where there is none left."""
        if self.channels.flow:
            return self._braces()
        made = self.lines.without_lines(self.lines.own_lines(*there))
        if len(self.means) > 1:
            return made
        # All that goes stands behind the key, unless the file is one that is not foreseen here.
        colon = _COLON.match(made, self.key.end)
        if colon is None:
            return Problem(*self.key.place, f"the last channel cannot be taken out: {BY_HAND}")
        return f"{made[: colon.end()]} {{}}{made[colon.end() :]}"

    def _braces(self) -> Problem:
        return Problem(
            *self.channels.place,
            f"channels stands in braces {{ }}, which are not edited: {BY_HAND}",
        )


def _inner(name: Node, body: Node) -> int:
    """Return how far a channel's fields are set in."""
    return name.column + 2 if body.flow else body.column


# --- A channel as it is written ---


def _entry(channel: Channel, outer: int, inner: int) -> Sequence[str]:
    """Return a channel's lines, its name and its fields set in so far."""
    return [
        f"{' ' * outer}{scalar(channel.name)}:",
        *(" " * inner + one for one in _fields(channel)),
    ]


def _fields(channel: Channel) -> Iterator[str]:
    yield f"url: {_url(channel.url)}"
    yield f"branch: {scalar(channel.branch)}"
    yield f"introduction: {channel.introduction.commit.hex()}"
    yield f"signer: {scalar(spaced(channel.introduction.signer))}"
    if channel.keyring:
        yield "keyring:"
        yield from (f"  - {scalar(ref)}" for ref in channel.keyring)
    if channel.authorizations_path is not None:
        yield f"authorizations-file: {scalar(channel.authorizations_path)}"
    if channel.historical is not None:
        yield f"historical-authorizations: {scalar(str(channel.historical))}"
    if channel.historical_sha1:
        yield "historical-sha1: true"
    if channel.require_every_commit:
        yield "require: every-commit"
    if channel.max_age is not None:
        yield f"max-age: {rules.written_age(channel.max_age)}"
    if channel.newest_authentic:
        yield "newest-authentic: true"
    if channel.revision_url is not None:
        yield f"revision-url: {_url(channel.revision_url)}"


def _url(url: str) -> str:
    """Write a URL without quotes where it is one that YAML takes for nothing else."""
    return url if _PLAIN_URL.fullmatch(url) else scalar(url)
