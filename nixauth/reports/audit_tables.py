"""The tables of an audit's page: their cells as values, for the templates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from nixauth.audit.values import Grant, KeyNote, PersonUse, Row, State, Stretch
from nixauth.audit.whole import Audit
from nixauth.display import CommitText, commit_text, spaced
from nixauth.merging.values import Change
from nixauth.model import ObjectId
from nixauth.reports.audit_words import (
    ADDS_OWN,
    CHOOSES,
    DROPS,
    KEY_STATES,
    RELIES,
    count,
    day,
    detail,
    in_words,
    percent,
    short,
)

Content = Callable[[ObjectId], bytes | None]
"""Returns a commit object, or None where it cannot be read."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: the lines in it, what it is sorted by, and what else finds it."""

    lines: tuple[str, ...]
    sort: int | None = None
    find: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `look` is its class: `text` (`long`), `number`, `date` or `code` (`id`)."""

    name: str
    look: str = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """A table that can be sorted and filtered.

    `rest` is the command that lists the rows left out, `lists` says what it lists of them.
    """

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    all: int
    rest: str
    lists: str = "lists them all"

    @property
    def left_out(self) -> int:
        """How many rows are not on the page."""
        return self.all - len(self.rows)


def cell(text: str, sort: int | None = None, find: str = "") -> Cell:
    """Return a cell of one line."""
    return Cell((text,), sort, find)


def text_of(content: Content, commit: ObjectId) -> CommitText:
    """Return what is shown of a commit."""
    found = content(commit)
    return commit_text(found) if found is not None else CommitText("(cannot be read)", "", "")


def commit_cell(commit: ObjectId) -> Cell:
    """Return a commit, found by its whole id."""
    return cell(short(commit), find=commit.hex())


def date_cell(seconds: int | None) -> Cell:
    """Return a date, or nothing, which comes before all dates."""
    return cell(day(seconds), seconds) if seconds is not None else cell("", 0)


def number_cell(number: int) -> Cell:
    """Return a number."""
    return cell(f"{number:,}", number)


def key_cell(fingerprint: str) -> Cell:
    """Return a key, found by its fingerprint without blanks."""
    return cell(spaced(fingerprint), find=fingerprint)


def table(
    key: str,
    caption: str,
    columns: tuple[Column, ...],
    rows: Iterable[tuple[Cell, ...]],
    every: int,
    most: int,
    rest: str,
) -> Table:
    """Return a table of the first `most` rows; `rest` is as in `Table`."""
    return Table(key, caption, columns, tuple(islice(rows, most)), every, rest)


AS_JSON = "nixauth audit --format json"


def refused_commits(audit: Audit, rows: Sequence[Row], content: Content, most: int) -> Table:
    """Return the commits that nobody vouched for."""
    every = audit.coverage.not_vouched_for

    def lines() -> Iterator[tuple[Cell, ...]]:
        for row in reversed(rows):
            if row.state is not State.TRUSTED:
                text = text_of(content, row.commit)
                yield (
                    commit_cell(row.commit),
                    date_cell(row.date),
                    cell(
                        row.reason if row.state is State.REFUSED else f"not decided: {row.reason}"
                    ),
                    cell(text.subject),
                    cell(text.author),
                    key_cell(row.signer),
                )

    columns = (
        Column("commit", "code id"),
        Column("date", "date"),
        Column("reason"),
        Column("subject", "text long"),
        Column("author", "text long"),
        Column("signing key", "code"),
    )
    caption = "Commits that nobody vouched for, newest first"
    return table("refused", caption, columns, lines(), every, most, "nixauth audit --format csv")


def stretches(found: Sequence[Stretch], every: int, content: Content) -> Table:
    """Return the longest stretches of such."""
    rows = (
        (
            number_cell(len(one.commits)),
            date_cell(one.first),
            date_cell(one.last),
            Cell(tuple(f"{number:,} {reason}" for reason, number in one.reasons.items())),
            commit_cell(one.commits[0]),
            cell(text_of(content, one.commits[0]).subject),
            commit_cell(one.merged_by) if one.merged_by is not None else cell(""),
        )
        for one in found
    )
    columns = (
        Column("commits", "number"),
        Column("first", "date"),
        Column("last", "date"),
        Column("reasons"),
        Column("newest commit", "code id"),
        Column("its subject", "text long"),
        Column("merged by", "code id"),
    )
    caption = "The longest stretches that nobody vouched for"
    command, lists = "nixauth audit --format csv", "lists the commits of all of them"
    return Table("stretches", caption, columns, tuple(rows), every, command, lists)


def persons(people: Sequence[PersonUse], most: int) -> Table:
    """Return who vouched for how much."""
    rows = (
        (
            cell(one.name),
            cell("service" if one.service else "person"),
            number_cell(one.commits),
            cell(percent(0, 0, one.share), round(1_000_000 * one.share)),
            date_cell(one.first.date if one.first is not None else None),
            date_cell(one.last.date if one.last is not None else None),
            number_cell(len(one.keys)),
            Cell(tuple(_remarks(one))),
        )
        for one in people
    )
    columns = (
        Column("name"),
        Column("kind"),
        Column("commits", "number"),
        Column("of the path", "number"),
        Column("first", "date"),
        Column("last", "date"),
        Column("keys used", "number"),
        Column("remarks", "text long"),
    )
    caption = "People and services, and what they vouched for"
    return table("people", caption, columns, rows, len(people), most, AS_JSON)


def _remarks(one: PersonUse) -> Iterator[str]:
    if not one.listed:
        yield "no longer listed"
    for reliance in one.reliances:
        yield f"single point of failure: {RELIES[reliance]}"
    if one.removable:
        yield "could be removed: the target would be authentic all the same"


@dataclass(slots=True)
class _KeyLine:
    person: str
    fingerprint: str
    commits: int
    first: int | None
    last: int | None
    signatures: str
    remarks: list[str]


def keys(audit: Audit, most: int) -> Table:
    """Return the keys that vouched, and those that something is to be said of."""
    found: dict[tuple[str, str], _KeyLine] = {}
    for one in audit.people:
        for key in one.keys:
            kinds = ", ".join(f"{each.algorithm}/{each.digest}" for each in key.algorithms)
            found[one.name, key.fingerprint] = _KeyLine(
                one.name,
                key.fingerprint,
                key.commits,
                key.first.date,
                key.last.date,
                kinds,
                [],
            )
    for note in audit.keys:
        empty = _KeyLine(note.person, note.fingerprint, 0, None, None, "", [])
        line = found.setdefault((note.person, note.fingerprint), empty)
        line.remarks.append(_remark(note))
    rows = (
        (
            key_cell(line.fingerprint),
            cell(line.person),
            number_cell(line.commits),
            date_cell(line.first),
            date_cell(line.last),
            cell(line.signatures),
            Cell(tuple(line.remarks)),
        )
        for line in found.values()
    )
    columns = (
        Column("key", "code"),
        Column("listed for"),
        Column("commits", "number"),
        Column("first", "date"),
        Column("last", "date"),
        Column("signatures"),
        Column("remarks", "text long"),
    )
    caption = "Keys that vouched for something, and keys to look at"
    return table("keys", caption, columns, rows, len(found), most, AS_JSON)


def _remark(note: KeyNote) -> str:
    more = detail(note)
    return KEY_STATES[note.state] + (f": {more}" if more else "")


def memberships(audit: Audit, most: int) -> Table:
    """Return who was listed when."""
    stays = [(one, stay) for one in audit.memberships for stay in one.stays]
    rows = (
        (
            cell(one.name),
            cell("service" if one.service else "person"),
            date_cell(stay.joined.date),
            commit_cell(stay.joined.commit),
            date_cell(stay.left.date) if stay.left is not None else cell("still listed", 2**62),
            commit_cell(stay.left.commit) if stay.left is not None else cell(""),
        )
        for one, stay in stays
    )
    columns = (
        Column("name"),
        Column("kind"),
        Column("listed from", "date"),
        Column("by commit", "code id"),
        Column("until", "date"),
        Column("by commit", "code id"),
    )
    return table("stays", "Who was listed when", columns, rows, len(stays), most, AS_JSON)


def grants(
    found: Sequence[Grant],
    content: Content,
    most: int,
    key: str = "grants",
    caption: str = "Changes of the authorizations, newest first",
) -> Table:
    """Return the changes of the authorizations."""
    rows = (
        (
            date_cell(one.date),
            commit_cell(one.commit),
            cell(_by(one)),
            cell(text_of(content, one.commit).subject),
            Cell(tuple(_changes(one))),
        )
        for one in reversed(found)
    )
    columns = (
        Column("date", "date"),
        Column("commit", "code id"),
        Column("by"),
        Column("subject", "text long"),
        Column("what changed", "text long"),
    )
    return table(key, caption, columns, rows, len(found), most, AS_JSON)


def _by(one: Grant) -> str:
    if one.state is State.TRUSTED:
        return one.person + (" (service)" if one.service else "")
    by = f", naming the key {spaced(one.signer)}" if one.signer else ""
    return f"{one.state.value} ({one.reason}){by}"


_MOST_CHANGES = 10


def _changes(one: Grant) -> Iterator[str]:
    changes: Sequence[Change] = one.rows
    for change in changes[:_MOST_CHANGES]:
        yield in_words(change)
    if len(changes) > _MOST_CHANGES:
        yield f"and {count(len(changes) - _MOST_CHANGES, 'more change')}"
    if one.adds_own:
        yield ADDS_OWN
    if one.chooses:
        yield CHOOSES
    if one.drops:
        yield DROPS
