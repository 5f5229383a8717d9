"""A report as single remarks, the same ones for every machine that shows remarks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from nixauth.display import printable, spaced
from nixauth.errors import UndecidedError
from nixauth.merging.values import Kind, MergeReport, Origin, Outlook
from nixauth.model import (
    AuthorizationsMalformed,
    AuthorizationsMissing,
    AuthorizationsRemoved,
    HistoryMode,
    ObjectId,
    Problem,
    Reason,
    Refusal,
    Report,
    ServiceChangesAuthorizations,
    Verdict,
)
from nixauth.reports.merge_words import change_in_words, headline, signers_in_words
from nixauth.reports.reasons import in_words


class Level(Enum):
    """How bad it is: it decides, it should be looked at, or it is said for completeness."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Remark:
    """One remark; `code` is a reason's string, an error's or a warning's kind, or one of `CODES`.

    The texts are printable, on one line. `path` is the file that it is about, or empty; `line` and
    `column` count from 1, and are 0 where there is no place in a file.
    """

    level: Level
    code: str
    title: str
    message: str
    commit: ObjectId | None = None
    path: str = ""
    line: int = 0
    column: int = 0
    key: str = ""
    """The fingerprint that it is about, or empty."""


CODES = {
    "authentic": "The commit is authentic.",
    "merge-accepted": "The merge will be accepted.",
    "merge-refused": "The merge would not be accepted.",
    "authorizations-change": "The merge would change who may sign.",
}
"""Codes that are neither a reason nor the kind of an error or a warning, and what they say."""

VERDICTS = frozenset({"authentic", "merge-accepted", "merge-refused"})
"""Those of them that say what becomes of the whole question."""

_ABOUT_THE_FILE = (
    AuthorizationsMalformed,
    AuthorizationsMissing,
    AuthorizationsRemoved,
    ServiceChangesAuthorizations,
)


def of_report(report: Report) -> Iterator[Remark]:
    """Yield the refusals in their order, or that there are none, and then the warnings."""
    target = report.target.hex()[:12]
    if report.error is not None:
        yield of_error(report.error)
    for refusal in report.refusals:
        yield _refused(refusal, report.path)
    if report.verdict is Verdict.AUTHENTIC:
        message = f"{target} is trusted, by a line from the introduction"
        yield Remark(Level.NOTICE, "authentic", "authentic", message, report.target)
    for warning in report.warnings:
        whose = f"{printable(warning.person, 60)}'s key {printable(warning.fingerprint)} "
        text = (whose if warning.fingerprint else "") + printable(warning.message, 300)
        yield Remark(Level.WARNING, warning.kind, warning.kind, text, key=str(warning.fingerprint))


def of_error(error: UndecidedError) -> Remark:
    """Return the remark that something could not be decided."""
    text = printable(error.message, 400) + (
        f" - {printable(error.hint, 400)}" if error.hint else ""
    )
    return Remark(Level.ERROR, error.kind, f"undecided ({error.kind})", text)


def of_merge(merge: MergeReport) -> Iterator[Remark]:
    """Yield what is said of a merge: what keeps it from being accepted first."""
    if merge.base_report.verdict is not Verdict.AUTHENTIC:
        yield from of_report(merge.base_report)
        return
    if merge.error is not None:
        yield of_error(merge.error)
    yield from _obstacles(merge)
    yield _verdict(merge)
    yield from _authorizations(merge)


def _verdict(merge: MergeReport) -> Remark:
    good = merge.outlook is Outlook.ACCEPTED
    text = headline(merge)
    if merge.kind is Kind.MERGE:
        text += ". " + " ".join(signers_in_words(merge))
    return Remark(
        Level.NOTICE if good else Level.ERROR,
        "merge-accepted" if good else "merge-refused",
        f"check-merge: {merge.outlook.value}",
        text,
        merge.head,
    )


def _obstacles(merge: MergeReport) -> Iterator[Remark]:
    if merge.outlook is not Outlook.REFUSED:
        return
    if merge.kind is Kind.FAST_FORWARD and merge.fast_forward is not None:
        refusals: Sequence[Refusal] = merge.fast_forward.refusals
    else:
        refusals = merge.obstacles
    named = set()
    for refusal in refusals:
        named.add(refusal.commit)
        yield _refused(refusal, merge.path)
    if merge.mode is HistoryMode.EVERY_COMMIT:
        for one in merge.new:
            if one.reason is not None and one.commit not in named:
                yield _refused(Refusal(one.commit, one.reason), merge.path)
    if merge.effect.fault is not None and merge.kind is Kind.MERGE and merge.head not in named:
        yield _refused(Refusal(merge.head, merge.effect.fault), merge.path)


def _authorizations(merge: MergeReport) -> Iterator[Remark]:
    if merge.effect.origin is Origin.BOTH:
        text = (
            "both sides changed the authorizations since they parted: whoever merges decides what"
            " becomes of them"
        )
        yield _changed(text, merge)
    for change in merge.effect.changes:
        yield _changed(change_in_words(change), merge)


def _changed(text: str, merge: MergeReport) -> Remark:
    title = "the authorizations change"
    return Remark(Level.WARNING, "authorizations-change", title, text, merge.head, merge.path, 1, 1)


def _refused(refusal: Refusal, path: str) -> Remark:
    words = in_words(refusal.reason)
    key = f" Key: {spaced(words.key)}." if words.key is not None else ""
    line, column = _place(refusal.reason)
    return Remark(
        Level.ERROR,
        refusal.reason.code,
        f"refused ({refusal.reason.code})",
        f"commit {refusal.commit.hex()[:12]}: {words.what}.{key} {words.next}",
        refusal.commit,
        path if isinstance(refusal.reason, _ABOUT_THE_FILE) else "",
        line,
        column,
        words.key or "",
    )


def _place(reason: Reason) -> tuple[int, int]:
    match reason:
        case AuthorizationsMalformed(_, Problem(line, column, _)):
            return line, column
        case _:
            return (1, 1) if isinstance(reason, _ABOUT_THE_FILE) else (0, 0)
