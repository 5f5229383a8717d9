"""An audit as one page for a browser: its values are put in order for the templates here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from nixauth.audit.making import Answer
from nixauth.audit.values import Coverage, Grant, KeyNote, Month, PersonUse, Row, State, Stretch
from nixauth.audit.whole import Audit
from nixauth.display import CommitText, commit_text, printable, spaced
from nixauth.merging.values import Change
from nixauth.model import ObjectId, Report, Verdict
from nixauth.reports import audit_charts, page
from nixauth.reports.audit_charts import Bars, Columns, Series
from nixauth.reports.audit_html_words import KEY_STATES, RELIES, in_words
from nixauth.reports.audit_words import count, day, percent, short
from nixauth.reports.reasons import in_words as reason_in_words

MOST_ROWS = 2000
"""So many rows of a table are on the page."""
_MOST_PEOPLE = 20
"""So many names have a row of their own in the chart of people; thrice as many in that of stays."""
_MOST_REASONS = 5
"""So many reasons have a colour and a pattern of their own."""
_FEW_MONTHS = 24


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


Content = Callable[[ObjectId], bytes | None]


def render(answer: Answer, content: Content, most_rows: int = MOST_ROWS) -> bytes:
    """Return the page. `content` returns a commit object, or None where it cannot be read."""
    audit = answer.audit
    made = _refused(answer.report) if audit is None else _whole(audit, answer, content, most_rows)
    subject = _text(content, answer.report.target).subject
    return page.render("audit.html.j2", {**made, "subject": subject}, "audit.css", "audit.js")


# --- the verdict ---


_MEANS = {
    Verdict.AUTHENTIC: "A line of commits leads from the introduction to this one, and each of"
    " them is signed by a key that its parent lists.",
    Verdict.REFUSED: "This commit does not count: the rule refuses it.",
    Verdict.UNDECIDED: "Whether anybody vouched for this commit could not be found out.",
}


def _verdict(report: Report, reason: str) -> dict[str, object]:
    means = [_MEANS[report.verdict]]
    if report.error is not None:
        means.append(report.error.message)
    elif report.refusals:
        means.append(f"Reason: {reason_in_words(report.refusals[0].reason).what}")
    return {
        "verdict": report.verdict.value,
        "reason": reason,
        "means": means,
        "target": report.target.hex(),
        "introduction": report.introduction.commit.hex(),
        "signer": spaced(report.introduction.signer),
        "path": report.path,
    }


def _refused(report: Report) -> dict[str, object]:
    reason = report.refusals[0].reason.code if report.refusals else ""
    return {**_verdict(report, reason), "audit": None}


def _whole(audit: Audit, answer: Answer, content: Content, most: int) -> dict[str, object]:
    over = audit_charts.columns(month.month for month in audit.months)
    return {
        **_verdict(answer.report, audit.reason),
        "audit": audit,
        "path": audit.path,
        "made": day(audit.now),
        "dates": _dates(audit),
        "since": audit.since.hex() if audit.since is not None else "",
        "head": _head(audit),
        "tiles": _tiles(audit.coverage),
        "merges": audit.coverage.merges,
        "coverage": audit_charts.stacked(over, _series(audit.months, over)),
        "people": _people_over_time(audit.people, over),
        "people_table": _people_by_time(audit),
        "timeline": audit_charts.timeline(
            audit.memberships,
            audit.introduction.commit,
            audit.last if audit.last is not None else audit.now,
            3 * _MOST_PEOPLE,
        ),
        "memberships": _memberships(audit, most),
        "algorithms": audit_charts.parts(
            (f"{one.algorithm or '?'} / {one.digest or '?'}", one.commits)
            for one in audit.algorithms
        ),
        "refused": _refused_commits(audit, answer.rows, content, most),
        "stretches": _stretches(audit.coverage.stretches, audit.coverage.stretches_in_all, content),
        "persons": _persons(audit.people, most),
        "keys": _keys(audit, most),
        "grants": _grants(audit.grants, content, most),
    }


def _dates(audit: Audit) -> str:
    if audit.first is None or audit.last is None:
        return ""
    return f"{day(audit.first)} to {day(audit.last)}"


def _head(audit: Audit) -> str:
    if audit.verdict is Verdict.AUTHENTIC:
        return ""
    return audit.head.hex() if audit.head is not None else "none but the introduction"


def _tiles(found: Coverage) -> list[tuple[str, str, str, str]]:
    every = found.commits
    refused, undecided = sum(found.refused.values()), sum(found.undecided.values())
    tiles = [
        ("people", "vouched for by people", found.by_person),
        ("service", "by a service only", found.service_only),
        ("refused", "refused", refused),
    ]
    if undecided:
        tiles.append(("undecided", "not decided", undecided))
    return [(look, name, f"{number:,}", percent(number, every)) for look, name, number in tiles]


# --- charts ---


def _series(months: Sequence[Month], over: Columns) -> list[Series]:
    def counted(number: Callable[[Month], int]) -> list[int]:
        return over.add_up({month.month: number(month) for month in months})

    reasons: Counter[str] = Counter()
    for month in months:
        reasons.update(month.refused)
    named = [reason for reason, _ in reasons.most_common(_MOST_REASONS)]
    others = reasons.keys() - set(named)

    def refused(*names: str) -> list[int]:
        return counted(lambda month: sum(month.refused.get(name, 0) for name in names))

    return [
        Series(
            "vouched for by people", "people", counted(lambda month: sum(month.people.values()))
        ),
        Series("by a service only", "service", counted(lambda month: month.service_only)),
        *(
            Series(f"refused: {name}", f"reason{at}", refused(name))
            for at, name in enumerate(named)
        ),
        Series("refused: other reasons", "other", refused(*others)),
        Series("not decided", "undecided", counted(lambda month: sum(month.undecided.values()))),
    ]


def _people_over_time(people: Sequence[PersonUse], over: Columns) -> list[Bars]:
    counts = _by_time(people, over)
    most = max((number for _, _, row in counts for number in row), default=0)
    return [audit_charts.bars(name, look, row, most) for name, look, row in counts]


def _by_time(people: Sequence[PersonUse], over: Columns) -> list[tuple[str, str, list[int]]]:
    active = [one for one in people if one.commits]
    named = [
        (one.name, "service" if one.service else "people", over.add_up(one.months))
        for one in active[:_MOST_PEOPLE]
    ]
    if rest := active[_MOST_PEOPLE:]:
        sums = [sum(row) for row in zip(*(over.add_up(one.months) for one in rest), strict=True)]
        named.append((f"{len(rest):,} more", "other", sums))
    return named


def _people_by_time(audit: Audit) -> dict[str, object]:
    over = audit_charts.columns((month.month for month in audit.months), _FEW_MONTHS)
    return {"columns": over.labels, "unit": over.unit, "rows": _by_time(audit.people, over)}


# --- tables ---


def _cell(text: str, sort: int | None = None, find: str = "") -> Cell:
    return Cell((text,), sort, find)


def _text(content: Content, commit: ObjectId) -> CommitText:
    found = content(commit)
    return commit_text(found) if found is not None else CommitText("(cannot be read)", "", "")


def _commit(commit: ObjectId) -> Cell:
    return _cell(short(commit), find=commit.hex())


def _date(seconds: int | None) -> Cell:
    return _cell(day(seconds), seconds) if seconds is not None else _cell("", 0)


def _number(number: int) -> Cell:
    return _cell(f"{number:,}", number)


def _key(fingerprint: str) -> Cell:
    return _cell(spaced(fingerprint), find=fingerprint)


def _table(
    key: str,
    caption: str,
    columns: tuple[Column, ...],
    rows: Iterable[tuple[Cell, ...]],
    every: int,
    most: int,
    rest: str,
) -> Table:
    return Table(key, caption, columns, tuple(islice(rows, most)), every, rest)


_AS_JSON = "nixauth audit --format json"


def _refused_commits(audit: Audit, rows: Sequence[Row], content: Content, most: int) -> Table:
    every = audit.coverage.not_vouched_for

    def lines() -> Iterator[tuple[Cell, ...]]:
        for row in reversed(rows):
            if row.state is not State.TRUSTED:
                text = _text(content, row.commit)
                yield (
                    _commit(row.commit),
                    _date(row.date),
                    _cell(
                        row.reason if row.state is State.REFUSED else f"not decided: {row.reason}"
                    ),
                    _cell(text.subject),
                    _cell(text.author),
                    _key(row.signer),
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
    return _table("refused", caption, columns, lines(), every, most, "nixauth audit --format csv")


def _stretches(found: Sequence[Stretch], every: int, content: Content) -> Table:
    rows = (
        (
            _number(len(one.commits)),
            _date(one.first),
            _date(one.last),
            Cell(tuple(f"{number:,} {reason}" for reason, number in one.reasons.items())),
            _commit(one.commits[0]),
            _cell(_text(content, one.commits[0]).subject),
            _commit(one.merged_by) if one.merged_by is not None else _cell(""),
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


def _persons(people: Sequence[PersonUse], most: int) -> Table:
    rows = (
        (
            _cell(one.name),
            _cell("service" if one.service else "person"),
            _number(one.commits),
            _cell(percent(0, 0, one.share), round(1_000_000 * one.share)),
            _date(one.first.date if one.first is not None else None),
            _date(one.last.date if one.last is not None else None),
            _number(len(one.keys)),
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
    return _table("people", caption, columns, rows, len(people), most, _AS_JSON)


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


def _keys(audit: Audit, most: int) -> Table:
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
            _key(line.fingerprint),
            _cell(line.person),
            _number(line.commits),
            _date(line.first),
            _date(line.last),
            _cell(line.signatures),
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
    return _table("keys", caption, columns, rows, len(found), most, _AS_JSON)


def _remark(note: KeyNote) -> str:
    more = day(note.expires) if note.expires is not None else printable(note.detail, 200)
    return KEY_STATES[note.state] + (f": {more}" if more else "")


def _memberships(audit: Audit, most: int) -> Table:
    stays = [(one, stay) for one in audit.memberships for stay in one.stays]
    rows = (
        (
            _cell(one.name),
            _cell("service" if one.service else "person"),
            _date(stay.joined.date),
            _commit(stay.joined.commit),
            _date(stay.left.date) if stay.left is not None else _cell("still listed", 2**62),
            _commit(stay.left.commit) if stay.left is not None else _cell(""),
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
    return _table("stays", "Who was listed when", columns, rows, len(stays), most, _AS_JSON)


def _grants(grants: Sequence[Grant], content: Content, most: int) -> Table:
    rows = (
        (
            _date(one.date),
            _commit(one.commit),
            _cell(_by(one)),
            _cell(_text(content, one.commit).subject),
            Cell(tuple(_changes(one))),
        )
        for one in reversed(grants)
    )
    columns = (
        Column("date", "date"),
        Column("commit", "code id"),
        Column("by"),
        Column("subject", "text long"),
        Column("what changed", "text long"),
    )
    caption = "Changes of the authorizations, newest first"
    return _table("grants", caption, columns, rows, len(grants), most, _AS_JSON)


def _by(one: Grant) -> str:
    if one.state is State.TRUSTED:
        return one.person + (" (service)" if one.service else "")
    by = f", signed by {spaced(one.signer)}" if one.signer else ""
    return f"{one.state.value} ({one.reason}){by}"


_MOST_CHANGES = 10


def _changes(one: Grant) -> Iterator[str]:
    changes: Sequence[Change] = one.rows
    for change in changes[:_MOST_CHANGES]:
        yield in_words(change)
    if len(changes) > _MOST_CHANGES:
        yield f"and {count(len(changes) - _MOST_CHANGES, 'more change')}"
    if one.adds_own:
        yield "note: the signer gives something to themselves"
    if one.chooses:
        yield "note: a merge, whose file is none of its parents'"
