"""What a channel is, and what an update of it found. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from nixauth.model import Introduction, ObjectId, Report, Verdict


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as it is configured; docs/channels.md describes the fields.

    `branch` is a short name. `keyring` holds full names of refs there, empty for
    `refs/heads/keyring`. `historical` is an absolute path. `max_age` is in seconds, None for any
    age. `revision_url` is where a channel server publishes the revision, None to follow the branch.
    """

    name: str
    url: str
    branch: str
    introduction: Introduction
    keyring: tuple[str, ...] = ()
    authorizations_path: str | None = None
    historical: Path | None = None
    historical_sha1: bool = False
    require_every_commit: bool = False
    max_age: int | None = None
    newest_authentic: bool = False
    revision_url: str | None = None


@dataclass(frozen=True, slots=True)
class Pin:
    """A commit that was accepted, and what binds its content.

    `nar_hash` is the tree as git has it, `archived_hash` as git archive makes it; both in SRI form
    (`sha256-…`), and the same where nothing in the tree makes a difference; None where git archive
    makes none. `last_modified` is the committer date, in seconds since 1970.
    """

    channel: str
    url: str
    branch: str
    commit: ObjectId
    tree: ObjectId
    nar_hash: str
    archived_hash: str | None
    last_modified: int


class Obstacle(Enum):
    """Why a pin was not moved though nothing is wrong with signatures; the value is the reason."""

    STALE = "stale"
    TREE = "refused-tree"
    NOT_PUBLISHED_THERE = "not-on-branch"


@dataclass(frozen=True, slots=True)
class Age:
    """When the newest authentic commit was made, what the clock says, and how old it may be.

    All in seconds, the first two since 1970.
    """

    committed: int
    now: int
    allowed: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an update found.

    `pin` is the one that holds from now on, None where nothing was accepted; `before` the one that
    held until now. `report` is about the commit that was to be gone to. With `obstacle` the words
    of `detail` say more. `left` counts, by reason, newer commits that are not authentic, where the
    newest authentic one was taken.
    """

    channel: Channel
    report: Report
    before: Pin | None
    pin: Pin | None = None
    obstacle: Obstacle | None = None
    detail: str = ""
    age: Age | None = None
    left: Mapping[str, int] = field(default_factory=dict)
    published_at: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Whether the pin holds: AUTHENTIC only where there is one."""
        if self.pin is not None:
            return Verdict.AUTHENTIC
        if self.obstacle is not None:
            return Verdict.REFUSED
        return self.report.verdict
