"""An audit as one page for a browser: its values are put in order for the templates here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from nixauth.audit.making import Answer
from nixauth.audit.values import Coverage, Month, PersonUse
from nixauth.audit.whole import Audit
from nixauth.display import spaced
from nixauth.model import Report, Verdict
from nixauth.reports import audit_asked_html, audit_charts, audit_tables, page
from nixauth.reports.audit_asked_html import Asked
from nixauth.reports.audit_charts import Bars, Columns, Series
from nixauth.reports.audit_tables import Content, text_of
from nixauth.reports.audit_words import day, percent, undecided
from nixauth.reports.reasons import in_words as reason_in_words

MOST_ROWS = 2000
"""So many rows of a table are on the page."""
_MOST_PEOPLE = 20
"""So many names have a row of their own in the chart of people; thrice as many in that of stays."""
_MOST_REASONS = 5
"""So many reasons have a colour and a pattern of their own."""
_FEW_MONTHS = 24


def render(answer: Answer, content: Content, most_rows: int = MOST_ROWS) -> bytes:
    """Return the page. `content` returns a commit object, or None where it cannot be read."""
    audit = answer.audit
    made = _refused(answer.report) if audit is None else _whole(audit, answer, content, most_rows)
    subject = text_of(content, answer.report.target).subject
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
    return {**_verdict(report, reason), "audit": None, "missing": ""}


def _whole(audit: Audit, answer: Answer, content: Content, most: int) -> dict[str, object]:
    over = audit_charts.columns(month.month for month in audit.months)
    return {
        **_verdict(answer.report, audit.reason),
        "missing": undecided(audit),
        "audit": audit,
        "path": audit.path,
        "made": day(audit.now),
        "dates": _dates(audit),
        "since": audit.since.hex() if audit.since is not None else "",
        "head": _head(audit),
        "tiles": _tiles(audit.coverage),
        "merges": audit.coverage.merges,
        "one_key": _one_key(audit, content, most),
        "what_if": _what_if(audit, most),
        "coverage": audit_charts.stacked(over, _series(audit.months, over)),
        "people": _people_over_time(audit.people, over),
        "people_table": _people_by_time(audit),
        "timeline": audit_charts.timeline(
            audit.memberships,
            audit.introduction.commit,
            audit.last if audit.last is not None else audit.now,
            3 * _MOST_PEOPLE,
        ),
        "memberships": audit_tables.memberships(audit, most),
        "algorithms": audit_charts.parts(
            (f"{one.algorithm or '?'} / {one.digest or '?'}", one.commits)
            for one in audit.algorithms
        ),
        "refused": audit_tables.refused_commits(audit, answer.rows, content, most),
        "stretches": audit_tables.stretches(
            audit.coverage.stretches, audit.coverage.stretches_in_all, content
        ),
        "persons": audit_tables.persons(audit.people, most),
        "keys": audit_tables.keys(audit, most),
        "grants": audit_tables.grants(audit.grants, content, most),
    }


def _one_key(audit: Audit, content: Content, most: int) -> Asked | None:
    if audit.key_use is None:
        return None
    return audit_asked_html.key_section(audit.key_use, audit.introduction.commit, content, most)


def _what_if(audit: Audit, most: int) -> Asked | None:
    return audit_asked_html.draft_section(audit.what_if, most) if audit.what_if else None


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
