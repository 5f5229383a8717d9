"""What an audit found of every history, as values. Reports are made from these in `reports` only.

Dates are the committers', in seconds since 1970, as the commits state them: whoever signs a commit
chooses its date. Months are texts of seven characters in UTC (`2024-07`); a date that no calendar
has counts under `unknown`. A reason stands as its code (docs/rule.md). What somebody wrote into
the history (names, subjects, paths) is as it was read and has to go through
`nixauth.display.printable` wherever it is shown. All of it together is `nixauth.audit.whole.Audit`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from nixauth.merging.values import Change
from nixauth.model import Fingerprint, ObjectId

UNKNOWN_MONTH = "unknown"
"""Stands for the month of a date that no calendar has."""


class State(Enum):
    """What is said of a commit."""

    TRUSTED = "trusted"
    REFUSED = "refused"
    UNDECIDED = "undecided"


TRUSTED = State.TRUSTED
"""The same; an enumeration takes its time to give a member, and some ask for each commit."""


class Row(NamedTuple):
    """One commit that was looked at; there may be a million of these.

    `reason` is the code of the refusal, the kind of the error where it is undecided, else empty.
    `person`, `service` and `signer` say who vouched for a trusted commit; for another one `signer`
    is the key that its signature names, where one that is at hand could be found, else empty.
    `on_path` says that a line leads through it to the head of the path. `algorithm` and `digest`
    are those of its signature, empty where it has none that could be read. `admitted_by` are the
    positions of the parents that admit a trusted commit, `line` says that a line from the
    introduction leads to it.
    """

    commit: ObjectId
    parents: tuple[ObjectId, ...]
    date: int
    state: State
    reason: str
    person: str
    service: bool
    signer: Fingerprint
    on_path: bool
    signed: bool
    algorithm: str
    digest: str
    admitted_by: tuple[int, ...]
    line: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """A commit, and its date."""

    commit: ObjectId
    date: int


# --- coverage ---


@dataclass(frozen=True, slots=True)
class Stretch:
    """Commits that nobody vouched for, and that hang together as parents and children.

    `commits` begins with the newest one. `reasons` counts them by code. `merged_by` is the trusted
    commit that has one of them as a parent, where there is one (of several, the oldest).
    """

    commits: Sequence[ObjectId]
    first: int
    last: int
    reasons: Mapping[str, int]
    merged_by: ObjectId | None


@dataclass(frozen=True, slots=True)
class Merges:
    """Commits with more than one parent.

    `bringing_in` are trusted ones with a parent that is not trusted: their signers answer for
    commits that nobody else vouched for.
    """

    all: int
    trusted: int
    by_service: int
    bringing_in: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the history somebody vouched for.

    `commits` is all that were looked at: `trusted`, the sum of `refused` (by reason) and the sum of
    `undecided` (by kind of error). `by_person` and `service_only` divide `trusted`: vouched for by
    a person, and by nobody but a machine. `on_path` are trusted commits through which a line leads
    to the head of the path, `trusted_beside` are the other trusted ones. `unsigned` have no
    signature at all, whatever they were refused for.

    `stretches` are the longest, the longest first; `stretches_in_all` counts them all.
    """

    commits: int
    trusted: int
    by_person: int
    service_only: int
    refused: Mapping[str, int]
    undecided: Mapping[str, int]
    unsigned: int
    on_path: int
    trusted_beside: int
    merges: Merges
    stretches: tuple[Stretch, ...]
    stretches_in_all: int

    @property
    def not_vouched_for(self) -> int:
        """How many commits were refused or could not be decided."""
        return self.commits - self.trusted


@dataclass(frozen=True, slots=True)
class Month:
    """One month of coverage, for charts.

    `people` counts trusted commits by who vouched for them, services left out; `services` counts
    those of services. Those of `refused` are by reason, those of `undecided` by kind of error.
    Only what is not zero is named.
    """

    month: str
    people: Mapping[str, int]
    services: Mapping[str, int]
    refused: Mapping[str, int]
    undecided: Mapping[str, int]

    @property
    def service_only(self) -> int:
        """How many commits nobody but a service vouched for."""
        return sum(self.services.values())


