"""What a channel is, and what an update of it found. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nixauth.model import Introduction, ObjectId


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
