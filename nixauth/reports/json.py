"""A report for machines: one JSON document. docs/json.md documents it field by field."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from nixauth.errors import UndecidedError
from nixauth.model import Problem, Reason, Report

SCHEMA = 1
"""Raised when a field changes its meaning or goes; new fields do not raise it."""


def render(report: Report) -> str:
    """Return the document, ended by a newline."""
    return json.dumps(document(report), indent=2, ensure_ascii=True) + "\n"


def document(report: Report) -> dict[str, Any]:
    """Return the document as JSON values."""
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "verdict": report.verdict.value,
        "target": report.target.hex(),
        "introduction": {
            "commit": report.introduction.commit.hex(),
            "signer": report.introduction.signer,
        },
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
    found["refusals"] = [
        {"commit": refusal.commit.hex(), **reason_document(refusal.reason)}
        for refusal in report.refusals
    ]
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
    return json.dumps(found, indent=2, ensure_ascii=True) + "\n"


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
