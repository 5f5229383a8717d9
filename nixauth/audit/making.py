"""Make an audit: gather, and have every section made of what was gathered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nixauth.audit.asked import KeyUse
from nixauth.audit.changes import grants
from nixauth.audit.coverage import algorithms, coverage, months
from nixauth.audit.gather import Gathered, gather, reached_from
from nixauth.audit.history import History
from nixauth.audit.key_use import KeyQuestion, key_use
from nixauth.audit.people import key_notes, memberships, people
from nixauth.audit.values import Grant, Row
from nixauth.audit.what_if import Draft, read_draft, what_if
from nixauth.audit.whole import Audit
from nixauth.authenticate import Session
from nixauth.keyring import KeyFile
from nixauth.keys import inventory
from nixauth.keys.inventory import Inventory
from nixauth.model import AuthorizationsMissing, ObjectId, Report

__all__ = ["Answer", "AuditQuestion", "Draft", "KeyQuestion", "audit"]


@dataclass(frozen=True, slots=True)
class AuditQuestion:
    """What is asked of a history, beside the session's options.

    `since` leaves out what that commit reaches. `ssh_files` are SSH keys kept beside the
    keyring. `cache` is a directory for what later audits need not read again.
    """

    target: ObjectId
    since: ObjectId | None = None
    key: KeyQuestion | None = None
    draft: Draft | None = None
    ssh_files: Iterable[KeyFile] = ()
    cache: Path | None = field(default=None)


@dataclass(frozen=True, slots=True)
class Answer:
    """The report of the target; the audit and its commits, where one could be made.

    It could not where the introduction is refused: nothing is trusted then. `rows` are the
    commits that were looked at, parents first.
    """

    report: Report
    audit: Audit | None = None
    rows: tuple[Row, ...] | list[Row] = ()


def audit(session: Session, question: AuditQuestion) -> Answer:
    """Look at everything, and say what was found; nothing is changed.

    Raises UndecidedError where there is nothing to say, and UsageError for a draft that is no good.
    """
    if question.draft is not None:
        read_draft(question.draft)
    found = gather(session, question.target, question.since, question.cache)
    if found.history is None and question.draft is not None and _has_no_file(found.report):
        # Nobody is listed anywhere yet: what there is to audit is the draft.
        session.options = replace(session.options, historical=question.draft.content)
        found = gather(session, question.target, question.since)
    if found.history is None:
        return Answer(found.report)
    made = _make(session, question, found, found.history)
    return Answer(found.report, made, list(found.history.rows))


def _has_no_file(report: Report) -> bool:
    return any(isinstance(one.reason, AuthorizationsMissing) for one in report.refusals)


def _make(session: Session, question: AuditQuestion, found: Gathered, history: History) -> Audit:
    report, introduced = found.report, session.introduced
    changed = grants(history)
    dates = [row.date for row in history.rows]
    return Audit(
        history.target,
        question.since,
        session.introduction,
        introduced.files.path if introduced is not None else report.path,
        _stands_in(history, session),
        report.verdict,
        _reason(report),
        history.head,
        session.options.now,
        min(dates, default=None),
        max(dates, default=None),
        coverage(history.rows),
        months(history.rows),
        algorithms(history.rows),
        people(history, changed),
        memberships(history),
        key_notes(history, _inventory(session, question, history), session.options.now),
        changed,
        tuple(session.keyring.problems),
        _key_use(session, question, history, changed),
        what_if(session, history, question.draft, question.since) if question.draft else None,
    )


def _stands_in(history: History, session: Session) -> bool:
    historical = session.introduced.files.historical if session.introduced is not None else None
    return historical is not None and any(one is historical for one in history.in_force.values())


def _reason(report: Report) -> str:
    if report.error is not None:
        return report.error.kind
    return report.refusals[0].reason.code if report.refusals else ""


def _inventory(session: Session, question: AuditQuestion, history: History) -> Inventory:
    keyring = session.keyring
    return inventory.take(
        keyring.files,
        question.ssh_files,
        keyring.certificates,
        keyring.problems,
        history.at_target,
    )


def _key_use(
    session: Session, question: AuditQuestion, history: History, changed: Sequence[Grant]
) -> KeyUse | None:
    asked = question.key
    if asked is None:
        return None
    left_out = reached_from(session, asked.since) if asked.since is not None else frozenset()
    return key_use(session, history, asked, changed, left_out)
