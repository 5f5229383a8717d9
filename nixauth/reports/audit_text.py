"""An audit for a person: a headline, and a table for each section that has something to say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nixauth.audit.values import (
    Algorithm,
    Coverage,
    Grant,
    KeyState,
    PersonUse,
    State,
    Stretch,
)
from nixauth.audit.whole import Audit
from nixauth.display import commit_text, printable, spaced
from nixauth.model import ObjectId, Verdict
from nixauth.reports import audit_key_text, audit_what_if_text
from nixauth.reports.audit_words import (
    ADDS_OWN,
    CHOOSES,
    DROPS,
    KEY_STATES,
    RELIES,
    count,
    day,
    detail,
    in_words,
    listed,
    percent,
    short,
    undecided,
)
from nixauth.reports.tables import table
from nixauth.reports.text import Background

_MOST_COMMITS = 5
"""So many commits of a stretch are listed without --verbose."""


@dataclass(frozen=True, slots=True)
class Room:
    """Where subjects and owners are found, and how wide a line may be: None for any width."""

    background: Background
    width: int | None = None

    def subject(self, commit: ObjectId) -> str:
        """Return a commit's subject, printable."""
        content = self.background.commit(commit)
        return commit_text(content).subject if content is not None else "(cannot be read)"


def render(audit: Audit, room: Room) -> Iterator[str]:
    """Yield the lines of the text, ended by newlines."""
    for line in _lines(audit, room):
        yield f"{line}\n"


def _lines(audit: Audit, room: Room) -> Iterator[str]:
    yield from _head(audit, room)
    yield from _coverage(audit, room)
    if audit.key_use is not None:
        yield from audit_key_text.lines(
            audit.key_use, audit.introduction.commit, room.subject, room.width
        )
    if audit.what_if is not None:
        yield from audit_what_if_text.lines(audit.what_if, room.width)
    if room.background.quiet:
        return
    yield from _people(audit.people, room)
    yield from _keys(audit, room)
    yield from _grants(audit.grants, room)


# --- what was asked ---


def _head(audit: Audit, room: Room) -> Iterator[str]:
    said = audit.verdict.value + (f", {audit.reason}" if audit.reason else "")
    yield f"audit of {audit.target.hex()} ({said})"
    if missing := undecided(audit):
        yield f"  NOT ALL DECIDED: {missing}"
    yield f"  subject: {room.subject(audit.target)}"
    since = f" and not of {short(audit.since)}" if audit.since is not None else ""
    looked = count(audit.coverage.commits, "commit")
    dates = ""
    if audit.first is not None and audit.last is not None:
        dates = f", {day(audit.first)} to {day(audit.last)}"
    introduction = short(audit.introduction.commit)
    yield f"  looked at: {looked} beyond the introduction {introduction}{since}{dates}"
    stands = " (historical authorizations stand in)" if audit.historical else ""
    yield f"  authorizations: {printable(audit.path)}{stands}"
    if audit.verdict is not Verdict.AUTHENTIC:
        head = audit.head.hex() if audit.head is not None else "none but the introduction"
        yield f"  the trusted path ends at: {head}"
    for problem in audit.problems:
        yield f"  warning: {printable(problem, 300)}"


# --- coverage ---


def _coverage(audit: Audit, room: Room) -> Iterator[str]:
    found = audit.coverage
    rows = list(_coverage_rows(found))
    yield ""
    yield "Coverage"
    yield from table(("", "commits", "share"), rows, width=room.width, right=(1, 2))
    yield from _stretches(found, room)
    if audit.algorithms and not room.background.quiet:
        yield ""
        yield "Signatures"
        yield from table(
            ("algorithm", "digest", "commits"),
            [
                (printable(one.algorithm) or "?", printable(one.digest), f"{one.commits:,}")
                for one in audit.algorithms
            ],
            width=room.width,
            right=(2,),
        )
    if room.background.verbose:
        yield from _months(audit, room)


def _coverage_rows(found: Coverage) -> Iterator[tuple[str, str, str]]:
    every = found.commits

    def row(name: str, number: int) -> tuple[str, str, str]:
        return name, f"{number:,}", percent(number, every)

    yield row("trusted", found.trusted)
    yield row("  vouched for by people", found.by_person)
    yield row("  by a service only", found.service_only)
    yield row("  on the trusted path", found.on_path)
    yield row("  trusted, beside the path", found.trusted_beside)
    refused = sum(found.refused.values())
    yield row("refused", refused)
    for reason, number in found.refused.items():
        yield row(f"  {reason}", number)
    if found.unsigned:
        yield row("  of all these, without any signature", found.unsigned)
    if found.undecided:
        yield row("not decided", sum(found.undecided.values()))
        for kind, number in found.undecided.items():
            yield row(f"  {kind}", number)
    merges = found.merges
    yield row("merges", merges.all)
    yield row("  trusted", merges.trusted)
    yield row("  signed by a service", merges.by_service)
    yield row("  that bring in what nobody vouched for", merges.bringing_in)


def _stretches(found: Coverage, room: Room) -> Iterator[str]:
    if not found.stretches:
        return
    yield ""
    more = f", the longest of {found.stretches_in_all:,}" if found.stretches_in_all > 1 else ""
    yield f"Stretches that nobody vouched for{more}"
    for one in found.stretches:
        yield from _stretch(one, room)


