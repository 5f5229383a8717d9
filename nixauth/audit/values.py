"""What an audit found, as values. Reports are made from these in `reports` only.

Dates are the committers', in seconds since 1970, as the commits state them: whoever signs a commit
chooses its date. Months are texts of seven characters in UTC (`2024-07`); a date that no calendar
has counts under `unknown`. A reason stands as its code (docs/rule.md). What somebody wrote into
the history (names, subjects, paths) is as it was read and has to go through
`nixauth.display.printable` wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from nixauth.merging.values import Change
from nixauth.model import Fingerprint, HistoryMode, Introduction, ObjectId, Verdict

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
    `chooses` says that it is a merge whose file differs from that of each trusted parent.
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


# --- one key ---


class Claimed(Enum):
    """How certain it is that the key signed a commit; the value is a stable word."""

    VERIFIED = "verified"
    """The mathematics says so, in this run or in an earlier one."""
    CLAIMED = "claimed"
    """The signature names the key, and cannot be checked: the key or the signature cannot count."""
    FORGED = "forged"
    """The signature names the key, and the key did not make it."""


@dataclass(frozen=True, slots=True)
class KeyCommit:
    """A commit that the key signed, or is said to have signed.

    `paths` are the files that differ from the first parent's (all files, where there is none), as
    they stand in the trees; one that ends in a slash is a directory that could not be read, of
    which only is known that it differs. `complete` is false where there is such a one, or where
    the commit's own tree or its parent's could not be read, `paths` being empty then.
    """

    commit: ObjectId
    date: int
    state: State
    reason: str
    person: str
    signer: Fingerprint
    claimed: Claimed
    merge: bool
    paths: tuple[bytes, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class KeyUse:
    """Everything that one key signed, among the commits that were looked at.

    `fingerprint` is what was asked for: of a primary key, its signing subkeys count as well; all
    keys that count are `keys`. `since` is the commit whose ancestors are left out, `since_date`
    leaves out commits whose date is earlier; either may be None. `commits` begins with the
    oldest. `paths` says for each path how many of them changed it. `grants` are those of these
    commits that changed the authorizations. `without_trees` counts commits for which `complete`
    is false.
    """

    fingerprint: Fingerprint
    keys: tuple[Fingerprint, ...]
    since: ObjectId | None
    since_date: int | None
    listed_for: tuple[str, ...]
    """Under which names it is listed at the target."""
    commits: tuple[KeyCommit, ...]
    paths: Mapping[bytes, int]
    grants: tuple[Grant, ...]
    without_trees: int


# --- what if ---


@dataclass(frozen=True, slots=True)
class Needed:
    """Somebody who would have to do something before the draft can be turned on.

    `who` is the committer as the commits name them (`Name <address>`), whom nobody vouches for.
    `signer` is the key that signed, where one is named; else empty. `reason` is what each of these
    commits would be refused for, its parents left out of account.
    """

    who: bytes
    signer: str
    reason: str
    commits: int
    first: Moment
    last: Moment


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The history judged as if each commit had the draft for its authorizations file.

    `verdict` is the target's. `trusted`, `refused` and `undecided` are counted as in `Coverage`.
    `newly_refused` counts commits that are trusted today and would not be, by reason,
    `newly_trusted` the other way round.

    `needed` says who has to sign, or to be listed: under `every-commit` of all commits, under
    `trusted-path` of the `line`: the commits from the introduction to the target by first parents.
    """

    draft: str
    history: HistoryMode
    verdict: Verdict
    trusted: int
    refused: Mapping[str, int]
    undecided: Mapping[str, int]
    newly_refused: Mapping[str, int]
    newly_trusted: int
    considered: int
    """How many commits `needed` was asked of."""
    needed: tuple[Needed, ...]


# --- all of it ---


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found out about a history.

    Looked at is what the target reaches, without the introduction and what it reaches, and without
    what `since` reaches where a range was asked. `verdict` is that of the target, whatever the
    range. `head` is where the path ends: the target where it is trusted by a line, else the first
    commit that is, going back by first parents; None where there is none but the introduction.

    `months` are those that have commits, in their order, `UNKNOWN_MONTH` last. `first` and `last`
    are the oldest and the newest date. `algorithms` and `people` begin with those that have most
    commits, `grants` with the oldest one, parents before children. `problems` are sources of keys
    that could not be read, for people.
    """

    target: ObjectId
    since: ObjectId | None
    introduction: Introduction
    path: str
    """Of the authorizations file."""
    historical: bool
    """Whether historical authorizations stand in for anything."""
    verdict: Verdict
    reason: str
    """What the target is refused for, the first place first; the kind of the error; or empty."""
    head: ObjectId | None
    now: int
    """When the audit was made; only keys' expiry is compared with it."""
    first: int | None
    last: int | None
    coverage: Coverage
    months: tuple[Month, ...]
    algorithms: tuple[Algorithm, ...]
    people: tuple[PersonUse, ...]
    memberships: tuple[Membership, ...]
    keys: tuple[KeyNote, ...]
    grants: tuple[Grant, ...]
    problems: tuple[str, ...]
    key_use: KeyUse | None = None
    what_if: WhatIf | None = None
