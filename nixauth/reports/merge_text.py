"""What is said of a merge, for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from nixauth.display import commit_text, printable, spaced
from nixauth.merging.values import (
    Candidate,
    Kind,
    MergeReport,
    NewCommit,
    Origin,
    Outlook,
    State,
)
from nixauth.model import ObjectId, Verdict
from nixauth.reports import text
from nixauth.reports.merge_words import (
    LIMITS,
    SERVICE_LIMIT,
    STATES,
    advice,
    change_in_words,
    headline,
    mode_in_words,
)
from nixauth.reports.reasons import in_words
from nixauth.reports.text import Background

_SHORT = 12
_MOST_LISTED = 10
_COLOURS = {
    Outlook.ACCEPTED: "\x1b[1;32m",
    Outlook.REFUSED: "\x1b[1;31m",
    Outlook.UNDECIDED: "\x1b[1;33m",
}


def render(merge: MergeReport, background: Background) -> Iterator[str]:
    """Yield the text, lines ended by newlines."""
    for line in _lines(merge, background):
        yield f"{line}\n"
    if merge.base_report.verdict is not Verdict.AUTHENTIC:
        yield from text.render(merge.base_report, background)


def _lines(merge: MergeReport, background: Background) -> Iterator[str]:
    word = merge.outlook.value
    shown = f"{_COLOURS[merge.outlook]}{word}\x1b[0m" if background.colour else word
    if merge.base_report.verdict is not Verdict.AUTHENTIC:
        yield f"{shown}: {merge.base.hex()}, which would be merged into, is not authentic itself"
        return
    if merge.error is not None:
        message = printable(merge.error.message, 400)
        yield f"{shown}: {headline(merge)}: {message} ({merge.error.kind})"
        if merge.error.hint:
            yield f"  next: {printable(merge.error.hint, 400)}"
    else:
        yield f"{shown}: {headline(merge)}"
    if merge.kind is Kind.UP_TO_DATE or background.quiet:
        return
    yield from _mode(merge)
    yield from _obstacles(merge)
    yield from _new(merge, background)
    yield from _signers(merge)
    yield from _authorizations(merge)
    if advice(merge):
        yield f"  next: {advice(merge)}"


def _mode(merge: MergeReport) -> Iterator[str]:
    if merge.mode is not None:
        yield f"  history: {mode_in_words(merge)}"


def _obstacles(merge: MergeReport) -> Iterator[str]:
    if merge.kind is Kind.FAST_FORWARD and merge.fast_forward is not None:
        refusals = merge.fast_forward.refusals
    else:
        refusals = merge.obstacles
    if refusals:
        first = refusals[0]
        what = in_words(first.reason).what
        yield f"  first obstacle: {first.commit.hex()[:_SHORT]}: {what} ({first.reason.code})"
    if merge.effect.fault is not None:
        what = in_words(merge.effect.fault).what
        yield f"  refused whoever signs it: {what} ({merge.effect.fault.code})"


def _new(merge: MergeReport, background: Background) -> Iterator[str]:
    counts = Counter(one.state for one in merge.new)
    parts = ", ".join(f"{counts[state]:,} {STATES[state]}" for state in State if counts[state])
    if not merge.new:
        return
    yield f"  new commits: {len(merge.new):,} ({parts})"
    most = len(merge.new) if background.verbose else _MOST_LISTED
    for one in merge.new[:most]:
        yield _new_commit(one, background)
    if len(merge.new) > most:
        yield f"    and {len(merge.new) - most:,} more (-v lists them)"
        reasons = Counter(one.reason.code for one in merge.new if one.reason is not None)
        if reasons:
            counted = ", ".join(f"{number:,} {code}" for code, number in sorted(reasons.items()))
            yield f"    not trusted, by reason: {counted}"


def _new_commit(one: NewCommit, background: Background) -> str:
    why = one.state.value
    if one.reason is not None:
        why = f"{why}: {one.reason.code}"
    if one.error is not None:
        why = f"{why}: {one.error.kind}"
    return f"    {one.commit.hex()[:_SHORT]} {why}{_subject(one.commit, background)}"


def _subject(commit: ObjectId, background: Background) -> str:
    content = background.commit(commit)
    return f"  {commit_text(content).subject}" if content is not None else ""


def _signers(merge: MergeReport) -> Iterator[str]:
    able = [one for one in merge.candidates if one.may_sign]
    yield "  who may sign a merge commit:" if able else "  who may sign a merge commit: nobody"
    for one in able:
        yield from _able(one)
    others = [one for one in merge.candidates if not one.may_sign]
    if others:
        yield "  listed, and may not:"
    for one in others:
        if one.reason is not None:
            what = in_words(one.reason).what
            yield f"    {printable(one.name, 60)}: {what} ({one.reason.code})"


def _able(one: Candidate) -> Iterator[str]:
    limits = [SERVICE_LIMIT] if one.service else []
    if LIMITS[one.limit]:
        limits.append(LIMITS[one.limit])
    said = f" ({'; '.join(limits)})" if limits else ""
    yield f"    {printable(one.name, 60)}{said}"
    for key in one.keys:
        yield f"      {spaced(key)}"


def _authorizations(merge: MergeReport) -> Iterator[str]:
    effect = merge.effect
    path = printable(merge.path)
    if effect.origin is Origin.BOTH:
        yield f"  {path}: both sides changed it; whoever merges decides. HEAD's side:"
    elif not effect.changes:
        yield f"  {path}: would stay as it is"
        return
    else:
        yield f"  {path}: would change:"
    for change in effect.changes:
        yield f"    {change_in_words(change)}"
