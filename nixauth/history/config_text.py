"""The text of a git configuration file (git-config(1), "Syntax"): read, and edited in place. Pure.

libgit2 reads such a file only together with what it includes, which can lie in the work tree, and
does not say which came from where; and its edits repeat comments. So the file alone is read here,
and whatever is not to be changed stays as it is, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_BOM = b"\xef\xbb\xbf"
_HEADER = re.compile(rb'\[([A-Za-z0-9.-]+)(?:[ \t]+"((?:[^"\\\n\0]|\\[^\n\0])*)")?\]')
_NAME = re.compile(rb"([A-Za-z][A-Za-z0-9-]*)[ \t]*(?:(=)|(?=\r?\n|\Z))")
_BLANK = re.compile(rb"(?:[ \t\r\n]|[#;][^\n]*)*")
_REST = re.compile(rb"[^\n]*")
_SPACE = re.compile(rb"[ \t\r]+")
_PLAIN = re.compile(rb'[^ \t\r\n"\\#;\0]+')
_QUOTED = re.compile(rb'[^\n"\\\0]+')
_ESCAPES = {b"t": b"\t", b"b": b"\b", b"n": b"\n", b"\\": b"\\", b'"': b'"'}
_WRITTEN = {value: b"\\" + name for name, value in _ESCAPES.items()}


@dataclass(frozen=True, slots=True)
class Entry:
    """A setting, or with an empty key a section's header; `start` and `end` say where it stands.

    `section` and `key` are in lower case; `value` is None where there is no `=`.
    """

    section: bytes
    subsection: bytes | None
    key: bytes
    value: bytes | None
    start: int
    end: int

    @property
    def setting(self) -> tuple[bytes, bytes | None, bytes, bytes | None]:
        """The entry without its place."""
        return self.section, self.subsection, self.key, self.value


class MalformedTextError(ValueError):
    """The text is no configuration; the message says in which line."""


def entries(text: bytes) -> list[Entry]:
    """Return headers and settings in their order; raises MalformedTextError."""
    found: list[Entry] = []
    at = len(_BOM) if text.startswith(_BOM) else 0
    section, subsection = b"", None
    while (at := _after(_BLANK, text, at)) < len(text):
        header = _HEADER.match(text, at)
        if header is not None:
            section, subsection = _named(header)
            found.append(Entry(section, subsection, b"", None, at, header.end()))
            at = header.end()
            continue
        name = _NAME.match(text, at)
        if name is None:
            raise _malformed(text, at)
        value, end = _value(text, name.end()) if name[2] else (None, name.end())
        found.append(Entry(section, subsection, name[1].lower(), value, at, end))
        at = end
    return found


def _after(pattern: re.Pattern[bytes], text: bytes, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found is not None else at


def _named(header: re.Match[bytes]) -> tuple[bytes, bytes | None]:
    """Return section and subsection; `[a.b]` is an old way to write `[a "b"]`, in lower case."""
    section, dot, rest = header[1].lower().partition(b".")
    if header[2] is None:
        return section, rest if dot else None
    name = re.sub(rb"\\(.)", rb"\1", header[2])
    return section, rest + b"." + name if dot else name


def _value(text: bytes, at: int) -> tuple[bytes, int]:
    """Read a value up to the end of its line; comments and blanks around it do not belong to it."""
    made, pending, quoted = b"", b"", False
    while at < len(text) and text[at] != 0x0A:
        run = (_QUOTED if quoted else _PLAIN).match(text, at)
        if run is not None:
            made, pending, at = made + pending + run[0], b"", run.end()
        elif text[at] == 0x22:
            made, pending, at, quoted = made + pending, b"", at + 1, not quoted
        elif text[at] == 0x5C:
            escaped, at = _escaped(text, at)
            made, pending = made + pending + escaped, b""
        elif text[at] in b"#;":
            at = _after(_REST, text, at)
        else:
            space = _SPACE.match(text, at)
            if space is None:
                raise _malformed(text, at)
            pending, at = pending + space[0] if made else b"", space.end()
    if quoted:
        raise _malformed(text, at)
    return made, at


def _escaped(text: bytes, at: int) -> tuple[bytes, int]:
    follows = text[at + 1 : at + 2]
    if follows in _ESCAPES:
        return _ESCAPES[follows], at + 2
    end = re.compile(rb"\\\r?\n|\\\Z").match(text, at)
    if end is None:
        raise _malformed(text, at)
    return b"", end.end()


def _malformed(text: bytes, at: int) -> MalformedTextError:
    line = text.count(b"\n", 0, at) + 1
    return MalformedTextError(f"line {line} is no setting")


# --- editing ---


def replaced(
    text: bytes,
    section: bytes,
    subsection: bytes | None,
    settings: Sequence[tuple[bytes, bytes]],
) -> bytes:
    """Return the text with these settings instead of those that the subsection has.

    Other lines stay as they are, comments included; a header that nothing is left under goes.
    Raises MalformedTextError where the text, or what is to be written, does not allow that.
    """
    before = entries(text)

    def own(entry: Entry) -> bool:
        return (entry.section, entry.subsection) == (section, subsection)

    kept = _without(text, [one for one in before if own(one) and one.key])
    kept = _without(kept, _bare(kept, own))
    if settings:
        kept += b"" if not kept or kept.endswith(b"\n") else b"\n"
        kept += _block(section, subsection, settings)
    wanted = [one.setting for one in before if one.key and not own(one)]
    wanted += [(section, subsection, key.lower(), value) for key, value in settings]
    if [one.setting for one in entries(kept) if one.key] != wanted:
        raise MalformedTextError("it cannot be edited without changing something else")
    return kept


def _without(text: bytes, gone: Sequence[Entry]) -> bytes:
    for one in reversed(gone):
        start, end = one.start, one.end
        line = text.rfind(b"\n", 0, start) + 1
        if not text[line:start].strip():  # nothing else stands in the line: it goes with its end
            start, end = line, end + (text[end : end + 1] == b"\n")
        text = text[:start] + text[end:]
    return text


def _bare(text: bytes, own: Callable[[Entry], bool]) -> list[Entry]:
    found = entries(text)
    ends = [*(one.start for one in found), len(text)][1:]
    return [
        one
        for one, end in zip(found, ends, strict=True)
        if own(one) and not one.key and not text[one.end : end].strip()
    ]


def _block(
    section: bytes, subsection: bytes | None, settings: Sequence[tuple[bytes, bytes]]
) -> bytes:
    name = b""
    if subsection is not None:
        name = b' "' + re.sub(rb'(["\\])', rb"\\\1", subsection) + b'"'
    lines = [b"\t" + key + b" = " + _quoted(value) + b"\n" for key, value in settings]
    return b"[" + section + name + b"]\n" + b"".join(lines)


def _quoted(value: bytes) -> bytes:
    """Write a value so that it is read as it is, in quotation marks where it needs them."""
    if _PLAIN.fullmatch(value):
        return value
    parts = (bytes((octet,)) for octet in value)
    return b'"' + b"".join(_WRITTEN.get(part, part) for part in parts) + b'"'
