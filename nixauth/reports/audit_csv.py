"""The commits of an audit as comma-separated values (RFC 4180). docs/audit.md has the columns."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from nixauth.audit.values import Row
from nixauth.display import commit_text, printable
from nixauth.model import ObjectId

COLUMNS = (
    "commit",
    "date",
    "author",
    "subject",
    "state",
    "reason",
    "person",
    "service",
    "signer",
    "on_path",
    "parents",
    "algorithm",
    "digest",
)
_LONGEST = 160
_QUOTED = frozenset(',"\r\n')
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets take a formula by; the last four are the wide forms of the others."""


def render(rows: Iterable[Row], content: Callable[[ObjectId], bytes | None]) -> Iterator[str]:
    """Yield a line for each commit, parents first, after a line with the columns' names.

    `content` returns a commit object, or None where it cannot be read.
    """
    yield _line(COLUMNS)
    for row in rows:
        found = content(row.commit)
        text = commit_text(found) if found is not None else None
        yield _line(
            (
                row.commit.hex(),
                _date(row.date),
                text.author if text is not None else "",
                text.subject if text is not None else "",
                row.state.value,
                row.reason,
                _name(row.person),
                "yes" if row.service else "no",
                row.signer,
                "yes" if row.on_path else "no",
                str(len(row.parents)),
                row.algorithm,
                row.digest,
            )
        )


def _name(person: str) -> str:
    """Return a name fit to be shown; long ones that are cut are told apart by digits behind."""
    if len(person) <= _LONGEST:
        return printable(person)
    digest = hashlib.sha256(person.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{printable(person)}{digest[:12]}"


def _line(cells: Iterable[str]) -> str:
    return ",".join(map(_cell, cells)) + "\r\n"


def _cell(text: str) -> str:
    """Quote where that is needed; an apostrophe keeps a spreadsheet from calculating."""
    if text.lstrip().startswith(_FORMULA):
        text = f"'{text}"
    if _QUOTED.isdisjoint(text):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _date(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return str(seconds)
