"""Where the keys and the authorizations are read from: a repository, and what options name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nixauth.errors import UndecidedError, UsageError
from nixauth.history.repository import Repository
from nixauth.history.tree import walk_entries
from nixauth.in_force import Files
from nixauth.keyring import DEFAULT_REFS, KeyFile, Keyring, open_keyring
from nixauth.keys import inventory, ssh
from nixauth.keys.inventory import Inventory
from nixauth.model import Authorizations, ObjectId, Problem


@dataclass(frozen=True, slots=True)
class Listed:
    """The authorizations as of a commit, and where they stand."""

    commit: ObjectId
    path: str
    authorizations: Authorizations


def listed_at(repository: Repository, revision: str, path: str | None) -> Listed:
    """Read the authorizations file in a commit's tree; raises UsageError where there is none."""
    commit = repository.resolve(revision)
    tree = ObjectId(bytes.fromhex(repository.commit(commit)[5:45].decode("ascii")))
    files = Files.fixed_by(repository, tree, path=path, historical=None, every_commit=False)
    found = files.own(tree) if files is not None else None
    if files is None or found is None:
        raise UsageError(
            f"{revision!r} has no authorizations file",
            "Name a revision that has one, or its path with --authorizations-file.",
        )
    if isinstance(found, Problem):
        raise UsageError(
            f"{files.path} as of {revision!r} is malformed:"
            f" line {found.line}, column {found.column}: {found.message}",
            f"nixauth lint {revision} shows every problem in it.",
        )
    return Listed(commit, files.path, found)


def take_inventory(
    repository: Repository, sources: Sequence[str], listed: Listed | None
) -> tuple[Inventory, Keyring]:
    """Look at all keys at hand; raises UnreadableKeyringError where a source is not there."""
    keyring = open_keyring(repository, sources)
    certificates = keyring.certificates
    found = inventory.take(
        keyring.files,
        ssh_files(repository, sources),
        certificates,
        keyring.problems,
        listed.authorizations if listed is not None else None,
    )
    return found, keyring


def ssh_files(repository: Repository, sources: Sequence[str]) -> Iterator[KeyFile]:
    """Yield the `.pub` files on the keyring's refs: `nixauth keys import` keeps SSH keys there."""
    for ref in sources or DEFAULT_REFS:
        commit = repository.reference(ref) if ref.startswith("refs/") else None
        if commit is None:
            continue
        tree = ObjectId(bytes.fromhex(repository.commit(commit)[5:45].decode("ascii")))
        for path, blob in walk_entries(repository, tree):
            if path.endswith(ssh.SUFFIX.encode()):
                name = f"{ref}:{path.decode('utf-8', 'backslashreplace')}"
                try:
                    yield name, repository.blob(blob)
                except UndecidedError as error:
                    yield name, error.message
