"""What has to be fetched before a history can be judged or a tree be hashed, by object id.

A partial clone has commits and root trees. The files that say who may sign are found by reading
those; what is missing is named in sets, so that each is brought in one go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from nixauth.discover import Walk
from nixauth.errors import UndecidedError
from nixauth.history.repository import Repository
from nixauth.history.tree import Entry, entries, find_entry
from nixauth.model import FileFormat, ObjectId
from nixauth.signatures.commit_object import outline, tree_of

_DIRECTORY, _SUBMODULE = b"40000", b"160000"
_DEFAULT_PATHS = tuple(one.value for one in FileFormat)

Progress = Callable[[str, int, int], None]


def commits_between(
    repository: Repository, start: ObjectId, target: ObjectId, progress: Progress
) -> Iterator[ObjectId]:
    """Yield the commits that a judgement may look at, from a commit up to a target, both included.

    Also those ancestors of `start` that the way leads past. Commits that are missing are left out.
    """
    try:
        seen = outline(repository.commit(start))
    except UndecidedError:
        return  # whoever judges says what is wrong with it
    walk = Walk(repository, start, seen.parents, _nothing, introduction_date=seen.date)
    walk.discover(target, lambda done, everything: progress("discover", done, everything))
    walk.pass_unsigned(lambda done, everything: progress("discover", done, everything))
    yield start
    yield from (commit for commit, node in walk.nodes.items() if not node.unreadable)


def _nothing(_commit: ObjectId) -> bool:
    return False


def missing_files(
    repository: Repository, commits: Iterable[ObjectId], path: str | None
) -> set[ObjectId]:
    """Return the objects, on the way to the authorizations files of commits, that are not here.

    `path` is the file's, None for the default ones. After these are fetched, others further down
    the way may be missing: ask again until nothing is.
    """
    paths = [one.split("/") for one in ([path] if path is not None else _DEFAULT_PATHS)]
    missing: set[ObjectId] = set()
    trees: set[ObjectId] = set()
    for commit in commits:
        tree = tree_of(repository.commit(commit))
        if tree is None or tree in trees:
            continue
        trees.add(tree)
        for parts in paths:
            found = _first_missing(repository, tree, parts)
            if found is not None:
                missing.add(found)
    return missing


def _first_missing(repository: Repository, tree: ObjectId, parts: Sequence[str]) -> ObjectId | None:
    at = tree
    for part in parts:
        if not repository.has(at):
            return at
        try:
            found = find_entry(repository.tree(at), part.encode("utf-8", "surrogateescape"))
        except UndecidedError:
            return None  # damaged, or no tree: whoever judges says so
        if not isinstance(found, Entry) or found.mode == _SUBMODULE:
            return None
        at = found.object_id
    return None if repository.has(at) else at


def missing_below(repository: Repository, tree: ObjectId) -> tuple[set[ObjectId], set[ObjectId]]:
    """Return the trees and the files below a tree that are not here, as far as can be seen.

    Below a tree that is missing nothing is seen: fetch those, and ask again.
    """
    trees: set[ObjectId] = set()
    files: set[ObjectId] = set()
    pending, seen = [tree], set()
    while pending:
        at = pending.pop()
        if at in seen:
            continue
        seen.add(at)
        if not repository.has(at):
            trees.add(at)
            continue
        for _, entry in entries(repository.tree(at)):
            if entry.mode == _DIRECTORY:
                pending.append(entry.object_id)
            elif entry.mode != _SUBMODULE and not repository.has(entry.object_id):
                files.add(entry.object_id)
    return trees, files


def is_whole(repository: Repository, commit: ObjectId) -> bool:
    """Say whether all that a commit's root tree names is here, though it was to be left out."""
    try:
        tree = tree_of(repository.commit(commit))
        below = entries(repository.tree(tree)) if tree is not None else []
        there = [entry.object_id for _, entry in below if entry.mode != _SUBMODULE]
    except UndecidedError:
        return False
    return bool(there) and all(repository.has(one) for one in there)
