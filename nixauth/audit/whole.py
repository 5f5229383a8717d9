"""An audit as a whole: what the reports are made from."""

from __future__ import annotations

from dataclasses import dataclass

from nixauth.audit.asked import KeyUse, WhatIf
from nixauth.audit.values import (
    Algorithm,
    Coverage,
    Grant,
    KeyNote,
    Membership,
    Month,
    PersonUse,
)
from nixauth.model import Introduction, ObjectId, Verdict


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

    @property
    def decided(self) -> bool:
        """Whether everything that was asked could be decided; where not, the figures lack that."""
        then = self.what_if
        return not (
            any(self.coverage.undecided.values())
            or self.verdict is Verdict.UNDECIDED
            or (then is not None and any(then.undecided.values()))
            or (then is not None and then.verdict is Verdict.UNDECIDED)
        )
