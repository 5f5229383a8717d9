"""Import keys into the keyring branch: plan, write objects, read them back, move the ref."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nixauth.display import printable
from nixauth.history.branch import Branch, Stamp
from nixauth.history.repository import Repository
from nixauth.history.tree import walk_entries
from nixauth.keyring import SUFFIXES
from nixauth.keys import ssh
from nixauth.keys.identity import identity
from nixauth.keys.incoming import Incoming
from nixauth.keys.plan import Change, Kind, Plan, check_written, plan
from nixauth.model import ObjectId

_KEY_FILES = tuple(suffix.encode() for suffix in (*SUFFIXES, ssh.SUFFIX))


@dataclass(frozen=True, slots=True)
class When:
    """The time of a commit: seconds since 1970, and minutes east of Greenwich."""

    now: int
    offset: int


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `commit` is None where there was nothing to do, or on a dry run.

    `before` is the commit that it builds on, None for a new branch.
    """

    changes: tuple[Change, ...]
    before: ObjectId | None
    commit: ObjectId | None


def import_keys(
    repository: Repository,
    branch: Branch,
    incoming: Incoming,
    environment: Mapping[str, str],
    when: When,
    *,
    dry_run: bool = False,
) -> Imported:
    """Put keys on a branch, with one commit; raises NixauthError, and then the ref has not moved.

    Without the branch, the one of the same name that was fetched from `origin` is built on, and
    without that one the commit is a first commit.
    """
    tip = branch.tip()
    base = tip if tip is not None else branch.upstream()
    tree = branch.tree_of(base) if base is not None else None
    paths = dict(walk_entries(repository, tree)) if tree is not None else {}
    before = {path: repository.blob(blob) for path, blob in paths.items() if _is_key_file(path)}
    taken = [*paths, *(branch.names(tree) if tree is not None else ())]
    made = plan(before, taken, incoming)
    if not made.files or dry_run:
        return Imported(tuple(made.changes), base, None)
    branch.refuse_if_used()
    author, committer = (
        Stamp(*identity(role, environment, branch.config, when.now, when.offset))
        for role in ("author", "committer")
    )
    new_tree = branch.write_tree(tree, made.files)
    _read_back(repository, new_tree, before, made, incoming)
    message = commit_message(made.changes)
    parents = [base] if base is not None else []
    commit = branch.write_commit(new_tree, parents, message, author, committer)
    log = f"nixauth keys import: {message.partition(chr(10))[0]}"
    branch.move(tip, commit, log, committer)
    return Imported(tuple(made.changes), base, commit)


def _is_key_file(path: bytes) -> bool:
    return path.endswith(_KEY_FILES)


def _read_back(
    repository: Repository,
    tree: ObjectId,
    before: Mapping[bytes, bytes],
    made: Plan,
    incoming: Incoming,
) -> None:
    """Look at the files as the repository gives them back."""
    blobs = dict(walk_entries(repository, tree))
    written = {path: repository.blob(blobs[path]) for path in made.files}
    check_written(before, Plan(written, made.changes), incoming)


def commit_message(changes: list[Change]) -> str:
    """Return a message that names the keys."""
    counted = []
    for kind, verb in ((Kind.ADDED, "add"), (Kind.UPDATED, "update")):
        count = sum(change.kind is kind for change in changes)
        if count:
            counted.append(f"{verb} {count} {'key' if count == 1 else 'keys'}")
    subject = ", ".join(counted).capitalize()
    lines = [
        f"{change.kind.value}: {change.fingerprint} {printable(change.owner, 100)}".rstrip()
        for change in changes
        if change.kind is not Kind.UNCHANGED
    ]
    return "\n".join([subject, "", *lines, ""])
