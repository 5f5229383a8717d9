"""What is said of a merge, for machines: one JSON document. docs/json.md documents it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from nixauth.merging.values import Candidate, Change, MergeReport, NewCommit, State
from nixauth.model import Refusal, Verdict
from nixauth.reports.json import document as report_document
from nixauth.reports.json import error_document, reason_document

SCHEMA = 1
"""Raised when a field changes its meaning or goes; new fields do not raise it."""


def render(merge: MergeReport) -> Iterator[str]:
    """Yield the document in pieces, ended by a newline."""
    yield from json.JSONEncoder(indent=2, ensure_ascii=True).iterencode(document(merge))
    yield "\n"


def document(merge: MergeReport) -> dict[str, Any]:
    """Return the document as JSON values."""
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "verdict": merge.outlook.value,
        "base": merge.base.hex(),
        "head": merge.head.hex(),
        "introduction": {
            "commit": merge.introduction.commit.hex(),
            "signer": merge.introduction.signer,
        },
        "path": merge.path,
        "kind": merge.kind.value,
        "base_report": report_document(merge.base_report),
    }
    if merge.error is not None:
        found["error"] = error_document(merge.error)
    if merge.base_report.verdict is not Verdict.AUTHENTIC:
        return found
    counts = Counter(one.state for one in merge.new)
    found |= {
        "history": merge.mode.value if merge.mode is not None else None,
        "merge": merge.merge.value if merge.merge is not None else None,
        "fast_forward": report_document(merge.fast_forward) if merge.fast_forward else None,
        "obstacles": [_refusal(one) for one in merge.obstacles],
        "counts": {state.value: counts[state] for state in State},
        "new": [_new(one) for one in merge.new],
        "signers": [_candidate(one) for one in merge.candidates],
        "authorizations": {
            "origin": merge.effect.origin.value,
            "fault": reason_document(merge.effect.fault) if merge.effect.fault else None,
            "changes": [_change(one) for one in merge.effect.changes],
        },
    }
    return found


def _refusal(refusal: Refusal) -> dict[str, Any]:
    return {"commit": refusal.commit.hex(), **reason_document(refusal.reason)}


def _new(one: NewCommit) -> dict[str, Any]:
    found: dict[str, Any] = {"commit": one.commit.hex(), "state": one.state.value}
    if one.reason is not None:
        found |= reason_document(one.reason)
    if one.error is not None:
        found["error"] = error_document(one.error)
    return found


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        "name": one.name,
        "service": one.service,
        "may_sign": one.may_sign,
        "keys": list(one.keys),
        "limit": one.limit.value,
        "refusal": reason_document(one.reason) if one.reason is not None else None,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "change": change.row.value,
        "person": change.person,
        "fingerprint": change.key or "",
        "service": change.service,
        "history": change.mode.value if change.mode is not None else None,
    }
