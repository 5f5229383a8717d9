"""What an update of a channel found: text for a person, a document for a machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from nixauth.channels.state import written
from nixauth.channels.values import Age, Obstacle, Outcome, Pin
from nixauth.display import printable
from nixauth.errors import NixauthError
from nixauth.model import Verdict
from nixauth.reports import json as json_report
from nixauth.reports.text import Background, render

SCHEMA = 1
_LONGEST = 400
_DAY = 86_400
_OBSTACLES = {
    Obstacle.STALE: "it is authentic, and too old",
    Obstacle.TREE: "it is authentic, and its tree cannot be bound to a hash",
    Obstacle.NOT_PUBLISHED_THERE: "it is not on the trusted line of the branch",
}
_NEXT = {
    Obstacle.STALE: "somebody may keep newer commits from you: see what the maintainers publish,"
    " and whether this machine's clock is right",
    Obstacle.TREE: "do not use it; the message says what stands in the way",
    Obstacle.NOT_PUBLISHED_THERE: "do not use it: who named this commit may be mistaken, or lie."
    " Compare with what the maintainers publish",
}


def text(outcome: Outcome, background: Background) -> Iterator[str]:
    """Yield the lines, ended by newlines, for one channel."""
    name = printable(outcome.channel.name, _LONGEST)
    if outcome.pin is not None:
        yield from _accepted(name, outcome, outcome.pin)
    else:
        yield f"{name}: {outcome.verdict.value}, {_stays(outcome.before)}\n"
        if outcome.obstacle is not None:
            yield from obstacle_text(outcome, outcome.obstacle)
        else:
            yield from (f"  {line}" for line in render(outcome.report, background))
    for warning in outcome.warnings:
        yield f"  warning: {printable(warning, _LONGEST)}\n"


def _accepted(name: str, outcome: Outcome, pin: Pin) -> Iterator[str]:
    if outcome.before is not None and outcome.before.commit == pin.commit:
        yield f"{name}: authentic, nothing new: {pin.commit.hex()}\n"
    else:
        yield f"{name}: authentic, updated to {pin.commit.hex()}\n"
        if outcome.before is not None:
            yield f"  before: {outcome.before.commit.hex()}\n"
    yield f"  committed: {_date(pin.last_modified)}\n"
    yield f"  narHash: {pin.nar_hash}\n"
    if pin.archived_hash is None:
        yield "  git archive makes nothing of this tree that could be hashed\n"
    elif pin.archived_hash != pin.nar_hash:
        yield f"  narHash as git archive makes it: {pin.archived_hash}\n"
    if outcome.published_at:
        yield f"  published at: {printable(outcome.published_at, _LONGEST)}\n"
    if outcome.left:
        yield f"  left behind, newer and not authentic: {_counted(outcome.left)}\n"


def _stays(before: Pin | None) -> str:
    return f"still at {before.commit.hex()}" if before is not None else "and there is no pin yet"


def obstacle_text(outcome: Outcome, obstacle: Obstacle) -> Iterator[str]:
    """Yield the lines about what stands in the way of a commit."""
    yield f"  commit: {outcome.report.target.hex()}\n"
    yield f"  reason: {_OBSTACLES[obstacle]} ({obstacle.value})\n"
    if outcome.detail:
        yield f"  {printable(outcome.detail, _LONGEST)}\n"
    if outcome.age is not None:
        yield f"  {_age(outcome.age)}\n"
    yield f"  next: {_NEXT[obstacle]}\n"


def _age(age: Age) -> str:
    days = (age.now - age.committed) / _DAY
    return (
        f"committed {_date(age.committed)}, the clock says {_date(age.now)}: {days:.1f} days,"
        f" where {age.allowed / _DAY:.1f} are allowed"
    )


def _date(seconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, OSError, ValueError):
        return f"{seconds} seconds after 1970"


def _counted(left: Mapping[str, int]) -> str:
    many = sum(left.values())
    parts = ", ".join(f"{number} {code}" for code, number in sorted(left.items()))
    return f"{many:,} commit{'' if many == 1 else 's'} ({parts})"


def document(
    outcome: Outcome, applied: Sequence[str] = (), fault: NixauthError | None = None
) -> dict[str, Any]:
    """Return an outcome for a machine; docs/channels.md has the fields.

    `applied` says where the pin was put, `fault` why it could not be put somewhere.
    """
    before, pin, age = outcome.before, outcome.pin, outcome.age
    return {
        "channel": outcome.channel.name,
        "verdict": outcome.verdict.value,
        "changed": pin is not None and (before is None or before.commit != pin.commit),
        "pin": written(pin) if pin is not None else None,
        "before": written(before) if before is not None else None,
        "obstacle": outcome.obstacle.value if outcome.obstacle is not None else None,
        "detail": outcome.detail or None,
        "age": None
        if age is None
        else {"committed": age.committed, "now": age.now, "allowed": age.allowed},
        "left": dict(outcome.left),
        "published_at": outcome.published_at or None,
        "report": json_report.document(outcome.report),
        "warnings": list(outcome.warnings),
        "applied": list(applied),
        "error": _error(fault) if fault is not None else None,
    }


def failure(channel: str, error: NixauthError) -> dict[str, Any]:
    """Return what could not be decided, in the form of `document`."""
    unknown = ("pin", "before", "obstacle", "detail", "age", "published_at", "report")
    return {
        "channel": channel,
        "verdict": Verdict.UNDECIDED.value,
        "changed": False,
        **dict.fromkeys(unknown),
        "left": {},
        "warnings": [],
        "applied": [],
        "error": _error(error),
    }


def _error(error: NixauthError) -> dict[str, Any]:
    return {"kind": error.kind, "message": error.message, "hint": error.hint or None}
