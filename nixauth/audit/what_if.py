"""The history judged under a draft, as if each commit had that for its authorizations file."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from nixauth import authorizations, rule
from nixauth.audit.asked import Needed, WhatIf
from nixauth.audit.gather import Gathered, gather
from nixauth.audit.history import History, moment
from nixauth.audit.values import Row, State
from nixauth.authenticate import Session
from nixauth.errors import UndecidedError, UsageError
from nixauth.evidence import Testimony
from nixauth.findings import NoStore
from nixauth.model import (
    Authorizations,
    BadSignature,
    HistoryMode,
    MissingKey,
    NoTrustedParent,
    ObjectId,
    Problem,
    UnauthorizedKey,
    UntrustedParent,
    UnusableKey,
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft of an authorizations file, and its name for people."""

    name: str
    content: bytes


def read_draft(draft: Draft) -> Authorizations:
    """Read it in either format; raises UsageError where it is no good."""
    parsed = authorizations.read(authorizations.sniff(draft.content), draft.content)
    if isinstance(parsed, Problem):
        raise UsageError(
            f"the draft {draft.name} cannot be read:"
            f" line {parsed.line}, column {parsed.column}: {parsed.message}",
            "nixauth lint FILE shows every problem in it.",
        )
    return parsed


def session_for(session: Session, draft: Draft) -> Session:
    """Return a session of its own, in which the draft stands in for every commit's file.

    It stands at a path that no tree has: where nothing is, historical authorizations stand in.
    Nothing is taken from the cache, nor kept there.
    """
    options = replace(
        session.options,
        authorizations_path=f".nixauth-draft-{os.urandom(16).hex()}",
        historical=draft.content,
        historical_sha1=False,
        after=None,
    )
    return Session(
        session.objects,
        session.keyring,
        session.introduction,
        options,
        NoStore(),
        progress=session.progress,
        engine=session.engine,
        jobs=session.jobs,
    )


def what_if(session: Session, today: History, draft: Draft, since: ObjectId | None) -> WhatIf:
    """Judge everything once more, under a draft; raises UsageError for one that is no good."""
    file = read_draft(draft)
    if session.options.require_every_commit:
        file = replace(file, history=HistoryMode.EVERY_COMMIT)
    other = session_for(session, draft)
    found = gather(other, today.target, since)
    if found.history is None:
        raise UsageError(
            f"under the draft, the introduction itself is refused: {_code(found)}",
            "nixauth explain COMMIT shows what is wrong with it.",
        )
    return _compare(today, found.history, found, other, draft.name, file)


def _code(found: Gathered) -> str:
    return found.report.refusals[0].reason.code if found.report.refusals else "unknown"


def _compare(
    today: History,
    then: History,
    found: Gathered,
    session: Session,
    name: str,
    file: Authorizations,
) -> WhatIf:
    refused: Counter[str] = Counter()
    undecided: Counter[str] = Counter()
    newly: Counter[str] = Counter()
    trusted = newly_trusted = 0
    for row in then.rows:
        before = today.by_id.get(row.commit)
        was = before is not None and before.state is State.TRUSTED
        if row.state is State.TRUSTED:
            trusted += 1
            newly_trusted += not was
        elif row.state is State.REFUSED:
            refused[row.reason] += 1
            if was:
                newly[row.reason] += 1
        else:
            undecided[row.reason] += 1
    considered = [*_considered(then, file.history)]
    return WhatIf(
        name,
        file.history,
        found.report.verdict,
        trusted,
        dict(sorted(refused.items())),
        dict(sorted(undecided.items())),
        dict(sorted(newly.items())),
        newly_trusted,
        len(considered),
        tuple(_needed(session, considered, file)),
    )


def _considered(history: History, mode: HistoryMode) -> Sequence[Row]:
    """Return the commits that have to be signed: all of them, or those of the line."""
    if mode is HistoryMode.EVERY_COMMIT:
        return history.rows
    line = []
    looked_at = {row.commit for row in history.rows}
    commit: ObjectId | None = history.target
    while commit is not None and (row := history.by_id.get(commit)) is not None:
        if commit in looked_at:
            line.append(row)
        commit = row.parents[0] if row.parents else None
    line.reverse()
    return line


def _needed(session: Session, rows: Iterable[Row], file: Authorizations) -> list[Needed]:
    groups: dict[tuple[str, str | bytes], list[Row]] = {}
    names: dict[tuple[str, str | bytes], bytes] = {}
    for row in rows:
        wrong = _wrong(session, row, file)
        if wrong is None:
            continue
        reason, signer = wrong
        who = _committer(session, row.commit)
        key = reason, signer or who
        groups.setdefault(key, []).append(row)
        names[key] = who
    found = []
    for (reason, name), made in groups.items():
        first, last = (pick(made, key=lambda row: row.date) for pick in (min, max))
        signer = name if isinstance(name, str) else ""
        found.append(
            Needed(names[reason, name], signer, reason, len(made), moment(first), moment(last))
        )
    return sorted(found, key=lambda one: (-one.commits, one.who, one.signer, one.reason))


def _wrong(session: Session, row: Row, file: Authorizations) -> tuple[str, str] | None:
    """Say what a commit would be refused for, its parents left out of account, and its key."""
    if row.state is not State.REFUSED:
        return None
    if not row.parents:
        return row.reason, ""
    node = session.walk.nodes[row.commit] if session.walk is not None else None
    found = (node.evidence or node.reason) if node is not None else None
    match found:
        case None:
            return None
        case Testimony(signers, outcomes):
            holding = [one for one in signers if rule.holder(file, one) is not None]
            if not holding:
                return UnauthorizedKey.code, signers[0].key if signers else ""
            if any(outcomes.get(one.key) is not False for one in holding):
                return None
            return BadSignature.code, holding[0].key
        case MissingKey(issuer):
            return found.code, issuer
        case UnusableKey(fingerprint):
            return found.code, fingerprint
        case NoTrustedParent() | UntrustedParent():
            return None
        case _:
            return found.code, ""


def _committer(session: Session, commit: ObjectId) -> bytes:
    """Return name and address of a commit's committer, as they stand there."""
    try:
        content = session.objects.commit(commit)
    except UndecidedError:
        return b""
    found = _COMMITTER.search(content, 0, max(content.find(b"\n\n"), 0))
    return found[1] if found is not None else b""


_COMMITTER = re.compile(rb"^committer ([^\n]*?)(?: \d+ [+-]\d+)?$", re.MULTILINE)
