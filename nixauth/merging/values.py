"""What can be said of a merge that nobody has made yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from nixauth.errors import UndecidedError
from nixauth.model import (
    Authorizations,
    Fingerprint,
    HistoryMode,
    Introduction,
    ObjectId,
    Problem,
    Reason,
    Refusal,
    Report,
)


class Outlook(Enum):
    """What is said of the merge."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNDECIDED = "undecided"


class Kind(Enum):
    """What brings HEAD into BASE: nothing is needed, the branch moves, or a commit is made."""

    UP_TO_DATE = "up-to-date"
    FAST_FORWARD = "fast-forward"
    MERGE = "merge"


class State(Enum):
    """What a new commit is: on a line, trusted on none, not trusted, or not decided."""

    AUTHENTIC = "authentic"
    TRUSTED = "trusted"
    NOT_TRUSTED = "not-trusted"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class NewCommit:
    """A commit that HEAD reaches and BASE does not; `reason` says why it is not trusted."""

    commit: ObjectId
    state: State
    reason: Reason | None = None
    error: UndecidedError | None = None


# --- the authorizations ---


class Origin(Enum):
    """Whose authorizations the merge would have: both sides' (the same), one's, or nobody knows."""

    UNCHANGED = "unchanged"
    HEAD = "head"
    BASE = "base"
    BOTH = "both"


class Row(Enum):
    """What happens to an entry of the authorizations."""

    PERSON_ADDED = "person-added"
    PERSON_REMOVED = "person-removed"
    KEY_ADDED = "key-added"
    KEY_REMOVED = "key-removed"
    BECOMES_SERVICE = "becomes-service"
    BECOMES_PERSON = "becomes-person"
    HISTORY_MODE = "history-mode"
    TEXT_ONLY = "text-only"


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the table; `mode` is the new one, where the mode is what changes."""

    row: Row
    person: str = ""
    key: Fingerprint | None = None
    service: bool = False
    mode: HistoryMode | None = None


Content: TypeAlias = Authorizations | Problem | None
"""A file, what is wrong with it, or None where there is none."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes of the authorizations.

    `changes` are BASE's against the merge's; where both sides changed them, what HEAD's side
    changed since they parted. `result` counts only where the origin is another than BOTH.
    """

    origin: Origin
    result: Content = None
    changes: tuple[Change, ...] = ()
    fault: Reason | None = None
    """Why a merge with this file is refused, whoever signs it."""


# --- who may sign ---


class Limit(Enum):
    """What the merge has to do for a signature to count: nothing special, or keep a file."""

    NONE = "none"
    KEEPS_BASE = "keeps-base-authorizations"
    KEEPS_HEAD = "keeps-head-authorizations"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A listed name, and what would become of a merge signed with one of its keys.

    `keys` are those that would do; where there are none, `reason` says why. `service` marks a
    machine, whose signature counts only while the authorizations stay as they are (step 3f).
    """

    name: str
    service: bool
    keys: tuple[Fingerprint, ...] = ()
    limit: Limit = Limit.NONE
    reason: Reason | None = None

    @property
    def may_sign(self) -> bool:
        """Whether a merge signed by them would be accepted, the limit kept."""
        return bool(self.keys)


@dataclass(frozen=True, slots=True)
class MergeReport:
    """The answer to one question about a merge.

    `base_report` is the answer for BASE, and where that is not authentic, nothing else is said.
    `kind` is what would happen; `merge` is what is said of a merge commit, `fast_forward` of HEAD
    as the branch's next commit, where that is possible. `obstacles` are the refusals that no
    signature helps against, the first place first.
    """

    outlook: Outlook
    base: ObjectId
    head: ObjectId
    introduction: Introduction
    base_report: Report
    kind: Kind = Kind.MERGE
    path: str = ""
    mode: HistoryMode | None = None
    new: Sequence[NewCommit] = ()
    merge: Outlook | None = None
    fast_forward: Report | None = None
    obstacles: Sequence[Refusal] = ()
    candidates: tuple[Candidate, ...] = ()
    effect: Effect = field(default_factory=lambda: Effect(Origin.UNCHANGED))
    error: UndecidedError | None = None
