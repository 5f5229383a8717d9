"""Looks at an authorizations file before it is committed: what is wrong, and what is unwise.

Pure: bytes in, findings out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from nixauth.authorizations import read_with_places
from nixauth.authorizations.problems import Reading
from nixauth.model import Authorizations, FileFormat, Fingerprint
from nixauth.text_problems import START, UNPRINTABLE, Place, quoted

Severity: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend (`error`) or to think about (`warning`); line and column count from 1."""

    line: int
    column: int
    severity: Severity
    message: str


def lint(
    format: FileFormat,  # noqa: A002
    content: bytes,
    keyring_has: Callable[[Fingerprint], bool] | None = None,
) -> list[Finding]:
    """Give everything worth saying of a file, by position.

    Every problem that makes the file malformed is an `error`, and so is a file that nobody could
    ever change. `keyring_has` tells whether a public key is at hand; it is asked once for each
    OpenPGP key that is listed. Raises only what `keyring_has` raises.
    """
    reading = read_with_places(format, content)
    findings = [Finding(p.line, p.column, "error", p.message) for p in reading.problems]
    findings += [Finding(r.line, r.column, "warning", r.message) for r in reading.remarks]
    if reading.authorizations is not None:
        findings += _lockouts(reading.authorizations, reading)
    if format is FileFormat.GUIX:
        findings += _hidden_characters(content)
    if keyring_has is not None:
        findings += _missing_keys(reading, keyring_has)
    return sorted(findings, key=lambda finding: (finding.line, finding.column))


def _lockouts(authorizations: Authorizations, reading: Reading) -> Iterator[Finding]:
    """Tell when losing one person or one key would leave nobody who may change the file."""
    persons = [person for person in authorizations.people if not person.service]
    if not persons:
        yield Finding(
            *START,
            "error",
            "only services are listed, and a service may not change this file: nobody ever could",
        )
    elif len(persons) == 1:
        person = persons[0]
        spare = "" if len(person.keys) > 1 else ", and has no spare key"
        yield Finding(
            *reading.people.get(person.name, START),
            "warning",
            f"{quoted(person.name)} is the only person who may change this file{spare}: "
            "whoever loses that access can't get it back",
        )


def _missing_keys(
    reading: Reading, keyring_has: Callable[[Fingerprint], bool]
) -> Iterator[Finding]:
    for fingerprint, place in reading.keys.items():
        if not fingerprint.startswith("SHA256:") and not keyring_has(fingerprint):
            yield Finding(*place, "warning", f"the keyring lacks {fingerprint}")


def _hidden_characters(content: bytes) -> Iterator[Finding]:
    """Tell of lines in Guix's format that a person may see other than they are.

    This project's own format refuses such characters; Guix's takes anything in comments.
    """
    for number, line in enumerate(content.decode("utf-8", "replace").split("\n"), 1):
        found = UNPRINTABLE.search(line.replace("\t", " "))
        if found is not None:
            place = Place(number, found.start() + 1)
            code = f"U+{ord(found[0]):04X}"
            yield Finding(*place, "warning", f"the character {code} may hide what stands here")
