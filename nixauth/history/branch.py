"""Write files to a branch: objects and one ref, never the work tree, the index or HEAD.

So it works in bare repositories and with local changes. The ref is moved by compare and swap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pygit2

from nixauth.errors import (
    ChangedRefError,
    CorruptObjectError,
    UndecidedError,
    UnsupportedRepositoryError,
    UnwritableRefError,
    UsageError,
)
from nixauth.history.repository import Repository
from nixauth.history.tree import Entry, entries
from nixauth.model import ObjectId

_DIRECTORY, _FILE = b"40000", b"100644"
_FILES = frozenset({_FILE, b"100755"})
_HOLDS = ("rebase-merge/head-name", "rebase-apply/head-name", "BISECT_START")
"""Files of a worktree's git directory that name a branch which work in progress comes back to."""

_MOST_SYMBOLIC = 10
_NO_NAMES = frozenset({"", "HEAD", "@"})


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who made a commit and when: seconds since 1970, and minutes east of Greenwich."""

    name: str
    email: str
    time: int
    offset: int


class Branch:
    """The branch `name` of a repository, to be read and written by way of the object database."""

    def __init__(self, repository: Repository, name: str) -> None:
        """Raise UsageError for a name that is none."""
        name = name.removeprefix("refs/heads/")
        self.name = name
        self.ref = f"refs/heads/{name}"
        if name in _NO_NAMES or name.startswith("-") or not _is_valid(self.ref):
            raise UsageError(f"{name!r} is not the name of a branch")
        self._objects = repository
        try:
            self._repository = pygit2.Repository(str(repository.git_directory))
        except pygit2.GitError as error:
            raise UnsupportedRepositoryError(f"the repository cannot be opened: {error}") from error

    def tip(self) -> ObjectId | None:
        """Return the commit that the branch is at, None where there is no branch."""
        return self._objects.reference(self.ref)

    def upstream(self) -> ObjectId | None:
        """Return the commit that the same branch of `origin` was at when it was last fetched."""
        return self._objects.reference(f"refs/remotes/origin/{self.name}")

    def tree_of(self, commit: ObjectId) -> ObjectId:
        """Return a commit's tree."""
        return ObjectId(bytes.fromhex(self._objects.commit(commit)[5:45].decode("ascii")))

    def names(self, tree: ObjectId) -> Iterator[bytes]:
        """Yield the names of whatever stands at the top of a tree: links and submodules as well."""
        for name, _ in entries(self._objects.tree(tree)):
            yield name

    def config(self, name: str) -> str | None:
        """Return a value of git's configuration."""
        with suppress(KeyError, ValueError, pygit2.GitError):
            return str(self._repository.config[name])
        return None

    # --- who else uses it ---

    def refuse_if_used(self) -> None:
        """Raise UsageError where a worktree has the branch checked out, or will come back to it."""
        for directory in self._worktrees():
            for file in ("HEAD", *_HOLDS):
                if self.ref in self._leads_through(_named(directory / file)):
                    raise UsageError(
                        f"the branch {self.name} is checked out (by {directory / file})",
                        "Committing to it would leave that work tree behind: switch to another"
                        " branch there, or name another one with --branch.",
                    )

    def _leads_through(self, name: str) -> Iterator[str]:
        """Yield a ref, and the refs that it leads to where it is a symbolic one."""
        if name and not name.startswith("refs/"):
            name = f"refs/heads/{name}"
        for _ in range(_MOST_SYMBOLIC):
            yield name
            try:
                reference = self._repository.references.get(name)
            except (ValueError, pygit2.GitError):
                return
            if reference is None or not isinstance(reference.target, str):
                return
            name = reference.target

    def _worktrees(self) -> Iterator[Path]:
        own = self._objects.git_directory
        common = own
        with suppress(OSError):
            common = own / (own / "commondir").read_text().strip()
        if not self._repository.is_bare:
            yield common
        with suppress(OSError):
            yield from sorted((common / "worktrees").iterdir())

    # --- writing ---

    def write_tree(self, tree: ObjectId | None, files: Mapping[bytes, bytes]) -> ObjectId:
        """Write a tree that has these files (by path) in place of or beside those of `tree`."""
        listed = self._entries(tree) if tree is not None else {}
        below: dict[bytes, dict[bytes, bytes]] = {}
        for path, content in files.items():
            name, slash, rest = path.partition(b"/")
            if slash:
                below.setdefault(name, {})[rest] = content
                continue
            mode = listed[name].mode if name in listed else _FILE
            if mode not in _FILES:
                raise UsageError(
                    f"on the branch {self.name} {name.decode('utf-8', 'backslashreplace')!r} is no"
                    " file, but a directory, a link or a submodule"
                )
            listed[name] = Entry(mode, ObjectId(self._repository.create_blob(content).raw))
        for name, inner in below.items():
            old = listed.get(name)
            if old is not None and old.mode != _DIRECTORY:
                raise UsageError(f"the branch {self.name} has a file called {name!r}")
            written = self.write_tree(old.object_id if old is not None else None, inner)
            listed[name] = Entry(_DIRECTORY, written)
        return ObjectId(self._repository.odb.write(pygit2.GIT_OBJECT_TREE, _tree(listed)).raw)

    def _entries(self, tree: ObjectId) -> dict[bytes, Entry]:
        content = self._objects.tree(tree)
        listed = dict(entries(content))
        if _tree(listed) != content:
            raise CorruptObjectError(
                f"the tree {tree.hex()} of the branch {self.name} is not as git writes it",
                "git fsck shows what is wrong with it.",
            )
        return listed

    def write_commit(
        self,
        tree: ObjectId,
        parents: Sequence[ObjectId],
        message: str,
        author: Stamp,
        committer: Stamp,
    ) -> ObjectId:
        """Write a commit; no ref moves."""
        made = self._repository.create_commit(
            None,
            _signature(author),
            _signature(committer),
            message,
            pygit2.Oid(raw=tree),
            [pygit2.Oid(raw=parent) for parent in parents],
        )
        return ObjectId(made.raw)

    def move(self, expected: ObjectId | None, to: ObjectId, log: str, committer: Stamp) -> None:
        """Move the branch from `expected` (None: it is not there) to `to`.

        Raises ChangedRefError where it is somewhere else by now, UnwritableRefError where it
        cannot be moved for another reason.
        """
        target = pygit2.Oid(raw=to)
        self._repository.set_ident(committer.name, committer.email)
        try:
            if expected is None:
                self._repository.create_reference_direct(self.ref, target, force=False, message=log)
                return
            reference = self._repository.lookup_reference(self.ref)
            if isinstance(reference.target, str):
                raise UsageError(
                    f"the branch {self.name} is a symbolic ref: it stands for {reference.target}",
                    "Name that one with --branch.",
                )
            if str(reference.target) != expected.hex():
                raise ChangedRefError(*_changed(self.name))
            reference.set_target(target, log)  # libgit2 compares with what was looked up
        except (KeyError, ValueError, OSError, pygit2.GitError) as error:
            if self._is_elsewhere(expected):
                message, hint = _changed(self.name)
                raise ChangedRefError(f"{message} ({error})", hint) from error
            raise UnwritableRefError(
                f"the branch {self.name} could not be moved, and was left as it is: {error}",
                f"If a lock is in the way ({self.ref}.lock) and no git is running, remove it.",
            ) from error

    def _is_elsewhere(self, expected: ObjectId | None) -> bool:
        try:
            return self.tip() != expected
        except UndecidedError:
            return True


def _is_valid(ref: str) -> bool:
    try:
        return pygit2.reference_is_valid_name(ref)
    except UnicodeEncodeError:
        return False


def _changed(name: str) -> tuple[str, str]:
    return (
        f"the branch {name} was changed by somebody else meanwhile, and was left as it is",
        "Do it again: what was added there in between will be taken into account.",
    )


def _named(file: Path) -> str:
    """Return the ref that a file of a git directory names; empty where it does not."""
    try:
        text = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return text.removeprefix("ref:").strip()


def _signature(stamp: Stamp) -> pygit2.Signature:
    return pygit2.Signature(stamp.name, stamp.email, stamp.time, stamp.offset, "utf-8")


def _tree(listed: Mapping[bytes, Entry]) -> bytes:
    """Return a tree object, in git's order: directories sort as if their names ended in a slash."""

    def place(name: bytes) -> bytes:
        return name + b"/" if listed[name].mode == _DIRECTORY else name

    return b"".join(
        b"%b %b\0%b" % (listed[name].mode, name, listed[name].object_id)
        for name in sorted(listed, key=place)
    )
