"""The authenticated tree, where programs can read it: as a directory, or as a tarball.

Trees are kept below the channel's own directory by commit. One that is there is hashed again before
it is used: whatever is handed out has the hash of the pin.
"""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import hashlib
import io
import lzma
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from nixauth.channels.own_directory import alone
from nixauth.channels.values import Pin
from nixauth.durable import has_lock
from nixauth.errors import UnwritableTreeError, UsageError
from nixauth.history.repository import Repository
from nixauth.nar.on_disk import hash_path, write_tree
from nixauth.nar.tree import Kind, Limits, Submodules, Walk

_LEVEL = 6


def _plain(out: IO[bytes]) -> IO[bytes]:
    return out


def _gzip(out: IO[bytes]) -> IO[bytes]:
    return gzip.GzipFile("", "wb", _LEVEL, out, mtime=0)  # type: ignore[return-value]


def _xz(out: IO[bytes]) -> IO[bytes]:
    return lzma.open(out, "wb", preset=_LEVEL)


_FORMS = {".tar": _plain, ".tar.gz": _gzip, ".tgz": _gzip, ".tar.xz": _xz}


class Trees:
    """The trees of a channel below its directory; `repository` has the objects.

    All that is done here is done alone, so each raises what `own_directory.alone` does.
    """

    def __init__(self, directory: Path, repository: Repository) -> None:
        self._channel = directory
        self._directory = directory / "trees"
        self._links = directory / "links"
        self._repository = repository

    def path(self, pin: Pin) -> Path:
        """Return a directory that holds the pin's tree, byte for byte.

        Raises UnwritableTreeError, and what reading the tree raises.
        """
        with alone(self._channel):
            return self._path(pin)

    def kept(self, pin: Pin) -> Path:
        """Return the same, and have the directory kept while this process lives.

        Whatever it becomes or starts keeps it as well. Raises the same.
        """
        with alone(self._channel):
            place = self._path(pin)
            with contextlib.suppress(OSError):
                descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
                os.set_inheritable(descriptor, True)  # noqa: FBT003 - its form
                has_lock(descriptor, fcntl.LOCK_SH)
            return place

    def _path(self, pin: Pin) -> Path:
        place = self._directory / pin.commit.hex()
        if self._is(pin, place):
            return place
        try:
            self._directory.mkdir(mode=0o700, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=".new-", dir=self._directory))
        except OSError as error:
            raise _unwritable(self._directory, error) from error
        try:
            write_tree(self._repository, pin.tree, draft / "tree")
            if not self._is(pin, draft / "tree"):
                raise UnwritableTreeError(f"what was written to {draft} is not what was to be")
            self._put(draft, place)
        except OSError as error:
            raise _unwritable(place, error) from error
        finally:
            _remove(draft)
        return place

    def _put(self, draft: Path, place: Path) -> None:
        if os.path.lexists(place):
            place.rename(draft / "old")
        (draft / "tree").rename(place)

    def _is(self, pin: Pin, place: Path) -> bool:
        try:
            return (
                place.is_dir() and not place.is_symlink() and hash_path(place).sri == pin.nar_hash
            )
        except (OSError, ValueError):
            return False

    def forget_others(self, *kept: Pin | None) -> None:
        """Remove the trees of other pins than these that no link leads to, and nobody uses."""
        with alone(self._channel):
            self._forget_others(*kept)

    def _forget_others(self, *kept: Pin | None) -> None:
        names = {pin.commit.hex() for pin in kept if pin is not None}
        with contextlib.suppress(OSError):
            names |= self._linked()
            for place in self._directory.iterdir():
                if place.name not in names and not _is_used(place):
                    _remove(place)

    def _linked(self) -> set[str]:
        """Return the names of the trees that links lead to.

        Raises OSError, as where a link is on a disk that is not there now: nobody knows then.
        """
        names = set()
        for record in self._links.iterdir() if self._links.is_dir() else ():
            link = record.readlink()
            if not link.parent.is_dir():
                raise FileNotFoundError(f"{link.parent} is not there")
            target = link.readlink() if link.is_symlink() else Path()
            if target.parent == self._directory:
                names.add(target.name)
            else:
                record.unlink()
        return names

    def _note_link(self, link: Path) -> None:
        """Note where a link is, so that its tree is kept; raises OSError."""
        place = str(link.parent.resolve() / link.name)
        self._links.mkdir(mode=0o700, exist_ok=True)
        record = self._links / hashlib.sha256(os.fsencode(place)).hexdigest()
        if not record.is_symlink():
            record.symlink_to(place)

    def link(self, pin: Pin, link: Path) -> Path:
        """Have a symbolic link lead to the pin's tree, in one step; raises UnwritableTreeError."""
        with alone(self._channel):
            return self._link(pin, link)

    def _link(self, pin: Pin, link: Path) -> Path:
        place = self._path(pin)
        try:
            if os.path.lexists(link) and not link.is_symlink():
                raise UsageError(
                    f"{link} is there, and no symbolic link", "Name another place, or remove it."
                )
            self._note_link(link)
            draft = Path(tempfile.mkdtemp(prefix=".new-", dir=link.parent))
            try:
                (draft / "link").symlink_to(place)
                (draft / "link").replace(link)
            finally:
                _remove(draft)
        except OSError as error:
            raise _unwritable(link, error) from error
        return place

    def tarball(self, pin: Pin, file: Path) -> None:
        """Write the pin's tree as a tarball, the same one every time, in one step.

        Everything is in one directory, as `nix-channel` and `fetchTarball` want it. Raises
        UsageError for a name that ends in no known way, UnwritableTreeError, and what reading the
        tree raises.
        """
        form = next((form for end, form in _FORMS.items() if file.name.endswith(end)), None)
        if form is None:
            raise UsageError(
                f"{file.name} does not end in {', '.join(_FORMS)}", "The ending says the form."
            )
        with alone(self._channel):
            self._tarball(pin, file, form)

    def _tarball(self, pin: Pin, file: Path, form: Callable[[IO[bytes]], IO[bytes]]) -> None:
        try:
            descriptor, name = tempfile.mkstemp(prefix=f".{file.name[:32]}.", dir=file.parent)
            try:
                with os.fdopen(descriptor, "wb") as out:
                    packed = form(out)
                    self._pack(pin, packed)
                    if packed is not out:
                        packed.close()
                    out.flush()
                    os.fchmod(out.fileno(), 0o644)
                    os.fsync(out.fileno())
                Path(name).replace(file)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise _unwritable(file, error) from error

    def _pack(self, pin: Pin, out: IO[bytes]) -> None:
        top = f"{pin.channel}-{pin.commit.hex()[:12]}".encode()
        walk = Walk(self._repository, Submodules.REFUSED, Limits())
        with tarfile.open(fileobj=out, mode="w:", format=tarfile.PAX_FORMAT) as tar:
            tar.addfile(_member(top, Kind.DIRECTORY, pin.last_modified))
            for path, entry in walk.everything(pin.tree):
                member = _member(top + b"/" + path, entry.kind, pin.last_modified)
                if entry.kind is Kind.DIRECTORY:
                    tar.addfile(member)
                    continue
                content = bytes(walk.content(entry, path))
                if entry.kind is Kind.LINK:
                    member.linkname = os.fsdecode(content)
                    tar.addfile(member)
                else:
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))


def _member(path: bytes, kind: Kind, when: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(os.fsdecode(path))
    member.type = {Kind.DIRECTORY: tarfile.DIRTYPE, Kind.LINK: tarfile.SYMTYPE}.get(
        kind, tarfile.REGTYPE
    )
    member.mode = 0o755 if kind in {Kind.DIRECTORY, Kind.EXECUTABLE} else 0o644
    member.mtime = when
    return member


def _is_used(place: Path) -> bool:
    """Say whether a command behind the gate still has a tree."""
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        return not has_lock(descriptor, fcntl.LOCK_EX)
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _remove(place: Path) -> None:
    with contextlib.suppress(OSError):
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink()


def _unwritable(place: Path, error: OSError) -> UnwritableTreeError:
    return UnwritableTreeError(
        f"{place} cannot be written: {error.strerror or error}",
        "The pin holds; only its tree was not put there. Is the disk full?",
    )
