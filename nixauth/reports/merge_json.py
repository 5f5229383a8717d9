"""What is said of a merge, for machines: one JSON document. docs/json.md documents it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from nixauth.merging.values import Candidate, Change, MergeReport, NewCommit, State
from nixauth.model import Report, Verdict
from nixauth.reports.json import (
    Used,
    error_document,
    reason_document,
    refusal_document,
    shell,
    used_document,
)
from nixauth.reports.json import document as report_document
from nixauth.reports.pieces import Many, pieces

SCHEMA = 1
"""Raised when a field changes its meaning or goes; new fields do not raise it."""


def render(merge: MergeReport, used: Used | None = None) -> Iterator[str]:
    """Yield the document in pieces, ended by a newline."""
    yield from pieces(_document(merge, used, shell, Many))
    yield "\n"


def document(merge: MergeReport, used: Used | None = None) -> dict[str, Any]:
    """Return the document as JSON values."""
    return _document(merge, used, report_document, list)


def _document(
    merge: MergeReport,
    used: Used | None,
    report: Callable[[Report, Used | None], dict[str, Any]],
    many: Callable[[Iterable[dict[str, Any]]], object],
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "verdict": merge.outlook.value,
        "base": merge.base.hex(),
        "head": merge.head.hex(),
        "introduction": {
            "commit": merge.introduction.commit.hex(),
            "signer": merge.introduction.signer,
        },
        "record": used_document(used),
        "path": merge.path,
        "kind": merge.kind.value,
        "base_report": report(merge.base_report, used),
    }
    if merge.error is not None:
        found["error"] = error_document(merge.error)
    if merge.base_report.verdict is not Verdict.AUTHENTIC:
        return found
    counts = Counter(one.state for one in merge.new)
    found |= {
        "history": merge.mode.value if merge.mode is not None else None,
        "merge": merge.merge.value if merge.merge is not None else None,
        "fast_forward": report(merge.fast_forward, used) if merge.fast_forward else None,
        "obstacles": many(map(refusal_document, merge.obstacles)),
        "counts": {state.value: counts[state] for state in State},
        "new": many(map(_new, merge.new)),
        "signers": [_candidate(one) for one in merge.candidates],
        "authorizations": {
            "origin": merge.effect.origin.value,
            "fault": reason_document(merge.effect.fault) if merge.effect.fault else None,
            "changes": [_change(one) for one in merge.effect.changes],
        },
    }
    return found


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
