"""The files of a mirror: how it is made, what is looked at before it is used, what is put away.

Nobody else works in a mirror: who does holds the channel's lock. What a power cut or a killed git
left behind is recognised here, so that it does not stand in the way for ever.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from nixauth.errors import UnsupportedRepositoryError, UsageError
from nixauth.git_transfer import transfer
from nixauth.history.repository import Repository

REMOTE = "nixauth-channel"
"""A name that no configuration of the person's is about: its settings would count as well."""
_HEAD = b"ref: refs/heads/none\n"
_CONFIG = (
    "[core]\n\trepositoryFormatVersion = 1\n\tbare = true\n"
    f"[extensions]\n\tpartialClone = {REMOTE}\n"
).encode("ascii")
_REF = re.compile(rb"[0-9a-f]{40}\n")
_CHECKSUM = 20
_PIECE = 1024 * 1024


def opened(directory: Path) -> Repository:
    """Open the mirror in a directory, and no other repository, as one above a damaged one.

    Raises UnsupportedRepositoryError.
    """
    with contextlib.suppress(UsageError):  # nor is there one above
        repository = Repository.open(directory)
        if repository.git_directory.resolve() == directory.resolve():
            return repository
    raise UnsupportedRepositoryError(
        f"{directory} is no repository",
        "It may be fetched anew just now. Try again, or update the channel.",
    )


def make(directory: Path) -> None:
    """Make a mirror beside its place, so that it is there whole or not at all.

    Raises FetchError, OSError.
    """
    draft = directory.with_name(f"{directory.name}.new")
    remove(draft)
    arguments = ["init", "--quiet", "--bare", "--template=", "--initial-branch=none", str(draft)]
    transfer(draft.parent, arguments, settings={})
    (draft / "HEAD").write_bytes(_HEAD)
    (draft / "config").write_bytes(_CONFIG)
    draft.rename(directory)
    # libgit2 reads on in a pack of the same name for as long as somebody has the old one open.
    gc.collect()


def damage(directory: Path) -> str:
    """Say what is wrong with a mirror, as far as a look at its files shows; empty for nothing."""
    expected = {"HEAD": _HEAD, "config": _CONFIG}
    for name, content in expected.items():
        try:
            if (directory / name).read_bytes() != content:
                return f"{name} is not what it was"
        except OSError as error:
            return f"{name}: {error.strerror or error}"
    for name in ("objects", "refs"):
        if not (directory / name).is_dir():
            return f"{name} is not there"
    for name in ("shallow", "packed-refs", "objects/info/alternates", "info/grafts"):
        if os.path.lexists(directory / name):
            return f"{name} is there"
    if {one.name for one in (directory / "objects").iterdir()} - {"info", "pack"}:
        return "there are objects in no pack"  # all that is fetched comes in one
    return _broken_ref(directory) or _broken_pack(directory)


def _broken_ref(directory: Path) -> str:
    for ref in (directory / "refs").rglob("*"):
        try:
            if ref.is_symlink() or (not ref.is_dir() and not _REF.fullmatch(ref.read_bytes())):
                return f"{ref.relative_to(directory)} names no object"
        except OSError as error:
            return f"{ref.relative_to(directory)}: {error.strerror or error}"
    return ""


def _broken_pack(directory: Path) -> str:
    """Hold the ends of each pack and its index together: what was cut off, or never came."""
    for index in (directory / "objects/pack").glob("*.idx"):
        pack = index.with_suffix(".pack")
        try:
            with pack.open("rb") as packed, index.open("rb") as indexed:
                begins = packed.read(4)
                packed.seek(-_CHECKSUM, os.SEEK_END)
                indexed.seek(-2 * _CHECKSUM, os.SEEK_END)
                if begins != b"PACK" or packed.read() != indexed.read(_CHECKSUM):
                    return f"{pack.name} is cut off"
        except OSError as error:
            return f"{pack.name}: {error.strerror or error}"
    return ""


def is_rotten(directory: Path) -> bool:
    """Say whether a pack does not have the checksum at its end: all of it is read."""
    for pack in (directory / "objects/pack").glob("*.pack"):
        try:
            with pack.open("rb") as file:
                left = pack.stat().st_size - _CHECKSUM
                found = hashlib.sha1(usedforsecurity=False)
                while piece := file.read(min(_PIECE, left)):
                    found.update(piece)
                    left -= len(piece)
                if file.read() != found.digest():
                    return True
        except (OSError, ValueError):
            return True
    return False


def clear_away(directory: Path) -> None:
    """Remove what a git that was killed left behind: locks, and packs that it was writing."""
    with contextlib.suppress(OSError):
        for lock in (*directory.glob("*.lock"), *(directory / "refs").rglob("*.lock")):
            remove(lock)
        packs = directory / "objects/pack"
        for draft in (*packs.glob("tmp_*"), *(directory / "objects").glob("tmp_*")):
            remove(draft)
        for pack in packs.glob("pack-*.pack"):
            if not pack.with_suffix(".idx").exists():
                remove(pack)


def packs(directory: Path) -> set[str]:
    """Return the names of all files of packs."""
    with contextlib.suppress(OSError):
        return {one.name for one in (directory / "objects/pack").iterdir()}
    return set()


@contextlib.contextmanager
def as_it_was(directory: Path) -> Iterator[None]:
    """Have what a transfer that fails brought be gone: git would take parts of it for complete."""
    before = packs(directory)
    try:
        yield
    except BaseException:
        for name in packs(directory) - before:
            remove(directory / "objects/pack" / name)
        raise


def aside_of(directory: Path) -> Path:
    """Return where a mirror is kept while another one is made."""
    return directory.with_name(f"{directory.name}.old")


def gone_of(directory: Path) -> Path:
    """Return where a mirror is removed."""
    return directory.with_name(f"{directory.name}.gone")


def set_aside(directory: Path) -> Path:
    """Move a mirror out of its place, and return where it is; raises OSError."""
    aside = aside_of(directory)
    remove(aside)
    if os.path.lexists(directory):
        directory.rename(aside)
    return aside


def put_back(aside: Path, directory: Path) -> None:
    """Have a mirror that was set aside be in its place again, if it was there; raises OSError."""
    if os.path.lexists(aside):
        remove(directory)
        aside.rename(directory)


def remove(place: Path) -> None:
    """Remove a file or a directory; nothing is said where that fails."""
    with contextlib.suppress(OSError):
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place, ignore_errors=True)
        else:
            place.unlink()
