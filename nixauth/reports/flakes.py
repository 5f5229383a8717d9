"""A flake's lock held against the channels: text for a person, a document for a machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from nixauth.channels.flakes import Finding, Standing
from nixauth.channels.state import written
from nixauth.channels.values import Outcome
from nixauth.display import printable
from nixauth.pins.flake_lock import Lock
from nixauth.pins.inputs import Input
from nixauth.reports import channels as channel_report
from nixauth.reports.text import Background, render

SCHEMA = 1
_LONGEST = 400
NEXT = {
    Standing.REFUSED: "nixauth flake update locks it to an authentic commit",
    Standing.OTHER_CONTENT: "do not use this lock: what it binds is not what the commit holds",
    Standing.NOT_UNDERSTOOD: "see the input in the lock; nothing was decided of it",
    Standing.AMBIGUOUS: "name the branch in flake.nix (ref=…)",
}
"""What to do about an input, by what was said of it."""


def text(
    finding: Finding, background: Background, *, require_all: bool, quiet: bool
) -> Iterator[str]:
    """Yield the lines, ended by newlines, for one input."""
    refused = finding.refused(require_all=require_all)
    if quiet and not refused and finding.standing is not Standing.UNDECIDED:
        return
    ways = " = ".join("/".join(way) for way in finding.input.paths)
    channel = f" (channel {printable(finding.channel)})" if finding.channel else ""
    word = finding.standing.value
    if finding.standing is Standing.UNAUTHENTICATED and refused:
        word = f"refused, {word}"
    yield f"{printable(ways, _LONGEST)}: {word}{channel}\n"
    if finding.input.rev is not None and finding.standing is not Standing.UNAUTHENTICATED:
        yield f"  rev: {printable(finding.input.rev)}\n"
    if finding.detail and finding.standing is not Standing.REFUSED:
        yield f"  {printable(finding.detail, _LONGEST)}\n"
    outcome = finding.outcome
    if finding.standing is Standing.REFUSED and outcome is not None:
        if outcome.obstacle is not None:
            yield from channel_report.obstacle_text(outcome, outcome.obstacle)
        else:
            yield from (f"  {line}" for line in render(outcome.report, background))
        yield from (f"  note: {printable(one, _LONGEST)}\n" for one in outcome.warnings)
    hint = finding.error.hint if finding.error is not None else NEXT.get(finding.standing, "")
    if hint and not (outcome is not None and outcome.obstacle is not None):
        yield f"  next: {printable(hint, _LONGEST)}\n"


def changes(before: Lock, after: Lock, findings: Sequence[Finding]) -> Iterator[str]:
    """Yield a line for each input that a new lock has elsewhere, or has and the old one had not."""
    for finding in findings:
        one = finding.input
        old = before.at("/".join(one.own))
        if old is not None and old.locked == one.locked:
            continue
        was = "new" if old is None else _commit(old)
        channel = f"channel {printable(finding.channel)}" if finding.channel else "no channel"
        name = printable("/".join(one.own), _LONGEST)
        yield f"{name}: {was} -> {_commit(one)} ({finding.standing.value}, {channel})\n"
    for one in before.inputs.values():
        if after.at("/".join(one.own)) is None:
            yield f"{printable('/'.join(one.own), _LONGEST)}: {_commit(one)} -> gone\n"


def _commit(one: Input) -> str:
    return printable(one.rev or one.nar_hash or f"type {one.type.value or 'unknown'}")


def remarks(lock: Lock) -> Iterator[str]:
    """Yield the lines of what is to be said of the lock as a whole."""
    for problem in lock.problems:
        place = "/".join(map(str, problem.path))
        yield f"warning: {printable(place, _LONGEST)}: {printable(problem.message, _LONGEST)}\n"


def document(lock: Lock, findings: Sequence[Finding], *, require_all: bool) -> dict[str, Any]:
    """Return what was found for a machine; docs/flakes.md has the fields."""
    return {
        "schema": SCHEMA,
        "version": lock.version,
        "inputs": [_one(finding, require_all=require_all) for finding in findings],
    }


def _reason(outcome: Outcome | None) -> str | None:
    if outcome is None:
        return None
    if outcome.obstacle is not None:
        return outcome.obstacle.value
    first = next(iter(outcome.report.refusals), None)
    return first.reason.code if first is not None else None


def _one(finding: Finding, *, require_all: bool) -> dict[str, Any]:
    outcome = finding.outcome
    return {
        "paths": ["/".join(way) for way in finding.input.paths],
        "node": finding.input.name,
        "type": finding.input.type.value or None,
        "url": finding.input.url,
        "rev": finding.input.rev,
        "nar_hash": finding.input.nar_hash,
        "channel": finding.channel,
        "standing": finding.standing.value,
        "refused": finding.refused(require_all=require_all),
        "reason": _reason(outcome) if finding.standing is Standing.REFUSED else None,
        "detail": finding.detail or None,
        "warnings": list(outcome.warnings) if outcome is not None else [],
        "pin": written(outcome.pin) if outcome is not None and outcome.pin is not None else None,
        "error": None
        if finding.error is None
        else {"kind": finding.error.kind, "message": finding.error.message},
    }
