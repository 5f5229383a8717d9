"""A repository on disk, through pygit2's object database and nothing else of libgit2.

`walk`, `parents`, `merge_base` and `descendant_of` are not used: they honour grafts, the shallow
file and the commit-graph, which are not what people signed. Opening is strict: ownership is
checked as git does, and unknown extensions are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pygit2

from nixauth.errors import (
    CorruptObjectError,
    UndecidedError,
    UnsupportedRepositoryError,
    UsageError,
)
from nixauth.history.loose import LooseObjects, with_alternates
from nixauth.history.objects import corrupt, missing, wrong_kind
from nixauth.model import ObjectId

_FULL_ID = re.compile(r"[0-9a-fA-F]{40}")
_COMMIT, _TREE, _BLOB = 1, 2, 3
_NAMES = {_COMMIT: "commit", _TREE: "tree", _BLOB: "blob", 4: "tag"}
_PLACES = ("refs/tags/", "refs/heads/", "refs/remotes/")
_LARGEST_BLOB = 64 * 1024 * 1024
_COPIED = 64 * 1024
"""Bytes of a blob that are copied: for small ones that is quicker than an object of pygit2."""
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
    """An open repository.

    `quarantine` is a directory of objects to be read as well, where git keeps what was pushed until
    hooks have agreed. `pending` has where refs will be, or None for those that go, in place of
    where they are.
    """

    def __init__(
        self,
        repository: pygit2.Repository,
        quarantine: Path | None = None,
        pending: Mapping[str, ObjectId | None] | None = None,
    ) -> None:
        self._repository = repository
        self._quarantine = quarantine
        self._pending = dict(pending or {})
        self._read = repository.odb.read  # Repository.read makes an enum of each type
        self._oid = pygit2.Oid
        directories = with_alternates(self.common_directory / "objects")
        if quarantine is not None:
            repository.odb.add_disk_alternate(str(quarantine))
            directories.append(quarantine)
        self._loose = LooseObjects(directories)
        # libgit2 looks for a loose file before each object, a fifth of the time of reading it.
        # Nearly all are in packs; what is not there is looked for as ever.
        packs = pygit2.Odb()
        for number, directory in enumerate(reversed(directories), 1):
            if (directory / "pack").is_dir():
                packs.add_backend(pygit2.OdbBackendPack(str(directory)), number)
        self._read_packed = packs.read

    @classmethod
    def open(
        cls,
        directory: Path,
        quarantine: Path | None = None,
        pending: Mapping[str, ObjectId | None] | None = None,
    ) -> Repository:
        """Open the repository that `directory` is in, as git would find it.

        The environment (`GIT_DIR` and the like) is not asked. Raises UsageError where there is
        none, UnsupportedRepositoryError where it may not or cannot be read.
        """
        _settings()
        try:
            found = pygit2.discover_repository(str(directory))
            if found is None:
                raise UsageError(
                    f"{directory} is not in a git repository",
                    "Go to one, or name one with -C DIR.",
                )
            return cls(pygit2.Repository(found), quarantine, pending)
        except (pygit2.GitError, ValueError) as error:
            raise _unsupported(directory, str(error)) from error

    def __reduce__(self) -> tuple[object, ...]:
        return Repository.open, (self.git_directory, self._quarantine, self._pending)

    def with_pending(self, pending: Mapping[str, ObjectId | None]) -> Repository:
        """Return the same repository as it will be when these refs have moved."""
        return Repository.open(self.git_directory, self._quarantine, pending)

    @property
    def git_directory(self) -> Path:
        """The repository's own directory (`.git`, or the bare repository)."""
        return Path(self._repository.path)

    @property
    def work_tree(self) -> Path | None:
        """The top of the work tree, None for a bare repository."""
        workdir = self._repository.workdir
        return Path(workdir) if workdir else None

    def head(self) -> ObjectId | None:
        """Return the commit that HEAD is at; None where its branch has no commit yet.

        Raises CorruptObjectError for a HEAD that leads nowhere.
        """
        try:
            return None if self._repository.head_is_unborn else self.reference("HEAD")
        except pygit2.GitError as error:
            raise CorruptObjectError(f"HEAD cannot be read: {error}") from error

    def _kind_and_content(self, object_id: ObjectId, name: str) -> tuple[int, bytes]:
        fault = self._loose.fault(object_id)
        if fault:
            corrupt(object_id, name, fault)
        oid = self._oid(raw=object_id)
        try:
            try:
                return self._read_packed(oid)
            except KeyError:
                return self._read(oid)
        except KeyError:
            missing(object_id, name)
        except (pygit2.GitError, ValueError) as error:
            corrupt(object_id, name, str(error))

    def _content(self, object_id: ObjectId, kind: int) -> bytes:
        found, content = self._kind_and_content(object_id, _NAMES[kind])
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
        """See `Objects.blob`; one of more than 64 MiB counts as damaged, and is not read."""
        size = self._size(object_id)
        if size > _LARGEST_BLOB:
            corrupt(object_id, "blob", f"it has {size} bytes, more than {_LARGEST_BLOB}")
        return self._content(object_id, _BLOB)

    def blob_up_to(self, object_id: ObjectId, largest: int) -> bytes | memoryview | None:
        """Return a blob's content, None where it has more than `largest` bytes.

        A large one is not copied out of libgit2's memory. Raises as `blob` does.
        """
        size = self._size(object_id)
        if size > largest:
            return None
        if size < _COPIED:
            return self._content(object_id, _BLOB)
        try:
            found = self._repository[self._oid(raw=object_id)]
        except KeyError:
            missing(object_id, "blob")
        except (pygit2.GitError, ValueError) as error:
            corrupt(object_id, "blob", str(error))
        if not isinstance(found, pygit2.Blob):
            wrong_kind(object_id, "blob", found.type_str)
        return memoryview(found)

    def kind(self, object_id: ObjectId) -> str:
        """Return what an object is (`commit`, `tree`, `blob`, `tag`); raises as `commit` does."""
        return _NAMES.get(self._kind_and_content(object_id, "object")[0], "something else")

    def _size(self, object_id: ObjectId) -> int:
        """Return how large an object is, 0 where reading it will say what is wrong."""
        if self._loose.fault(object_id):
            return 0
        try:
            return int(self._repository.odb.read_header(self._oid(raw=object_id))[1])
        except (KeyError, ValueError, pygit2.GitError):
            return 0

    @property
    def common_directory(self) -> Path:
        """What a linked worktree shares with the repository that it belongs to."""
        common = self.git_directory / "commondir"
        if common.is_file():
            return self.git_directory / common.read_text().strip()
        return self.git_directory

    def shallow(self) -> frozenset[ObjectId]:
        """See `Objects.shallow`: the `shallow` file of the repository (of the main worktree)."""
        try:
            lines = (self.common_directory / "shallow").read_bytes().split()
        except FileNotFoundError:
            return frozenset()
        try:
            return frozenset(ObjectId(bytes.fromhex(line.decode("ascii"))) for line in lines)
        except ValueError as error:
            raise UnsupportedRepositoryError("the repository's shallow file is damaged") from error

    def resolve(self, revision: str) -> ObjectId:
        """Return the commit that a revision names, through tags; raises UsageError."""
        if not revision or revision.startswith("-"):
            raise UsageError(f"{revision!r} is not a revision")
        plain = self._plainly_named(revision)
        if plain is not None:
            return plain
        try:
            named = self._repository.revparse_single(revision)
            commit = named.peel(pygit2.Commit)
        except KeyError as error:
            raise UsageError(
                f"the repository has no revision {revision!r}", _no_revision(self._repository)
            ) from error
        except ValueError as error:
            raise UsageError(f"{revision!r} names no commit: {error}") from error
        except pygit2.GitError as error:
            raise CorruptObjectError(
                f"what {revision!r} names could not be read: {error}",
                "git fsck shows what is wrong with this repository.",
            ) from error
        return ObjectId(commit.id.raw)

    def _plainly_named(self, revision: str) -> ObjectId | None:
        """Return the commit whose full id or ref this is, without libgit2's parsing it.

        A full id that is not there, or is damaged, is for the question to stumble over.
        """
        try:
            if _FULL_ID.fullmatch(revision):
                named = ObjectId(bytes.fromhex(revision))
            else:
                self._refuse_ambiguous(revision)
                found = self._repository.lookup_reference_dwim(revision).resolve()
                named = ObjectId(bytes.fromhex(str(found.target)))
        except (KeyError, ValueError, pygit2.GitError):
            return None
        try:
            kind = self._kind_and_content(named, "object")[0]
        except UndecidedError:
            return named
        return named if kind == _COMMIT else None

    def _refuse_ambiguous(self, name: str) -> None:
        """Whoever serves a repository can put a tag beside a branch of the same name."""
        references = self._repository.references
        full = [f"{place}{name}" for place in _PLACES if f"{place}{name}" in references]
        if len({str(references[one].resolve().target) for one in full}) > 1:
            raise UsageError(f"{name!r} is ambiguous: {' and '.join(full)}", "Give the full name.")

    def reference(self, name: str) -> ObjectId | None:
        """Return the object that a ref with this full name points at, None without such a ref.

        Raises CorruptObjectError for a ref that is there and leads nowhere.
        """
        if name in self._pending:
            return self._pending[name]
        try:
            reference = self._repository.references.get(name)
            if reference is None:
                return None
            return ObjectId(bytes.fromhex(str(reference.resolve().target)))
        except (ValueError, KeyError, pygit2.GitError) as error:
            raise CorruptObjectError(f"the ref {name} cannot be read: {error}") from error

    def file_at(self, commit: ObjectId, path: str) -> bytes | None:
        """Return the file at a path in a commit's tree, None without one; for showing it."""
        try:
            tree = self._repository[self.commit(commit)[5:45].decode("ascii", "replace")]
            if not isinstance(tree, pygit2.Tree) or path not in tree:
                return None
            found = tree[path]
            return found.data if isinstance(found, pygit2.Blob) else None
        except KeyError:
            missing(commit, f"tree, or the {path} in it, of the commit")
        except (pygit2.GitError, ValueError) as error:
            corrupt(commit, "tree of commit", str(error))

    def has(self, object_id: ObjectId) -> bool:
        """Say whether the object is there, without reading it."""
        return self._oid(raw=object_id) in self._repository.odb


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
