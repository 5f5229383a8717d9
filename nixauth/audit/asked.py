"""What an audit found of what it was asked: of one key, of a draft. See `nixauth.audit.values`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from nixauth.audit.values import Grant, Moment, State
from nixauth.model import Fingerprint, HistoryMode, ObjectId, Verdict

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
    oldest. What is FORGED among them counts for nothing else: `paths` says for each path how many
    of the others changed it, `grants` are those of the others that changed the authorizations,
    `without_trees` counts those of them for which `complete` is false.
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
