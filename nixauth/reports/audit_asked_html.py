"""What `--key` and `--authorizations` asked for, for the page: facts as lines, and tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nixauth.audit.asked import KeyUse, WhatIf
from nixauth.audit.values import State
from nixauth.display import printable, spaced
from nixauth.model import ObjectId
from nixauth.reports import audit_tables
from nixauth.reports.audit_tables import (
    AS_JSON,
    Column,
    Content,
    Table,
    cell,
    commit_cell,
    date_cell,
    key_cell,
    number_cell,
    text_of,
)
from nixauth.reports.audit_words import (
    CLAIMED,
    WITHOUT_TREES,
    asked_of,
    count,
    day,
    has_to,
    listed,
    signed,
    standing,
    target_would,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A section: pairs of a name and what is to be said; a warning, or none; its tables."""

    facts: tuple[tuple[str, str], ...]
    warning: str
    tables: tuple[Table, ...]


def key_section(use: KeyUse, introduction: ObjectId, content: Content, most: int) -> Asked:
    """Return what one key signed."""
    tables = [_key_commits(use, introduction, content, most)]
    if use.grants:
        caption = "Changes of the authorizations among them, newest first"
        tables.append(audit_tables.grants(use.grants, content, most, "key-grants", caption))
    if use.paths:
        tables.append(_key_paths(use, most))
    missing = use.without_trees
    warning = f"of {count(missing, 'commit')} {WITHOUT_TREES}" if missing else ""
    return Asked(tuple(_key_facts(use)), warning, tuple(tables))


def _key_facts(use: KeyUse) -> Iterator[tuple[str, str]]:
    yield "Key", spaced(use.fingerprint)
    names = ", ".join(printable(name, 60) for name in use.listed_for)
    yield "Listed at the target", f"yes, for {names}" if names else "no"
    others = [key for key in use.keys if key != use.fingerprint]
    if others:
        yield "Counted with it", ", ".join(map(spaced, others))
    if use.since is not None:
        yield "Since", f"what commit {use.since.hex()} does not reach"
    if use.since_date is not None:
        yield "Since", f"{day(use.since_date)}, by the dates that the commits give themselves"
    yield "Signed", signed(use)
    yield "Changed", f"{count(len(use.paths), 'path')}, merges against their first parent"


def _key_commits(use: KeyUse, introduction: ObjectId, content: Content, most: int) -> Table:
    rows = (
        (
            commit_cell(one.commit),
            date_cell(one.date),
            cell("trusted" if one.state is State.TRUSTED else one.reason),
            cell(CLAIMED[one.claimed]),
            number_cell(len(one.paths)),
            cell("yes" if one.complete else "not known"),
            cell(standing(one, introduction) + text_of(content, one.commit).subject),
        )
        for one in use.commits
    )
    columns = (
        Column("commit", "code id"),
        Column("date", "date"),
        Column("trust"),
        Column("signature"),
        Column("paths", "number"),
        Column("all of them"),
        Column("subject", "text long"),
    )
    caption = "Commits that the key signed, oldest first"
    return audit_tables.table(
        "key-commits", caption, columns, rows, len(use.commits), most, AS_JSON
    )


def _key_paths(use: KeyUse, most: int) -> Table:
    rows = (
        (cell(printable(path, 4096)), number_cell(number)) for path, number in use.paths.items()
    )
    columns = (Column("path", "text long"), Column("commits", "number"))
    caption = "Paths that these commits changed"
    return audit_tables.table("key-paths", caption, columns, rows, len(use.paths), most, AS_JSON)


def draft_section(found: WhatIf, most: int) -> Asked:
    """Return what a draft would refuse."""
    tables = (_needed(found, most),) if found.needed else ()
    return Asked(tuple(_draft_facts(found)), "", tables)


def _draft_facts(found: WhatIf) -> Iterator[tuple[str, str]]:
    yield "Draft", f"{printable(found.draft)} ({found.history.value})"
    yield "Then", target_would(found)
    yield "Trusted", count(found.trusted, "commit")
    if found.refused:
        yield "Refused", listed(found.refused)
    if found.undecided:
        yield "Not decided", listed(found.undecided)
    if found.newly_refused:
        yield "Trusted today, and refused then", listed(found.newly_refused)
    if found.newly_trusted:
        yield "Trusted then, and not today", count(found.newly_trusted, "commit")
    if not found.needed:
        yield "To be done", asked_of(found)


def _needed(found: WhatIf, most: int) -> Table:
    rows = (
        (
            number_cell(one.commits),
            cell(one.reason),
            cell(has_to(one.reason)),
            cell(printable(one.who)),
            key_cell(one.signer) if one.signer else cell(""),
            date_cell(one.first.date),
            date_cell(one.last.date),
        )
        for one in found.needed
    )
    columns = (
        Column("commits", "number"),
        Column("reason"),
        Column("has to"),
        Column("who", "text long"),
        Column("key", "code"),
        Column("first", "date"),
        Column("last", "date"),
    )
    caption = asked_of(found)
    return audit_tables.table(
        "needed",
        caption[0].upper() + caption[1:],
        columns,
        rows,
        len(found.needed),
        most,
        AS_JSON,
    )
