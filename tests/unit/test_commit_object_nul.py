"""No header holds a NUL byte: readers that count on C's strings would see another commit."""

from __future__ import annotations

import pytest

from nixauth.model import MalformedSignature
from nixauth.signatures.commit_object import FaultyCommit, SignedCommit, read_commit

LINES = (
    b"tree " + b"a" * 40,
    b"parent " + b"b" * 40,
    b"author A <a> 1600000000 +0000",
    b"committer C <c> 1600000001 -0130",
    b"encoding ISO-8859-1",
    b"gpgsig -----BEGIN X-----",
    b" AAAA",
    b" -----END X-----",
)


def commit(lines: list[bytes]) -> bytes:
    return b"\n".join(lines) + b"\n\nSubject\n"


def test_without() -> None:
    assert isinstance(read_commit(commit(list(LINES))), SignedCommit)


@pytest.mark.parametrize("number", range(len(LINES)))
def test_in_any_line(number: int) -> None:
    for position in (len(LINES[number]) - 2, len(LINES[number])):
        lines = list(LINES)
        lines[number] = lines[number][:position] + b"\0" + lines[number][position:]
        read = read_commit(commit(lines))
        assert isinstance(read, FaultyCommit)
        assert isinstance(read.fault, MalformedSignature)


def test_the_message_may() -> None:
    read = read_commit(commit(list(LINES)) + b"\0")
    assert isinstance(read, SignedCommit)
    assert read.payload.endswith(b"\n\nSubject\n\0")
