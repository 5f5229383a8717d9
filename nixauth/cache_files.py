"""Which files the cache may use: its own, and nobody else's."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path


def own_directory(directory: Path) -> None:
    """Make the directory, mode 0700; raises OSError where it is somebody else's."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(0, f"{directory} is not a directory")
    if found.st_uid != os.geteuid():
        raise PermissionError(0, f"{directory} belongs to another user")
    if found.st_mode & 0o022:
        raise PermissionError(0, f"{directory} can be written by others")
    if found.st_mode & 0o777 != 0o700 and os.access(directory, os.W_OK):
        directory.chmod(0o700)


def unfit(path: Path) -> str:
    """Say why a file may not be used as a store; empty for one that may, or that is not there."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return ""
    if not stat.S_ISREG(found.st_mode):
        return "it is not a regular file"
    if found.st_uid != os.geteuid():
        return "it belongs to another user"
    if found.st_mode & 0o022:
        return "it can be written by others"
    return ""


def file_at(path: Path) -> tuple[int, int] | None:
    """Say which file has a name."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
