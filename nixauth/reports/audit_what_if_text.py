"""What a draft would refuse, for the person who thinks of turning it on."""

from __future__ import annotations

from collections.abc import Iterator

from nixauth.audit.asked import Needed, WhatIf
from nixauth.display import printable, spaced
from nixauth.model import HistoryMode, Verdict
from nixauth.reports.audit_words import count, day, listed
from nixauth.reports.tables import table

_DO = {
    "unsigned": "sign",
    "unauthorized-key": "be listed",
    "missing-key": "publish the key, and be listed",
    "unusable-key": "sign with another key",
    "weak-digest": "sign with a better digest",
    "bad-signature": "sign anew",
}


def lines(found: WhatIf, width: int | None) -> Iterator[str]:
    """Yield the section's lines."""
    yield ""
    yield f"What if {printable(found.draft)} were in force everywhere ({found.history.value})"
    verdict = {
        Verdict.AUTHENTIC: "would be authentic",
        Verdict.REFUSED: "would be refused",
        Verdict.UNDECIDED: "could not be decided",
    }[found.verdict]
    yield f"  the target {verdict}"
    yield f"  trusted: {count(found.trusted, 'commit')}"
    if found.refused:
        yield f"  refused: {listed(found.refused)}"
    if found.undecided:
        yield f"  not decided: {listed(found.undecided)}"
    if found.newly_refused:
        yield f"  trusted today, and refused then: {listed(found.newly_refused)}"
    if found.newly_trusted:
        yield f"  trusted then, and not today: {count(found.newly_trusted, 'commit')}"
    what = "commit" if found.history is HistoryMode.EVERY_COMMIT else "commit on the first parents"
    if not found.needed:
        yield f"  nobody has to do anything: {_considered(found)} would do as they are"
        return
    yield f"  who has to do something first (of {count(found.considered, what)}):"
    rows = [_row(one) for one in found.needed]
    header = ("commits", "reason", "has to", "who", "key", "last")
    yield from table(header, rows, width=width, right=(0,), margin="    ")


def _considered(found: WhatIf) -> str:
    return f"all {found.considered:,} that have to be signed"


def _row(one: Needed) -> tuple[str, ...]:
    return (
        f"{one.commits:,}",
        one.reason,
        _DO.get(one.reason, "look into it"),
        printable(one.who, 160),
        spaced(one.signer) if one.signer else "",
        day(one.last.date),
    )
