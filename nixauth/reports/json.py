"""A report for machines: one JSON document. docs/json.md documents it field by field."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from itertools import islice
from typing import Any

from nixauth.errors import UndecidedError
from nixauth.model import Problem, Reason, Refusal, Report

SCHEMA = 1
"""Raised when a field changes its meaning or goes; new fields do not raise it."""


_PLACE = '\n  "refusals": []'
"""Within a JSON text no string holds a line feed: this is the field itself, and stands once."""
_AT_ONCE = 1000


def render(report: Report) -> Iterator[str]:
    """Yield the document in pieces, ended by a newline. It may have a million refusals."""
    text = _dumps(document(report, refusals=())) + "\n"
    if not report.refusals:
        yield text
        return
    before, place, after = text.partition(_PLACE)
    yield f"{before}{place[:-1]}"
    separator = "\n"
    refusals = iter(report.refusals)
    while some := list(islice(refusals, _AT_ONCE)):
        yield separator + ",\n".join(map(_entry, some))
        separator = ",\n"
    yield f"\n  ]{after}"


def _entry(refusal: Refusal) -> str:
    """Return a refusal as it stands in the document, two levels deep."""
    return "    " + _object(_refusal(refusal), "\n    ")


def _object(document: Mapping[str, object], margin: str) -> str:
    """Return what `_dumps` would, without the garbage that an indented encoder leaves behind."""
    lines = []
    for name, value in document.items():
        if isinstance(value, dict) and value:
            text = _object(value, f"{margin}  ")
        else:
            text = json.dumps(value)
        lines.append(f"{margin}  {json.dumps(name)}: {text}")
    return "{" + ",".join(lines) + margin + "}"


def _dumps(document: Mapping[str, object]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=True)


def _refusal(refusal: Refusal) -> dict[str, Any]:
    return {"commit": refusal.commit.hex(), **reason_document(refusal.reason)}


def document(report: Report, *, refusals: Iterable[Refusal] | None = None) -> dict[str, Any]:
    """Return the document as JSON values, with other refusals than the report's where given."""
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
    listed = report.refusals if refusals is None else refusals
    found["refusals"] = [_refusal(refusal) for refusal in listed]
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
    return _dumps(found) + "\n"


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
