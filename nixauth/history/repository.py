"""A repository on disk, through pygit2's object database and nothing else of libgit2.

`walk`, `parents`, `merge_base` and `descendant_of` are not used: they honour grafts, the shallow
file and the commit-graph, which are not what people signed. Opening is strict: ownership is
checked as git does, and unknown extensions are refused.
"""

from __future__ import annotations

from pathlib import Path

import pygit2

from nixauth.errors import UnsupportedRepositoryError, UsageError
from nixauth.history.objects import corrupt, missing, wrong_kind
from nixauth.model import ObjectId

_COMMIT, _TREE, _BLOB = 1, 2, 3
_NAMES = {_COMMIT: "commit", _TREE: "tree", _BLOB: "blob", 4: "tag"}
_MAPPED_LIMIT = 128 * 1024 * 1024
"""Bytes of pack files that libgit2 keeps mapped; more only grows the process."""


def _settings() -> None:
    """Objects are read once or twice: a cache in front of them costs memory and gains nothing."""
    pygit2.settings.enable_caching(False)  # noqa: FBT003 - pygit2's form
    pygit2.settings.enable_strict_hash_verification(True)  # noqa: FBT003
    pygit2.settings.mwindow_mapped_limit = _MAPPED_LIMIT
    if "partialclone" not in pygit2.settings.extensions:
        # Promised objects are simply absent here: libgit2 fetches nothing.
        pygit2.settings.set_extensions(["partialclone"])


class Repository:
    """An open repository."""

    def __init__(self, repository: pygit2.Repository) -> None:
        self._repository = repository
        self._read = repository.read
        self._oid = pygit2.Oid

    @classmethod
    def open(cls, directory: Path) -> Repository:
        """Open the repository that `directory` is in, as git would find it.

        Raises UsageError where there is none, UnsupportedRepositoryError where it may not or
        cannot be read.
        """
        _settings()
        try:
            found = pygit2.discover_repository(str(directory))
            if found is None:
                raise UsageError(
                    f"{directory} is not in a git repository",
                    "Go to one, or name one with -C DIR.",
                )
            return cls(pygit2.Repository(found))
        except (pygit2.GitError, ValueError) as error:
            raise _unsupported(directory, str(error)) from error

    @property
    def git_directory(self) -> Path:
        """The repository's own directory (`.git`, or the bare repository)."""
        return Path(self._repository.path)

    def _content(self, object_id: ObjectId, kind: int) -> bytes:
        try:
            found, content = self._read(self._oid(raw=object_id))
        except KeyError:
            missing(object_id, _NAMES[kind])
        except pygit2.GitError as error:
            corrupt(object_id, _NAMES[kind], str(error))
        if found != kind:
            wrong_kind(object_id, _NAMES[kind], _NAMES.get(int(found), "something else"))
        return content

    def commit(self, object_id: ObjectId) -> bytes:
        """See `Objects.commit`."""
        return self._content(object_id, _COMMIT)

    def tree(self, object_id: ObjectId) -> bytes:
        """See `Objects.tree`."""
        return self._content(object_id, _TREE)

    def blob(self, object_id: ObjectId) -> bytes:
        """See `Objects.blob`."""
        return self._content(object_id, _BLOB)

    def shallow(self) -> frozenset[ObjectId]:
        """See `Objects.shallow`: the `shallow` file of the repository (of the main worktree)."""
        common = self.git_directory / "commondir"
        base = self.git_directory
        if common.is_file():
            base = base / common.read_text().strip()
        try:
            lines = (base / "shallow").read_bytes().split()
        except FileNotFoundError:
            return frozenset()
        try:
            return frozenset(ObjectId(bytes.fromhex(line.decode("ascii"))) for line in lines)
        except ValueError as error:
            raise UnsupportedRepositoryError("the repository's shallow file is damaged") from error

    def resolve(self, revision: str) -> ObjectId:
        """Return the commit that a revision names, through tags; raises UsageError."""
        if revision.startswith("-"):
            raise UsageError(f"{revision!r} is not a revision")
        try:
            named = self._repository.revparse_single(revision)
            commit = named.peel(pygit2.Commit)
        except KeyError as error:
            raise UsageError(
                f"the repository has no revision {revision!r}", _no_revision(self._repository)
            ) from error
        except (ValueError, pygit2.GitError) as error:
            raise UsageError(f"{revision!r} names no commit: {error}") from error
        return ObjectId(commit.id.raw)

    def reference(self, name: str) -> ObjectId | None:
        """Return the commit that a ref with this full name points at, None without such a ref."""
        try:
            reference = self._repository.references.get(name)
            if reference is None:
                return None
            return ObjectId(reference.peel(pygit2.Commit).id.raw)
        except (ValueError, KeyError, pygit2.GitError):
            return None

    def file_at(self, commit: ObjectId, path: str) -> bytes | None:
        """Return the file at a path in a commit's tree, None without one; for showing it."""
        try:
            found = self._repository[commit.hex()].tree[path]
        except KeyError:
            return None
        return found.data if isinstance(found, pygit2.Blob) else None

    def has(self, object_id: ObjectId) -> bool:
        """Say whether the object is there, without reading it."""
        return object_id.hex() in self._repository


def _no_revision(repository: pygit2.Repository) -> str:
    if repository.is_empty or repository.head_is_unborn:
        return "HEAD names no commit yet; name the commit or the branch that you ask about."
    return "git log --oneline --all shows what there is; git fetch brings what is not."


def _unsupported(directory: Path, message: str) -> UnsupportedRepositoryError:
    if "not owned by" in message:
        return UnsupportedRepositoryError(
            f"the repository at {directory} belongs to another user, and git would refuse it too",
            "If you trust who owns it: git config --global --add safe.directory DIRECTORY"
            " (in CI, for the user that runs the job).",
        )
    return UnsupportedRepositoryError(
        f"this kind of repository is not read: {message}",
        "nixauth reads SHA-1 repositories with files for refs.",
    )
