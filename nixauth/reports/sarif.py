"""A report as a SARIF 2.1.0 log: the reasons are its rules, the refusals its results.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any, get_args
from urllib.parse import quote

from nixauth.model import Reason
from nixauth.reports.reasons import STEPS
from nixauth.reports.remarks import CODES, Level, Remark

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_DEFAULT_PATH = ".authorizations"
_REASONS = {reason.code: (reason.__doc__ or "") for reason in get_args(Reason)}


def render(
    remarks: Iterable[Remark], *, decided: bool, exit_code: int, version: str, path: str
) -> Iterator[str]:
    """Yield the log in pieces, ended by a newline.

    Results are what was judged. What could not be decided (`decided` false) is no result, but a
    notification of the tool. `path` is the authorizations file, where everything is shown that
    has no other place.
    """
    found = list(remarks)
    judged = [one for one in found if not _is_notification(one, decided=decided)]
    rules = list(dict.fromkeys([*_REASONS, *CODES, *(one.code for one in judged)]))
    numbers = {code: number for number, code in enumerate(rules)}
    invocation: dict[str, Any] = {
        "executionSuccessful": decided,
        "exitCode": exit_code,
        "toolExecutionNotifications": [
            {
                "descriptor": {"id": one.code},
                "level": "error",
                "message": {"text": _message(one.message)},
            }
            for one in found
            if _is_notification(one, decided=decided)
        ],
    }
    run = {
        "tool": {"driver": _driver(rules, version)},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "results": [_result(one, numbers[one.code], path or _DEFAULT_PATH) for one in judged],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    yield from json.JSONEncoder(indent=2, ensure_ascii=True).iterencode(log)
    yield "\n"


def _is_notification(one: Remark, *, decided: bool) -> bool:
    return not decided and one.level is Level.ERROR and one.code not in {*_REASONS, *CODES}


def _driver(rules: Iterable[str], version: str) -> dict[str, Any]:
    driver: dict[str, Any] = {"name": "nixauth", "rules": [_rule(code) for code in rules]}
    if version:
        driver["version"] = version
    return driver


def _rule(code: str) -> dict[str, Any]:
    about = _REASONS.get(code) or CODES.get(code) or f"A warning: {code}."
    rule: dict[str, Any] = {
        "id": code,
        "name": "".join(part.capitalize() for part in code.split("-")),
        "shortDescription": {"text": _message(" ".join(about.split()).partition(". ")[2] or about)},
    }
    if code in STEPS:
        rule["help"] = {"text": f"Step {STEPS[code]} of docs/rule.md."}
    return rule


def _result(one: Remark, rule: int, path: str) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(one.path or path)}}
    if one.line:
        place["region"] = {"startLine": one.line, "startColumn": one.column}
    location: dict[str, Any] = {"physicalLocation": place}
    if one.commit is not None:
        location["logicalLocations"] = [
            {"name": one.commit.hex(), "fullyQualifiedName": one.commit.hex(), "kind": "commit"}
        ]
    mark = _fingerprint(one)
    return {
        "ruleId": one.code,
        "ruleIndex": rule,
        "kind": "pass" if one.level is Level.NOTICE else "fail",
        "level": "none" if one.level is Level.NOTICE else one.level.value,
        "message": {"text": _message(one.message)},
        "locations": [location],
        # The second name is the one that GitHub knows results again by.
        "partialFingerprints": {"nixauthRemark/v1": mark, "primaryLocationLineHash": mark},
    }


def _fingerprint(one: Remark) -> str:
    """Name the same remark in each run: what is refused, why, and for whose key."""
    commit = one.commit.hex() if one.commit is not None else ""
    about = one.message if one.code == "authorizations-change" else ""
    parts = (one.code, commit, one.path, one.key, about)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _message(text: str) -> str:
    """Escape what would be a placeholder or a link in a message (3.11.5, 3.11.6)."""
    escaped = text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return escaped.replace("{", "{{").replace("}", "}}")


def _uri(path: str) -> str:
    return quote(path.encode("utf-8", "surrogateescape"), safe="/")
