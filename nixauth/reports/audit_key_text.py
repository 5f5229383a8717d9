"""What one key signed, for a person who has an incident at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nixauth.audit.asked import KeyCommit, KeyUse
from nixauth.audit.values import State
from nixauth.display import printable, spaced
from nixauth.model import ObjectId
from nixauth.reports.audit_words import (
    CLAIMED,
    WITHOUT_TREES,
    count,
    day,
    short,
    signed,
    standing,
)
from nixauth.reports.tables import table


def lines(
    use: KeyUse,
    introduction: ObjectId,
    subject: Callable[[ObjectId], str],
    width: int | None,
) -> Iterator[str]:
    """Yield the section's lines."""
    yield ""
    yield f"Key {spaced(use.fingerprint)}"
    names = ", ".join(printable(name, 60) for name in use.listed_for)
    yield f"  listed at the target: {f'yes, for {names}' if names else 'no'}"
    others = [key for key in use.keys if key != use.fingerprint]
    if others:
        yield f"  counted with it, its signing subkeys: {', '.join(map(spaced, others))}"
    if use.since is not None:
        yield f"  since: what commit {use.since.hex()} does not reach"
    if use.since_date is not None:
        yield f"  since: {day(use.since_date)}, by the dates that the commits give themselves"
    yield f"  signed: {signed(use)}"
    rows = [_row(one, introduction, subject) for one in use.commits]
    header = ("commit", "date", "trust", "signature", "paths", "subject")
    yield from table(header, rows, width=width, right=(4,))
    if use.grants:
        yield f"  changes of the authorizations among them: {len(use.grants)}"
        for grant in use.grants:
            own = ", and gives something to its signer" if grant.adds_own else ""
            yield f"    {short(grant.commit)}: {count(len(grant.rows), 'change')}{own}"
    yield from _paths(use)


def _row(
    one: KeyCommit, introduction: ObjectId, subject: Callable[[ObjectId], str]
) -> tuple[str, ...]:
    return (
        short(one.commit),
        day(one.date),
        "trusted" if one.state is State.TRUSTED else one.reason,
        CLAIMED[one.claimed],
        f"{len(one.paths):,}" if one.complete else f"{len(one.paths):,}+?",
        f"{standing(one, introduction)}{subject(one.commit)}",
    )


def _paths(use: KeyUse) -> Iterator[str]:
    if use.without_trees:
        yield f"  note: of {count(use.without_trees, 'commit')} {WITHOUT_TREES}"
    if use.paths:
        yield f"  changed: {count(len(use.paths), 'path')} (merges against their first parent)"
        for path, number in use.paths.items():
            yield f"    {number:>4}  {printable(path, 4096)}"
