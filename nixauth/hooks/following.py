"""Which refs hooks look after, worked out from what a person names or from what is there."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nixauth.errors import UsageError
from nixauth.history.branch import Branch
from nixauth.history.config import (
    LocalConfig,
    branch_of,
    branch_of_ref,
    end_of,
    remotes_of,
    setting_of_user,
)
from nixauth.history.repository import Repository
from nixauth.trust import all_recorded, recorded

_ORIGIN, _HEADS = "origin", "refs/heads/"
_PATTERN = re.compile(r"[^\x00-\x20\x7f~^:?\[\\]+")
_NO_INTRODUCTION = (
    "Record one as the maintainers publish it, and do it again: nixauth trust COMMIT FINGERPRINT"
)


def branches(repository: Repository, named: Sequence[str]) -> list[str]:
    """Return the branches to be followed: those that were named, else those that have a record.

    Where only the whole repository has one, it is the branch that `origin` shows first, or else
    the one that is checked out. Raises UsageError where no introduction is recorded for one.
    """
    config = LocalConfig(repository)
    if named:
        found = [Branch(repository, name).name for name in named]
    else:
        records = all_recorded(config)
        if not records:
            raise UsageError("no introduction is recorded in this repository", _NO_INTRODUCTION)
        found = [one.branch for one in records if one.branch] or [_main_branch(repository)]
    for branch in found:
        if recorded(config, branch) is None:
            raise UsageError(
                f"no introduction is recorded for the branch {branch}", _NO_INTRODUCTION
            )
    return found


def _main_branch(repository: Repository) -> str:
    for revision in (f"refs/remotes/{_ORIGIN}/HEAD", "HEAD"):
        found = branch_of(repository, revision)
        if found is not None and found != "HEAD":
            return found
    raise UsageError(
        "it is not clear which branch is to be followed: there is no origin, and no branch is"
        " checked out",
        "Name it: nixauth hook install BRANCH",
    )


def refs(repository: Repository, branch: str, *, remote_only: bool) -> list[str]:
    """Return the refs that follow a branch, the remote-tracking one first; raises UsageError."""
    found = _refs(repository, branch, remote_only=remote_only)
    there = [ref for ref in found if repository.reference(ref) is not None]
    if not there:
        raise UsageError(
            f"there is no branch {branch}, here or on its remote",
            "Fetch it first, or see its name: git branch --all",
        )
    for ref in there:
        leads_to = end_of(repository, ref)
        if leads_to != ref:
            raise UsageError(
                f"{ref} is a symbolic ref: it stands for {leads_to}",
                "Name that branch instead, or have this one be a branch of its own.",
            )
    return found


def _refs(repository: Repository, branch: str, *, remote_only: bool) -> list[str]:
    remote = _remote(repository, branch)
    local = [] if remote_only else [f"refs/heads/{branch}"]
    if remote is None:
        if remote_only:
            raise UsageError(f"the branch {branch} is on no remote", "git remote -v lists them.")
        return local
    tracking = f"refs/remotes/{remote}/{branch}"
    if repository.work_tree is None and repository.reference(tracking) is None:
        # A mirror: its fetches move the branches themselves.
        if remote_only:
            raise UsageError(f"there is no {tracking}", "In a mirror, leave out --remote-only.")
        return local
    return [tracking, *local]


def branch(repository: Repository, ref: str) -> str | None:
    """Return the branch that a followed ref belongs to."""
    return branch_of_ref(ref, list(remotes_of(repository)))


def pattern(text: str) -> str:
    """Return the full name, which may hold `*`, of what a server is to protect.

    Raises UsageError for what can be no branch.
    """
    name = text if text.startswith("refs/") else f"{_HEADS}{text}"
    if not name.startswith(_HEADS) or name == _HEADS or not _PATTERN.fullmatch(name):
        raise UsageError(
            f"{text!r} is no name of a branch, nor a pattern for some", "--protect 'release-*'"
        )
    return name


def _remote(repository: Repository, branch: str) -> str | None:
    remotes = remotes_of(repository)
    for name in (setting_of_user(repository, f"branch.{branch}.remote"), _ORIGIN):
        if name in remotes:
            return name
    return next(iter(remotes)) if len(remotes) == 1 else None
