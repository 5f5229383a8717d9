"""An audit for machines: one JSON document. docs/audit.md documents it field by field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nixauth.audit.asked import KeyCommit, KeyUse, Needed, WhatIf
from nixauth.audit.making import Answer
from nixauth.audit.values import (
    Algorithm,
    Coverage,
    Grant,
    KeyNote,
    Membership,
    Moment,
    Month,
    PersonUse,
    Stretch,
)
from nixauth.audit.whole import Audit
from nixauth.errors import UndecidedError
from nixauth.merging.values import Change
from nixauth.model import ObjectId
from nixauth.reports import json as json_report
from nixauth.reports.json import Used, error_document, used_document
from nixauth.reports.pieces import Many, pieces, written

SCHEMA = 1
"""Raised when a field changes its meaning or goes; new fields do not raise it."""


def render(answer: Answer, used: Used | None = None) -> Iterator[str]:
    """Yield the document in pieces, ended by a newline."""
    found = document(answer, used)
    key = answer.audit.key_use if answer.audit is not None else None
    if key is not None:
        found["key_use"]["commits"] = Many(map(_key_commit, key.commits))
    yield from pieces(found)
    yield "\n"


def render_failure(error: UndecidedError) -> str:
    """Return the document where no audit could be made, ended by a newline."""
    found = {"schema": SCHEMA, "verdict": "undecided", "error": error_document(error)}
    return written(found) + "\n"


def document(answer: Answer, used: Used | None = None) -> dict[str, Any]:
    """Return the document as JSON values."""
    audit = answer.audit
    if audit is None:
        return {
            "schema": SCHEMA,
            "verdict": answer.report.verdict.value,
            "report": json_report.document(answer.report, used),
        }
    return _document(audit, used)


def _document(audit: Audit, used: Used | None) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "verdict": audit.verdict.value,
        "reason": audit.reason,
        "target": audit.target.hex(),
        "since": _id(audit.since),
        "introduction": {
            "commit": audit.introduction.commit.hex(),
            "signer": audit.introduction.signer,
        },
        "record": used_document(used),
        "path": audit.path,
        "historical": audit.historical,
        "head": _id(audit.head),
        "now": audit.now,
        "first": audit.first,
        "last": audit.last,
        "coverage": _coverage(audit.coverage),
        "months": [_month(one) for one in audit.months],
        "algorithms": [_algorithm(one) for one in audit.algorithms],
        "people": [_person(one) for one in audit.people],
        "memberships": [_membership(one) for one in audit.memberships],
        "keys": [_key_note(one) for one in audit.keys],
        "grants": [_grant(one) for one in audit.grants],
        "problems": list(audit.problems),
        "key_use": _key_use(audit.key_use) if audit.key_use is not None else None,
        "what_if": _what_if(audit.what_if) if audit.what_if is not None else None,
    }


def _id(commit: ObjectId | None) -> str | None:
    return commit.hex() if commit is not None else None


def _text(raw: bytes) -> str:
    """Bytes that are no UTF-8 stand as an x and two digits, a backslash before them.

    A backslash itself is written twice, so that no two texts become one.
    """
    return raw.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")


def _moment(moment: Moment | None) -> dict[str, Any] | None:
    return {"commit": moment.commit.hex(), "date": moment.date} if moment is not None else None


def _coverage(found: Coverage) -> dict[str, Any]:
    return {
        "commits": found.commits,
        "trusted": found.trusted,
        "by_person": found.by_person,
        "service_only": found.service_only,
        "refused": dict(found.refused),
        "undecided": dict(found.undecided),
        "unsigned": found.unsigned,
        "on_path": found.on_path,
        "trusted_beside": found.trusted_beside,
        "merges": {
            "all": found.merges.all,
            "trusted": found.merges.trusted,
            "by_service": found.merges.by_service,
            "bringing_in": found.merges.bringing_in,
        },
        "stretches_in_all": found.stretches_in_all,
        "stretches": [_stretch(one) for one in found.stretches],
    }


def _stretch(one: Stretch) -> dict[str, Any]:
    return {
        "commits": [commit.hex() for commit in one.commits],
        "first": one.first,
        "last": one.last,
        "reasons": dict(one.reasons),
        "merged_by": _id(one.merged_by),
    }


def _month(one: Month) -> dict[str, Any]:
    return {
        "month": one.month,
        "people": dict(one.people),
        "services": dict(one.services),
        "refused": dict(one.refused),
        "undecided": dict(one.undecided),
    }


def _algorithm(one: Algorithm) -> dict[str, Any]:
    return {"algorithm": one.algorithm, "digest": one.digest, "commits": one.commits}


def _person(one: PersonUse) -> dict[str, Any]:
    return {
        "name": one.name,
        "service": one.service,
        "listed": one.listed,
        "commits": one.commits,
        "path_commits": one.path_commits,
        "share": one.share,
        "first": _moment(one.first),
        "last": _moment(one.last),
        "keys": [
            {
                "fingerprint": key.fingerprint,
                "commits": key.commits,
                "first": _moment(key.first),
                "last": _moment(key.last),
                "algorithms": [_algorithm(each) for each in key.algorithms],
            }
            for key in one.keys
        ],
        "unused_keys": list(one.unused_keys),
        "months": dict(one.months),
        "removable": one.removable,
        "reliances": [reliance.value for reliance in one.reliances],
    }


def _membership(one: Membership) -> dict[str, Any]:
    return {
        "name": one.name,
        "service": one.service,
        "stays": [
            {"joined": _moment(stay.joined), "left": _moment(stay.left)} for stay in one.stays
        ],
    }


def _key_note(one: KeyNote) -> dict[str, Any]:
    return {
        "state": one.state.value,
        "fingerprint": one.fingerprint,
        "person": one.person,
        "detail": one.detail,
        "expires": one.expires,
    }


def _grant(one: Grant) -> dict[str, Any]:
    return {
        "commit": one.commit.hex(),
        "date": one.date,
        "state": one.state.value,
        "reason": one.reason,
        "person": one.person,
        "service": one.service,
        "signer": one.signer,
        "changes": [_change(row) for row in one.rows],
        "adds_own": one.adds_own,
        "chooses": one.chooses,
        "drops": one.drops,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "change": change.row.value,
        "person": change.person,
        "fingerprint": change.key or "",
        "service": change.service,
        "history": change.mode.value if change.mode is not None else None,
    }


def _key_use(use: KeyUse) -> dict[str, Any]:
    return {
        "fingerprint": use.fingerprint,
        "keys": list(use.keys),
        "since": _id(use.since),
        "since_date": use.since_date,
        "listed_for": list(use.listed_for),
        "without_trees": use.without_trees,
        "commits": [_key_commit(one) for one in use.commits],
        "paths": [{"path": _text(path), "commits": number} for path, number in use.paths.items()],
        "grants": [one.commit.hex() for one in use.grants],
    }


def _key_commit(one: KeyCommit) -> dict[str, Any]:
    return {
        "commit": one.commit.hex(),
        "date": one.date,
        "state": one.state.value,
        "reason": one.reason,
        "person": one.person,
        "signer": one.signer,
        "claimed": one.claimed.value,
        "merge": one.merge,
        "paths": [_text(path) for path in one.paths],
        "complete": one.complete,
    }


def _what_if(found: WhatIf) -> dict[str, Any]:
    return {
        "draft": found.draft,
        "history": found.history.value,
        "verdict": found.verdict.value,
        "trusted": found.trusted,
        "refused": dict(found.refused),
        "undecided": dict(found.undecided),
        "newly_refused": dict(found.newly_refused),
        "newly_trusted": found.newly_trusted,
        "considered": found.considered,
        "needed": [_needed(one) for one in found.needed],
    }


def _needed(one: Needed) -> dict[str, Any]:
    return {
        "who": _text(one.who),
        "signer": one.signer,
        "reason": one.reason,
        "commits": one.commits,
        "first": _moment(one.first),
        "last": _moment(one.last),
    }
