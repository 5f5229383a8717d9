"""What a draft would refuse, for the person who thinks of turning it on."""

from __future__ import annotations

from collections.abc import Iterator

from nixauth.audit.asked import Needed, WhatIf
from nixauth.display import printable, spaced
from nixauth.reports.audit_words import asked_of, count, day, has_to, listed, target_would
from nixauth.reports.tables import table


def lines(found: WhatIf, width: int | None) -> Iterator[str]:
    """Yield the section's lines."""
    yield ""
    yield f"What if {printable(found.draft)} were in force everywhere ({found.history.value})"
    yield f"  {target_would(found)}"
    yield f"  trusted: {count(found.trusted, 'commit')}"
    if found.refused:
        yield f"  refused: {listed(found.refused)}"
    if found.undecided:
        yield f"  not decided: {listed(found.undecided)}"
    if found.newly_refused:
        yield f"  trusted today, and refused then: {listed(found.newly_refused)}"
    if found.newly_trusted:
        yield f"  trusted then, and not today: {count(found.newly_trusted, 'commit')}"
    if not found.needed:
        yield f"  {asked_of(found)}"
        return
    yield f"  {asked_of(found)}:"
    rows = [_row(one) for one in found.needed]
    header = ("commits", "reason", "has to", "who", "key", "last")
    yield from table(header, rows, width=width, right=(0,), whole=(4,), margin="    ")


def _row(one: Needed) -> tuple[str, ...]:
    return (
        f"{one.commits:,}",
        one.reason,
        has_to(one.reason),
        printable(one.who, 160),
        spaced(one.signer) if one.signer else "",
        day(one.last.date),
    )
