"""Read a commit object by its bytes: tree, parents, signature and signed payload.

The signature is the value of the `gpgsig` header; the payload is the object without that header
and without `gpgsig-sha256`, each with its continuation lines, byte for byte, as git does it
(gitformat-signature). Headers must come in git's own order, because readers of git objects
disagree about any other. Nothing is decoded as text.
"""

import re
from binascii import unhexlify
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from nixauth.model import (
    MalformedSignature,
    MultipleSignatures,
    ObjectId,
    SignatureFault,
    Unsigned,
)

_HEAD = re.compile(
    rb"tree ([0-9a-f]{40})\n((?:parent [0-9a-f]{40}\n)*)author [^\n]*\ncommitter ([^\n]*)\n"
)
_USUAL = re.compile(
    rb"tree ([0-9a-f]{40})\n(?:parent [0-9a-f]{40}\n)*author .*\ncommitter .*\n"
    rb"(?:encoding .*\n)?gpgsig (.*\n(?: .*\n)*)\n"
)
"""A commit with nothing unusual, unless a header holds a NUL byte; any other is read header by
header."""
_HEADER_LINE = re.compile(rb"^(?! )([^ \n]*)( ?)", re.MULTILINE)
_LOOSE_PARENT = re.compile(rb"^parent ([0-9a-f]{40})$", re.MULTILINE)
_DATE = re.compile(rb" (\d{1,15}) [+-]\d+$")
_ONCE = frozenset((b"tree", b"parent", b"author", b"committer"))
_SIGNATURES = (b"gpgsig", b"gpgsig-sha256")
_KNOWN_ONCE = frozenset((b"encoding", *_SIGNATURES))
_PARENT_LINE = len(b"parent \n") + 40


class Outline(NamedTuple):
    """What discovery needs of a commit: whose child it is, and whether it can be signed at all.

    `date` is the committer's, in seconds since 1970, 0 where unreadable; it may only order work.
    """

    parents: tuple[ObjectId, ...]
    signed: bool
    date: int


class SignedCommit(NamedTuple):
    """A commit with one `gpgsig` header in a well-formed object.

    `signature` is the header's value without the continuation spaces, `payload` what was signed.
    """

    tree: ObjectId
    signature: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class FaultyCommit:
    """A commit that cannot be trusted for what its own bytes say."""

    fault: SignatureFault


def outline(content: bytes) -> Outline:
    """Read the parents of a commit object, and whether it has a `gpgsig` header."""
    end = _end_of_headers(content)
    head = _HEAD.match(content, 0, end)
    if head is None:
        headers = content[:end]
        parents = tuple(ObjectId(unhexlify(p)) for p in _LOOSE_PARENT.findall(headers))
        return Outline(parents, signed=_signed(content, end), date=0)
    date = _DATE.search(head[3])
    return Outline(
        _parents(head[2]),
        signed=content.find(b"\ngpgsig ", head.end() - 1, end) >= 0,
        date=int(date[1]) if date else 0,
    )


def tree_of(content: bytes) -> ObjectId | None:
    """Return the tree of a commit object; None where the headers are not in git's order."""
    head = _HEAD.match(content, 0, _end_of_headers(content))
    return ObjectId(unhexlify(head[1])) if head else None


def _parents(lines: bytes) -> tuple[ObjectId, ...]:
    if len(lines) == _PARENT_LINE:
        return (ObjectId(unhexlify(lines[7:47])),)
    return tuple(
        ObjectId(unhexlify(lines[start + 7 : start + 47]))
        for start in range(0, len(lines), _PARENT_LINE)
    )


def _end_of_headers(content: bytes) -> int:
    """Return the index after the last header's newline, or the length when no line ends them."""
    blank = content.find(b"\n\n")
    return blank + 1 if blank >= 0 else len(content)


def _signed(content: bytes, end: int) -> bool:
    return content.startswith(b"gpgsig ") or content.find(b"\ngpgsig ", 0, end) >= 0


def read_commit(content: bytes) -> SignedCommit | FaultyCommit:
    """Divide a commit object into payload and signature, or say why it cannot count.

    The faults are asked in the order unsigned, multiple signatures, malformed.
    """
    usual = _USUAL.match(content)
    if usual is not None and content.find(b"\0", 0, usual.end()) < 0:
        start, end = usual.span(2)
        return SignedCommit(
            ObjectId(unhexlify(usual[1])),
            usual[2].replace(b"\n ", b"\n"),
            content[: start - 7] + content[end:],
        )
    end = _end_of_headers(content)
    if not _signed(content, end):
        return FaultyCommit(Unsigned())
    head = _HEAD.match(content, 0, end)
    headers = _headers(content, head.end() if head else 0, end)
    if sum(name == b"gpgsig" for _, name, _ in headers) > 1:
        return FaultyCommit(MultipleSignatures("two gpgsig headers"))
    if head is None:
        fault = "the commit's headers are not in git's order"
    else:
        fault = _fault(content, head.end(), end, headers)
        if not fault:
            return _divide(content, ObjectId(unhexlify(head[1])), headers, end)
    return FaultyCommit(MalformedSignature(fault))


_Header: TypeAlias = tuple[int, bytes, bytes]
"""Where a header starts, its name, and the space after the name (or nothing)."""


def _headers(content: bytes, start: int, end: int) -> list[_Header]:
    found = [(m.start(), m[1], m[2]) for m in _HEADER_LINE.finditer(content, start, end)]
    if found and found[-1][0] == end:  # the empty match after the last newline
        found.pop()
    return found


def _fault(content: bytes, start: int, end: int, headers: list[_Header]) -> str:
    """Say what is wrong with the headers after `committer`, or return an empty string."""
    if content.find(b"\0", 0, end) >= 0:
        return "a header of the commit holds a NUL byte"
    if content[end - 1 : end] != b"\n":
        return "the commit's last header is cut off"
    if content[start : start + 1] == b" ":
        return "the committer header is continued on a second line"
    seen: set[bytes] = set()
    for _, name, space in headers:
        if not name or not space:
            return "a header of the commit has no value"
        if name in _ONCE:
            return "the commit's headers are not in git's order"
        if name in seen:
            return "a header of the commit is repeated"
        if name in _KNOWN_ONCE:
            seen.add(name)
    return ""


def _divide(content: bytes, tree: ObjectId, headers: list[_Header], end: int) -> SignedCommit:
    stops = [start for start, _, _ in headers[1:]] + [end]
    payload: list[bytes] = []
    kept, signature = 0, b""
    for (start, name, _), stop in zip(headers, stops, strict=True):
        if name in _SIGNATURES:
            payload.append(content[kept:start])
            kept = stop
        if name == b"gpgsig":
            signature = content[start + 7 : stop].replace(b"\n ", b"\n")
    payload.append(content[kept:])
    return SignedCommit(tree, signature, b"".join(payload))
