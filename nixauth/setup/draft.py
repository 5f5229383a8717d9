"""A draft of an authorizations file, made of who signed a history so far. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from nixauth.display import printable, spaced
from nixauth.model import Fingerprint, HistoryMode
from nixauth.setup.names import NOBODY, Who, short_name
from nixauth.yaml_layout import scalar

_MANY = 3
"""So many people behind one key make it a machine's: nobody lends a key to two others."""


@dataclass(slots=True)
class Tally:
    """What one key signed.

    `text` is the key as the file has it, `owner` what its certificate calls its holder, if it has
    one. `apart` counts, by author, merges that the committer did not author: what a forge makes.
    """

    fingerprint: Fingerprint
    text: str = ""
    owner: Who = NOBODY
    merges: int = 0
    others: int = 0
    last: str = ""
    committers: Counter[Who] = field(default_factory=Counter)
    together: int = 0
    apart: Counter[str] = field(default_factory=Counter)

    @property
    def service(self) -> str:
        """Why this is taken for a machine's key; empty for a person's."""
        # One person has several addresses over the years, or several spellings of a name.
        people = min(len({getattr(w, one) for w in self.committers}) for one in Who._fields)
        if people >= _MANY:
            return f"commits of {people} different committers are signed by this one key"
        if len(self.apart) >= _MANY and not self.together:
            return (
                f"merges of {len(self.apart)} different authors,"
                " none of them the committer, are signed by this one key"
            )
        return ""

    @property
    def who(self) -> Who:
        """What the holder is called: by the certificate, else as the committer."""
        if self.owner.name or self.owner.email:
            return self.owner
        return self.committers.most_common(1)[0][0] if self.committers else NOBODY


@dataclass(slots=True)
class Survey:
    """What was seen of a history: keys, by what they are listed as, and what cannot be listed."""

    tip: str
    wanted: int
    tallies: dict[Fingerprint, Tally] = field(default_factory=dict)
    missing: Counter[str] = field(default_factory=Counter)
    faulty: Counter[str] = field(default_factory=Counter)
    merges: int = 0
    others: int = 0
    unsigned: int = 0
    ended: str = ""

    @property
    def signed(self) -> int:
        """How many signed commits were looked at."""
        return self.merges + self.others


def draft(survey: Survey, history: HistoryMode) -> str:
    """Return the draft; without anybody to propose it is comments only."""
    merges, others = _number(survey.merges, "merge"), _number(survey.others, "other commit")
    lines = [
        f"# A draft, made of {merges} and {others}, all signed,",
        f"# on the first-parent line of {survey.tip}.",
        "# That somebody signed until now says nothing of whether they may: compare each",
        "# fingerprint with its holder's own word, and take out whom you do not want.",
    ]
    if survey.unsigned:
        lines.append(f"# Of that line, as far as was looked, {survey.unsigned:,} are not signed.")
    if survey.ended:
        lines.append(f"# {survey.ended}")
    lines += [
        f"# Not proposed: key {printable(issuer, 80)} signed {count}, and is not at hand."
        for issuer, count in survey.missing.most_common()
    ]
    lines += [
        f"# Not proposed: {count} signed as {code}." for code, count in survey.faulty.most_common()
    ]
    if survey.tallies:
        lines += ["version: 1", f"history: {history.value}", "people:"]
        lines += _people(survey.tallies.values())
    return "\n".join([*lines, ""])


def _people(tallies: Iterable[Tally]) -> Iterable[str]:
    taken: set[str] = set()
    ordered = sorted(tallies, key=lambda one: (-one.merges, -one.others, one.fingerprint))
    for tally in ordered:
        name = short_name(tally.who, taken)
        taken.add(name)
        yield f"  {scalar(name)}:"
        yield f"    # {printable(str(tally.who), 120)}: {_counts(tally)}; the last {tally.last}"
        if tally.service:
            yield f"    # a machine's key, it seems: {tally.service}"
            yield "    service: true"
        yield "    keys:"
        yield f"      - {scalar(tally.text or spaced(tally.fingerprint))}"


def _counts(tally: Tally) -> str:
    return f"{_number(tally.merges, 'merge')}, {_number(tally.others, 'other commit')}"


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
