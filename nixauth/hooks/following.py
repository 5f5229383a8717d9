"""Which refs hooks look after, worked out from what a person names or from what is there."""

from __future__ import annotations

from collections.abc import Sequence

from nixauth.errors import UsageError
from nixauth.history.config import LocalConfig, branch_of, remotes_of, setting_of_user
from nixauth.history.repository import Repository
from nixauth.trust import all_recorded, recorded

_ORIGIN = "origin"
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
        found = [name.removeprefix("refs/heads/") for name in named]
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
    remote = _remote(repository, branch)
    local = [] if remote_only else [f"refs/heads/{branch}"]
    if remote is None:
        if remote_only:
            raise UsageError(f"the branch {branch} is on no remote", "git remote -v lists them.")
        return local
    tracking = f"refs/remotes/{remote}/{branch}"
    if repository.work_tree is None and repository.reference(tracking) is None:
        return local or [tracking]  # a mirror: its fetches move the branches themselves
    return [tracking, *local]


def _remote(repository: Repository, branch: str) -> str | None:
    remotes = remotes_of(repository)
    for name in (setting_of_user(repository, f"branch.{branch}.remote"), _ORIGIN):
        if name in remotes:
            return name
    return next(iter(remotes)) if len(remotes) == 1 else None
