"""A report for a person: the verdict in one line, then what happened and what to do next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from nixauth.display import commit_text, printable, spaced
from nixauth.model import Fingerprint, ObjectId, Refusal, Report, Stats, Verdict
from nixauth.reports.reasons import in_words

_SHORT = 12
_MOST_LISTED = 10


@dataclass(frozen=True, slots=True)
class Background:
    """Where the text finds what a report does not hold.

    `commit` returns a commit object's content, or None; `owner` says whose key a fingerprint is,
    printable, or nothing; `colour` asks for a colour on the verdict.
    """

    commit: Callable[[ObjectId], bytes | None]
    owner: Callable[[Fingerprint], str]
    colour: bool = False
    verbose: bool = False
    quiet: bool = False


def render(report: Report, background: Background) -> Iterator[str]:
    """Yield the lines of the text, ended by newlines."""
    for line in _lines(report, background):
        yield f"{line}\n"


def _lines(report: Report, background: Background) -> Iterator[str]:
    match report.verdict:
        case Verdict.AUTHENTIC:
            yield from _authentic(report, background)
        case Verdict.REFUSED:
            yield from _refused(report, background)
        case Verdict.UNDECIDED:
            yield _headline("undecided", _undecided(report), background)
            if report.error is not None and report.error.hint:
                yield f"  next: {printable(report.error.hint, 400)}"


def _undecided(report: Report) -> str:
    message = printable(report.error.message, 400) if report.error is not None else ""
    kind = report.error.kind if report.error is not None else "unknown"
    return f"{message} ({kind})"


def _headline(verdict: str, rest: str, background: Background) -> str:
    colours = {"authentic": "\x1b[1;32m", "refused": "\x1b[1;31m", "undecided": "\x1b[1;33m"}
    word = f"{colours[verdict]}{verdict}\x1b[0m" if background.colour else verdict
    return f"{word}: {rest}"


def _authentic(report: Report, background: Background) -> Iterator[str]:
    introduction = report.introduction.commit.hex()[:_SHORT]
    yield _headline(
        "authentic",
        f"{report.target.hex()} is trusted, by a line from the introduction {introduction}",
        background,
    )
    if background.quiet:
        return
    yield from _subject(report.target, background)
    if report.historical:
        yield f"  note: historical authorizations stand in for {printable(report.path)}"
    if background.verbose or report.verified:
        yield f"  verified in this run: {_count(report.verified, 'commit')}"
    if report.stats is not None:
        yield from _totals(report.stats)
    yield from _warnings(report, background)


def _refused(report: Report, background: Background) -> Iterator[str]:
    first = report.refusals[0]
    elsewhere = first.commit != report.target
    where = f", because of commit {first.commit.hex()[:_SHORT]}" if elsewhere else ""
    yield _headline(
        "refused",
        f"{report.target.hex()} is not authentic{where} ({first.reason.code})",
        background,
    )
    words = in_words(first.reason)
    yield f"  commit: {first.commit.hex()}"
    yield from _subject(first.commit, background)
    yield f"  reason: {words.what}"
    if words.key is not None:
        owner = background.owner(words.key)
        yield f"  key: {spaced(words.key)}" + (f" ({owner})" if owner else "")
    if words.parent is not None:
        yield f"  in force: {printable(report.path)} as of its parent {words.parent.hex()}"
    yield f"  next: {words.next}"
    if background.quiet:
        return
    yield from _others(report, background)
    yield from _warnings(report, background)


def _subject(commit: ObjectId, background: Background) -> Iterator[str]:
    content = background.commit(commit)
    if content is not None:
        text = commit_text(content)
        yield f"  subject: {text.subject}"
        yield f"  author: {text.author}, {text.date}"


def _others(report: Report, background: Background) -> Iterator[str]:
    after = len(report.refusals) - 1
    if after:
        yield f"  refused because of it, up to the target: {_count(after, 'commit')}"
        most = after if background.verbose else _MOST_LISTED
        yield from map(_other, islice(report.refusals, 1, 1 + most))
        if after > most:
            yield f"    and {after - most} more (-v lists them)"
    if report.untrusted:
        counts = ", ".join(f"{number} {code}" for code, number in report.untrusted.items())
        yield f"  not trusted beside them: {counts}"


def _other(refusal: Refusal) -> str:
    return f"    {refusal.commit.hex()[:_SHORT]} {refusal.reason.code}"


def _totals(stats: Stats) -> Iterator[str]:
    yield f"  trusted in all: {_count(stats.trusted, 'commit')}"
    if stats.service_only:
        yield f"  of these vouched for by a service only: {stats.service_only}"
    for one in stats.signers:
        kind = " (service)" if one.service else ""
        yield f"  {one.commits:>9}  {spaced(one.fingerprint)}  {printable(one.person, 60)}{kind}"


def _warnings(report: Report, background: Background) -> Iterator[str]:
    if not background.verbose and len(report.warnings) > _MOST_LISTED:
        kinds: dict[str, int] = {}
        for warning in report.warnings:
            kinds[warning.kind] = kinds.get(warning.kind, 0) + 1
        counts = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
        yield f"  warnings (they refuse nothing; -v lists them): {counts}"
        return
    for warning in report.warnings:
        about = f"{printable(warning.person, 60)}'s key {printable(warning.fingerprint)} "
        message = printable(warning.message, 300)
        yield f"  warning: {about if warning.fingerprint else ''}{message} ({warning.kind})"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
