"""A report as a SARIF 2.1.0 log: the reasons are its rules, the refusals its results.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args
from urllib.parse import quote

from nixauth.display import printable
from nixauth.model import Reason
from nixauth.reports.pieces import Many, pieces
from nixauth.reports.reasons import STEPS
from nixauth.reports.remarks import CODES, Level, Remark

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_HALVES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_DEFAULT_PATH = ".authorizations"
_REASONS = {reason.code: (reason.__doc__ or "") for reason in get_args(Reason)}


def render(
    remarks: Iterable[Remark], *, decided: bool, exit_code: int, version: str, path: str
) -> Iterator[str]:
    """Yield the log in pieces, ended by a newline; there may be a million results, a line each.

    Results are what was judged. What could not be decided (`decided` false) is no result, but a
    notification of the tool. `path` is the authorizations file, where everything is shown that
    has no other place.
    """
    numbers = {code: number for number, code in enumerate(dict.fromkeys([*_REASONS, *CODES]))}
    notified: list[dict[str, Any]] = []

    def results() -> Iterator[dict[str, Any]]:
        for one in remarks:
            if _is_notification(one, decided=decided):
                notified.append(_notification(one))
            else:
                yield _result(one, numbers.setdefault(one.code, len(numbers)), path)

    # What is known once the results were written comes behind them.
    run = {
        "columnKind": "unicodeCodePoints",
        "results": Many(results(), compact=True),
        "invocations": lambda: [
            {
                "executionSuccessful": decided,
                "exitCode": exit_code,
                "toolExecutionNotifications": notified,
            }
        ],
        "tool": lambda: {"driver": _driver(numbers, version)},
    }
    yield from _log(run)


def _log(run: Mapping[str, object]) -> Iterator[str]:
    """Yield a log of one run."""
    yield f'{{\n  "$schema": {json.dumps(SCHEMA)},\n  "version": "2.1.0",\n  "runs": [\n    '
    yield from pieces(run, "\n    ")
    yield "\n  ]\n}\n"


def _notification(one: Remark) -> dict[str, Any]:
    return {
        "descriptor": {"id": one.code},
        "level": "error",
        "message": {"text": _message(one.message)},
    }


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
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(one.path or path or _DEFAULT_PATH)}}
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
    return hashlib.sha256(_octets("\0".join(parts))).hexdigest()


def _message(text: str) -> str:
    """Escape what would be a placeholder or a link in a message (3.11.5, 3.11.6)."""
    escaped = (
        printable(text, len(text)).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    )
    return escaped.replace("{", "{{").replace("}", "}}")


def _uri(path: str) -> str:
    return quote(_octets(path), safe="/")


def _octets(text: str) -> bytes:
    """Encode what may hold escaped octets (PEP 383), and whatever else no text should."""
    return _HALVES.sub("\ufffd", text).encode("utf-8", "surrogateescape")
