"""A bare repository of our own for a channel: it brings what is read, in a few round trips.

It is a partial clone: commits and root trees come first (`--filter=tree:1`, gitprotocol-v2),
then in batches what is looked at beside them. Nothing is read through git, which would fetch what
is missing one by one; libgit2 finds it missing and says so.
"""

from __future__ import annotations

import contextlib
import math
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nixauth import git_program
from nixauth.channels import mirror_files
from nixauth.channels.mirror_files import REMOTE
from nixauth.durable import replace
from nixauth.errors import FetchError, HookError, UnsupportedRepositoryError
from nixauth.git_transfer import Patience, transfer
from nixauth.history.repository import Repository
from nixauth.model import ObjectId

_LEAST_GIT = {39: 4, 40: 2, 41: 1, 42: 2, 43: 4, 44: 1}
"""Versions 2.x and their first patch that knows GIT_NO_LAZY_FETCH; all from 2.45 on do.

With an older one a server that keeps something back has git ask for it without end.
"""
_HINT = "Install git 2.39.4 or later, with its security fixes."
_SETTINGS = {
    # The server's own choice of transport, and whatever the person has for other repositories.
    "protocol.version": "2",
    "protocol.allow": "never",
    **{f"protocol.{name}.allow": "always" for name in ("https", "http", "ssh", "git", "file")},
    "core.hooksPath": "/dev/null",
    "maintenance.auto": "false",
    "gc.auto": "0",
    "fetch.writeCommitGraph": "false",
    "submodule.recurse": "false",
    f"remote.{REMOTE}.tagOpt": "--no-tags",
    "http.lowSpeedLimit": "1",
    "http.lowSpeedTime": "60",
}
_FETCH = (
    *("fetch", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--force"),
    "--progress",  # also where nobody is shown it: who says nothing is given up
)
_FILTER = "tree:1"
_NOTHING_LEFT_OUT = "--filter=blob:limit=1024g"
"""With no filter at all git would take what comes for its own, and ask where its history is."""
_NOTE = "nixauth-complete"
_MANY_PACKS = 50
"""Each update that brings something leaves about three; reading looks at each of them."""
_NO_SINGLE_OBJECTS = re.compile(r"not our ref|unadvertised object|does not support|cannot fetch")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a server may be silent, and how long all of an update may take, in seconds."""

    silence: float = 300.0
    whole: float = 2 * 3600.0


class Mirror:
    """The mirror in a directory, which is made if need be, and made anew where it is damaged."""

    def __init__(
        self,
        directory: Path,
        url: str,
        show: Callable[[str], None] | None,
        limits: Limits | None = None,
    ) -> None:
        """`show` is told what git and the server say, None for nobody.

        Raises FetchError, UnsupportedRepositoryError where git is too old, and OSError.
        """
        _require_git()
        limits = limits or Limits()
        self._patience = Patience(limits.silence, time.monotonic() + limits.whole)
        self.directory, self._url, self._show = directory, url, show
        self._settings = {
            **_SETTINGS,
            f"remote.{REMOTE}.url": url,
            f"remote.{REMOTE}.promisor": "true",
            f"remote.{REMOTE}.partialCloneFilter": _FILTER,
        }
        # Whoever was killed while all was fetched anew had not finished.
        mirror_files.put_back(mirror_files.aside_of(directory), directory)
        mirror_files.remove(mirror_files.gone_of(directory))
        mirror_files.clear_away(directory)
        self.damage = mirror_files.damage(directory) if directory.exists() else ""
        """Why it had to be made anew, empty where it had not."""
        self.is_new = bool(self.damage) or not directory.exists()
        if self.is_new:
            mirror_files.remove(directory)
            mirror_files.make(directory)

    @contextlib.contextmanager
    def anew(self) -> Iterator[None]:
        """Work in a mirror without anything in it; where that fails, the one before is put back.

        Raises FetchError, OSError.
        """
        aside = mirror_files.set_aside(self.directory)
        try:
            mirror_files.make(self.directory)
            yield
        except BaseException:
            mirror_files.put_back(aside, self.directory)
            raise
        gone = mirror_files.gone_of(self.directory)
        aside.replace(gone)  # in one step: half of a mirror is never put back
        mirror_files.remove(gone)

    @property
    def repository(self) -> Repository:
        """The repository as it is now."""
        return mirror_files.opened(self.directory)

    @property
    def is_rotten(self) -> bool:
        """Whether what is here is not what was written; all of it is read."""
        return mirror_files.is_rotten(self.directory)

    @property
    def note(self) -> str:
        """What was noted of what is in the mirror; it is gone when the mirror is."""
        try:
            return (self.directory / _NOTE).read_text("utf-8", "surrogateescape")
        except (OSError, ValueError):
            return ""

    @note.setter
    def note(self, text: str) -> None:
        """Note something, on the disk; raises OSError."""
        replace(self.directory / _NOTE, text.encode("utf-8", "surrogateescape"))

    def tips(self, refs: Sequence[str]) -> Mapping[str, ObjectId]:
        """Return where these refs, by full name, are on the server; those that it has."""
        out = self._git(["ls-remote", REMOTE, *refs])
        found = {}
        for line in out.splitlines():
            name, _, ref = line.partition(b"\t")
            with contextlib.suppress(ValueError):
                octets = bytes.fromhex(name.decode("ascii"))
                if len(octets) == 20 and ref.decode("utf-8", "surrogateescape") in refs:
                    found[ref.decode("utf-8", "surrogateescape")] = ObjectId(octets)
        return found

    def fetch(self, refs: Collection[str]) -> None:
        """Bring refs: commits and root trees only, from a server that can leave things out."""
        if refs:
            specs = [f"+{ref}:{ref}" for ref in refs]
            self._git([*_FETCH, f"--filter={_FILTER}", REMOTE, *specs])

    def forget(self, refs: Collection[str]) -> None:
        """Remove refs that are here."""
        for ref in refs:
            self._git(["update-ref", "-d", ref])

    def refs(self) -> list[str]:
        """Return the full names of the refs that are here."""
        top = self.directory / "refs"
        return [str(one.relative_to(self.directory)) for one in top.rglob("*") if not one.is_dir()]

    def fetch_objects(self, objects: Collection[ObjectId], *, trees_only: bool = False) -> bool:
        """Bring objects by their ids in one batch, and what is below them.

        With `trees_only` the files below are left out. Returns whether the server gives objects
        by their ids at all.
        """
        if not objects:
            return True
        how = "--filter=blob:none" if trees_only else _NOTHING_LEFT_OUT
        ids = "".join(f"{one.hex()}\n" for one in sorted(objects)).encode("ascii")
        # What we have is no hint at what is missing: the commits are here without their files.
        noop = {"fetch.negotiationAlgorithm": "noop"}
        try:
            self._git([*_FETCH, how, "--stdin", REMOTE], given=ids, **noop)
        except FetchError as error:
            if _NO_SINGLE_OBJECTS.search(error.message):
                return False
            raise
        return True

    def fetch_all(self, refs: Collection[str]) -> None:
        """Bring refs and all that they lead to once more, from a server that does not do less."""
        specs = [f"+{ref}:{ref}" for ref in refs]
        self._git([*_FETCH, "--refetch", _NOTHING_LEFT_OUT, REMOTE, *specs])

    def tidy(self) -> None:
        """Put many packs together in one; raises FetchError where git cannot."""
        found = [name for name in mirror_files.packs(self.directory) if name.endswith(".pack")]
        if len(found) > _MANY_PACKS:
            words = ["repack", "-a", "-d", "--quiet"]
            until = Patience(until=self._patience.until)
            transfer(self.directory, words, repository=self.directory, settings={}, patience=until)

    def _git(self, arguments: list[str], given: bytes = b"", **settings: str) -> bytes:
        try:
            # The repository is named: were it damaged, git would look for another one above it.
            with mirror_files.as_it_was(self.directory):
                return transfer(
                    self.directory,
                    arguments,
                    repository=self.directory,
                    given=given,
                    settings={**self._settings, **settings},
                    show=self._show,
                    patience=self._patience,
                )
        except FetchError as error:
            raise FetchError(f"{self._url}: {error.message}", error.hint) from error


def _require_git() -> None:
    try:
        major, minor, patch = git_program.version()
    except HookError as error:
        raise FetchError(error.message, _HINT) from error
    if (major, minor) < (2, 45) and (major != 2 or patch < _LEAST_GIT.get(minor, math.inf)):
        raise UnsupportedRepositoryError(
            f"channels need another git than {major}.{minor}.{patch}", _HINT
        )