def _stretch(one: Stretch, room: Room) -> Iterator[str]:
    merged = f", merged by {short(one.merged_by)}" if one.merged_by is not None else ""
    reasons = ", ".join(f"{number:,} {reason}" for reason, number in one.reasons.items())
    dates = f"{day(one.first)} to {day(one.last)}"
    yield f"  {count(len(one.commits), 'commit')}, {dates} ({reasons}){merged}"
    most = len(one.commits) if room.background.verbose else _MOST_COMMITS
    rows = [(short(commit), room.subject(commit)) for commit in one.commits[:most]]
    yield from list(table(("", ""), rows, width=room.width, margin="    "))[1:]
    if len(one.commits) > most:
        yield f"    and {len(one.commits) - most:,} more (-v lists them)"


def _months(audit: Audit, room: Room) -> Iterator[str]:
    yield ""
    yield "Months"
    rows = [
        (
            one.month,
            f"{sum(one.people.values()):,}",
            f"{one.service_only:,}",
            f"{sum(one.refused.values()):,}",
            f"{sum(one.undecided.values()):,}",
            listed(one.people),
        )
        for one in audit.months
    ]
    header = ("month", "people", "service", "refused", "undecided", "who")
    yield from table(header, rows, width=room.width, right=(1, 2, 3, 4))


# --- people ---


def _people(people: Sequence[PersonUse], room: Room) -> Iterator[str]:
    if not people:
        return
    yield ""
    yield "People and services"
    header = ("name", "commits", "path", "first", "last", "keys", "signatures")
    rows = [
        (
            _name(one),
            f"{one.commits:,}",
            percent(one.path_commits, 0, one.share),
            day(one.first.date) if one.first is not None else "",
            day(one.last.date) if one.last is not None else "",
            str(len(one.keys)),
            _signatures(one),
        )
        for one in people
    ]
    yield from table(header, rows, width=room.width, right=(1, 2, 5))
    if room.background.verbose:
        yield from _keys_of_people(people, room)
    for one in people:
        for reliance in one.reliances:
            yield f"  single point of failure: {_name(one)}: {RELIES[reliance]}"
    spare = [_name(one) for one in people if one.removable]
    if spare:
        yield f"  could be removed: {', '.join(spare)}"
        yield "    (without them on the list, the target would be authentic all the same)"


def _name(one: PersonUse) -> str:
    kind = " (service)" if one.service else ""
    return f"{printable(one.name, 100)}{kind}{'' if one.listed else ' (no longer listed)'}"


def _signatures(one: PersonUse) -> str:
    kinds: Counter[str] = Counter()
    for key in one.keys:
        for each in key.algorithms:
            kinds[_algorithm(each)] += each.commits
    return ", ".join(name for name, _ in kinds.most_common())


def _algorithm(one: Algorithm) -> str:
    return f"{printable(one.algorithm)}/{printable(one.digest)}"


def _keys_of_people(people: Sequence[PersonUse], room: Room) -> Iterator[str]:
    rows = [
        (
            _name(one),
            key.fingerprint,
            f"{key.commits:,}",
            day(key.first.date),
            day(key.last.date),
            ", ".join(map(_algorithm, key.algorithms)),
        )
        for one in people
        for key in one.keys
    ]
    yield ""
    yield "Keys that vouched for something"
    header = ("name", "key", "commits", "first", "last", "signatures")
    yield from table(header, rows, width=room.width, right=(2,))


# --- keys ---


def _keys(audit: Audit, room: Room) -> Iterator[str]:
    if not audit.keys:
        return
    yield ""
    yield "Keys to look at"
    for state in KeyState:
        notes = [note for note in audit.keys if note.state is state]
        if state is KeyState.UNLISTED and notes and not room.background.verbose:
            yield f"  {count(len(notes), 'key')} at hand and listed for nobody (-v lists them)"
            continue
        rows = [
            (KEY_STATES[state], printable(note.person, 60), note.fingerprint, detail(note))
            for note in notes
        ]
        yield from list(table(("", "", "", ""), rows, width=room.width, whole=(2,)))[1:]


# --- authorizations over time ---


def _grants(grants: Sequence[Grant], room: Room) -> Iterator[str]:
    yield ""
    if not grants:
        yield "Authorizations: nothing changed"
        return
    yield "Authorizations over time"
    for one in grants:
        yield from _grant(one, room)


def _grant(one: Grant, room: Room) -> Iterator[str]:
    if one.state is State.TRUSTED:
        who = printable(one.person, 60) + (" (service)" if one.service else "")
        yield f"  {day(one.date)} {short(one.commit)} by {who}: {room.subject(one.commit)}"
    else:
        # Whose signature it is was not looked at where something else refuses it.
        by = f" naming the key {spaced(one.signer)}" if one.signer else ""
        yield f"  {day(one.date)} {short(one.commit)} refused ({one.reason}){by}"
    for change in one.rows:
        yield f"    {in_words(change)}"
    if one.adds_own:
        yield f"    {ADDS_OWN}"
    if one.chooses:
        yield f"    {CHOOSES}"
    if one.drops:
        yield f"    {DROPS}"