@dataclass(frozen=True, slots=True)
class Algorithm:
    """How many commits were signed with this algorithm over this digest.

    Counted are all commits whose signature could be read, refused ones, too.
    """

    algorithm: str
    digest: str
    commits: int


# --- people ---


@dataclass(frozen=True, slots=True)
class KeyCount:
    """What one key vouched for. `algorithms` are the signatures', commonest first."""

    fingerprint: Fingerprint
    commits: int
    first: Moment
    last: Moment
    algorithms: tuple[Algorithm, ...]


class Reliance(Enum):
    """In what a history hangs on one name alone; the value is a stable word."""

    ONLY_PERSON = "only-person"
    """The file in force at the target lists no other person: nobody else could let somebody in."""
    ONLY_ACTIVE = "only-active"
    """In the last 90 days that the commits cover, nobody else vouched for one."""
    ONLY_AUTHORIZER = "only-authorizer"
    """Every change of the authorizations in what was looked at is signed by this name."""


@dataclass(frozen=True, slots=True)
class PersonUse:
    """A name in some authorizations file, and what it vouched for.

    `service` says what it is at the target, or was when it vouched last. `listed` says whether the
    file in force at the target lists it. `path_commits` are on the path; `share` is their part of
    the path, from 0 to 1. `months` counts commits by month. `first` and `last` are None where it
    vouched for nothing.

    `removable`: the target would be authentic had nobody ever listed this name, and it is not the
    only person. `reliances` say in what it is a single point of failure.
    """

    name: str
    service: bool
    listed: bool
    commits: int
    path_commits: int
    share: float
    first: Moment | None
    last: Moment | None
    keys: tuple[KeyCount, ...]
    unused_keys: tuple[Fingerprint, ...]
    """Listed for this name at the target, and vouched for nothing that was looked at."""
    months: Mapping[str, int]
    removable: bool
    reliances: tuple[Reliance, ...]


class KeyState(Enum):
    """What is to be said of a key; the value is a stable word."""

    MISSING = "missing"
    """Listed, and not at hand."""
    UNUSABLE = "unusable"
    """At hand, and nothing that it signs can count."""
    REVOKED = "revoked"
    EXPIRED = "expired"
    WEAK = "weak"
    """RSA or DSA with fewer than 2048 bits."""
    NEVER_USED = "never-used"
    """Listed at the target (itself or by its primary key), and vouched for nothing looked at."""
    UNLISTED = "unlisted"
    """At hand, and listed for nobody at the target."""


@dataclass(frozen=True, slots=True)
class KeyNote:
    """One thing to be said of one key: listed at the target, or in the keyring.

    `person` lists it at the target, or is empty. `detail` is for people: why it is unusable, how
    many bits of what. `expires` goes with EXPIRED.
    """

    state: KeyState
    fingerprint: Fingerprint
    person: str
    detail: str = ""
    expires: int | None = None


# --- authorizations over time ---


@dataclass(frozen=True, slots=True)
class Grant:
    """One change of the authorizations file.

    `state` REFUSED is an attempt: the commit is not trusted, and `reason` says why. `person`,
    `service` and `signer` are as in `Row`. `rows` are the changes since the first trusted parent's
    file; they are empty where there is no well-formed file any more. `adds_own` says that the
    signer gave themselves something: a key or a name of their own, or that a service becomes a
    person.
    `chooses` says that it is a merge whose file differs from that of each trusted parent, `drops`
    that it is one whose file is a parent's, and drops what another parent had changed.
    """

    commit: ObjectId
    date: int
    state: State
    reason: str
    person: str
    service: bool
    signer: Fingerprint
    rows: tuple[Change, ...]
    adds_own: bool
    chooses: bool
    drops: bool = False


@dataclass(frozen=True, slots=True)
class Stay:
    """From which commit of the main line on somebody was listed; `left` is None where still so."""

    joined: Moment
    left: Moment | None


@dataclass(frozen=True, slots=True)
class Membership:
    """When somebody was listed, along the main line from the introduction to the head of the path.

    The main line takes the first parent that admits. Who was listed at the introduction joined
    there. With a range, stays begin before it where they do.
    """

    name: str
    service: bool
    stays: tuple[Stay, ...]
