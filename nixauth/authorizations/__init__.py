"""Authorizations files: bytes in, `Authorizations` or problems out.

Pure: no I/O, no clock, no environment. Reading fails closed: what is not wholly understood is a
problem with its line and column. No input raises, hangs, or costs more than linear time.
"""

# The readers are imported when they are first needed: PyYAML's import is dear, and a run that has
# nothing new to look at reads no file.
# ruff: noqa: PLC0415

from __future__ import annotations

import re

from nixauth.authorizations.problems import Reading
from nixauth.model import Authorizations, FileFormat, Problem

__all__ = ["read", "read_all_problems", "read_with_places", "sniff"]

_GUIX_START = re.compile(rb"(?:[ \t\r\n\f]++|;[^\n]*+)*+\(")


def read(format: FileFormat, content: bytes) -> Authorizations | Problem:  # noqa: A002
    """Read a file of the given format; give its first problem, by position, if it has any."""
    reading = read_with_places(format, content)
    return reading.problems[0] if reading.authorizations is None else reading.authorizations


def read_all_problems(
    format: FileFormat,  # noqa: A002
    content: bytes,
) -> tuple[Authorizations | None, tuple[Problem, ...]]:
    """Read a file; give all problems that can be told apart in one go, by position.

    The authorizations are None exactly when there are problems.
    """
    reading = read_with_places(format, content)
    return reading.authorizations, reading.problems


def read_with_places(format: FileFormat, content: bytes) -> Reading:  # noqa: A002
    """Read a file, and say where its names and keys stand."""
    if format is FileFormat.GUIX:
        from nixauth.authorizations import guix

        return guix.read(content)
    from nixauth.authorizations import native

    return native.read(content)


def sniff(content: bytes) -> FileFormat:
    """Guess the format of a file whose path says nothing.

    Guix's begins, behind blanks and `;` comments, with a parenthesis; a mapping in YAML cannot.
    """
    return FileFormat.GUIX if _GUIX_START.match(content) else FileFormat.NATIVE
