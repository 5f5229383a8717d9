"""The authorizations file in a work tree: read, and written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nixauth.errors import UsageError
from nixauth.history.repository import Repository
from nixauth.model import ObjectId

_MOST = 2 * 1024 * 1024
"""Bytes; the format's own limit is lower."""
_BRANCH_STAYS = "What came onto the keyring branch stays there, and grants nothing."


def root_of(repository: Repository) -> Path:
    """Return the top of the work tree; raises UsageError for a bare repository."""
    root = repository.work_tree
    if root is None:
        raise UsageError(
            "this repository is bare: it has no work tree to write a file into",
            "Do it in a clone, commit there, and push.",
        )
    return root


def in_head(repository: Repository, path: str) -> bytes | None:
    """Return the file as of HEAD; None where HEAD has none, or names no commit yet."""
    head: ObjectId | None = repository.head()
    return repository.file_at(head, path) if head is not None else None


def read(path: Path) -> bytes:
    """Read a regular file; raises UsageError for anything else."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            raise UsageError(
                f"{path} is a symbolic link: git would commit the link, which is malformed",
                "Put a regular file in its place.",
            )
        if not stat.S_ISREG(mode):
            raise UsageError(f"{path} is no regular file")
        with path.open("rb") as file:
            content = file.read(_MOST + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(content) > _MOST:
        raise UsageError(f"{path} is larger than {_MOST} bytes")
    return content


class Draft:
    """A file's new content beside it, on the disk: putting it in place is one step."""

    def __init__(self, path: Path, draft: Path) -> None:
        self._path, self._draft = path, draft

    def create(self) -> None:
        """Put it where no file is; raises UsageError where one is by now."""
        try:
            try:
                os.link(self._draft, self._path)
            except FileExistsError:
                raise
            except OSError:  # a file system without links
                if os.path.lexists(self._path):
                    raise FileExistsError from None
                self._draft.rename(self._path)
        except FileExistsError:
            raise UsageError(
                f"{self._path} is there by now; it was left as it is", _BRANCH_STAYS
            ) from None
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def replace(self, expected: bytes) -> None:
        """Put it in the place of a file that has still the expected content, or UsageError."""
        if read(self._path) != expected:
            raise UsageError(
                f"{self._path} was changed by somebody else meanwhile, and was left as it is",
                f"Do it again. {_BRANCH_STAYS}",
            )
        try:
            self._draft.replace(self._path)
        except OSError as error:
            raise _unwritable(self._path, error) from error


@contextlib.contextmanager
def drafted(path: Path, content: bytes) -> Iterator[Draft]:
    """Write a draft, with the mode of the file that is there; it is gone afterwards."""
    draft: Path | None = None
    try:
        try:
            descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
            draft = Path(name)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.chmod(_mode(path))
        except OSError as error:
            raise _unwritable(path, error) from error
        yield Draft(path, draft)
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path} cannot be written: {error.strerror or error}")


def _mode(path: Path) -> int:
    """Return the mode of the file that is replaced, or that of a new one."""
    with contextlib.suppress(OSError):
        return stat.S_IMODE(path.stat().st_mode) & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
