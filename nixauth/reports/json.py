"""A report for machines: one JSON document. docs/json.md documents it field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from nixauth.errors import UndecidedError
from nixauth.model import Problem, Reason, Refusal, Report
from nixauth.reports.pieces import Many, pieces, written

SCHEMA = 1
"""Raised when a field changes its meaning or goes; new fields do not raise it."""


@dataclass(frozen=True, slots=True)
class Used:
    """Which record was used: a branch's, or for an empty name the repository's.

    `introduction` says whether the introduction is the recorded one, or was given.
    """

    branch: str
    introduction: bool


def render(report: Report, used: Used | None = None) -> Iterator[str]:
    """Yield the document in pieces, ended by a newline. It may have a million refusals."""
    yield from pieces(shell(report, used))
    yield "\n"


def shell(report: Report, used: Used | None = None) -> dict[str, Any]:
    """Return the document for `pieces`, its refusals still to be written."""
    return _document(report, used, Many(map(refusal_document, report.refusals)))


def refusal_document(refusal: Refusal) -> dict[str, Any]:
    """Return a refused commit and its reason."""
    return {"commit": refusal.commit.hex(), **reason_document(refusal.reason)}


def document(report: Report, used: Used | None = None) -> dict[str, Any]:
    """Return the document as JSON values."""
    return _document(report, used, [refusal_document(one) for one in report.refusals])


def used_document(used: Used | None) -> dict[str, Any] | None:
    """Return which record was used, None for none."""
    if used is None:
        return None
    return {"branch": used.branch or None, "introduction": used.introduction}


def _document(report: Report, used: Used | None, refusals: object) -> dict[str, Any]:
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "verdict": report.verdict.value,
        "target": report.target.hex(),
        "introduction": {
            "commit": report.introduction.commit.hex(),
            "signer": report.introduction.signer,
        },
        "record": used_document(used),
        "path": report.path,
        "historical": report.historical,
        "verified": report.verified,
    }
    if report.stats is not None:
        found["trusted"] = report.stats.trusted
        found["service_only"] = report.stats.service_only
        found["signers"] = [
            {
                "person": one.person,
                "fingerprint": one.fingerprint,
                "service": one.service,
                "commits": one.commits,
            }
            for one in report.stats.signers
        ]
    found["refusals"] = refusals
    found["untrusted"] = dict(report.untrusted)
    found["warnings"] = [
        {
            "kind": warning.kind,
            "message": warning.message,
            "fingerprint": warning.fingerprint,
            "person": warning.person,
        }
        for warning in report.warnings
    ]
    if report.error is not None:
        found["error"] = error_document(report.error)
    return found


def render_failure(error: UndecidedError) -> str:
    """Return the document for a question that could not even be put, ended by a newline."""
    found = {"schema": SCHEMA, "verdict": "undecided", "error": error_document(error)}
    return written(found) + "\n"


def error_document(error: UndecidedError) -> dict[str, str]:
    """Return what could not be decided."""
    return {"kind": error.kind, "message": error.message, "hint": error.hint}


def reason_document(reason: Reason) -> dict[str, Any]:
    """Return a reason's string and its data."""
    data: dict[str, Any] = {"reason": reason.code}
    for field in fields(reason):
        data[field.name] = _value(getattr(reason, field.name))
    return data


def _value(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Problem):
        return {"line": value.line, "column": value.column, "message": value.message}
    return value
