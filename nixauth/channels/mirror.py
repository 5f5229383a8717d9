"""A bare repository of our own for a channel: it brings what is read, in a few round trips.

It is a partial clone: commits and root trees come first (`--filter=tree:1`, gitprotocol-v2),
then in batches what is looked at beside them. Nothing is read through git, which would fetch what
is missing one by one; libgit2 finds it missing and says so.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from nixauth import git_program
from nixauth.durable import replace
from nixauth.errors import FetchError, HookError, UnsupportedRepositoryError
from nixauth.history.repository import Repository
from nixauth.model import ObjectId

_LEAST_GIT = (2, 36)
"""`--refetch` came with it."""
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
    "remote.origin.tagOpt": "--no-tags",
    "http.lowSpeedLimit": "1",
    "http.lowSpeedTime": "60",
}
_FETCH = ("fetch", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--force")
_FILTER = "tree:1"
_REMOTE = "origin"
_NOTE = "nixauth-complete"


class Mirror:
    """The mirror in a directory, which is made if need be."""

    def __init__(self, directory: Path, url: str, show: Callable[[str], None] | None) -> None:
        """`show` is told what git and the server say, None for nobody.

        Raises FetchError, and UnsupportedRepositoryError where git is too old.
        """
        try:
            version = git_program.version()
        except HookError as error:
            raise FetchError(error.message, "Install git 2.36 or later.") from error
        if version < _LEAST_GIT:
            raise UnsupportedRepositoryError("channels need git 2.36 or later")
        self._directory, self._url, self._show = directory, url, show
        if not (directory / "HEAD").is_file():
            self._make()
        self._settings = {
            **_SETTINGS,
            f"remote.{_REMOTE}.url": url,
            f"remote.{_REMOTE}.promisor": "true",
            f"remote.{_REMOTE}.partialCloneFilter": _FILTER,
        }

    def _make(self) -> None:
        """Make the repository beside its place, so that it is there whole or not at all."""
        draft = self._directory.with_name(f"{self._directory.name}.new")
        draft.parent.mkdir(parents=True, exist_ok=True)
        arguments = [
            "init",
            "--quiet",
            "--bare",
            "--template=",
            "--initial-branch=none",
            str(draft),
        ]
        git_program.transfer(draft.parent, arguments, settings={})
        config = (
            "[core]\n\trepositoryFormatVersion = 1\n\tbare = true\n"
            f"[extensions]\n\tpartialClone = {_REMOTE}\n"
        )
        (draft / "config").write_text(config, encoding="ascii")
        draft.rename(self._directory)

    @property
    def repository(self) -> Repository:
        """The repository as it is now."""
        return Repository.open(self._directory)

    @property
    def note(self) -> str:
        """What was noted of what is in the mirror; it is gone when the mirror is."""
        try:
            return (self._directory / _NOTE).read_text("utf-8", "surrogateescape")
        except (OSError, ValueError):
            return ""

    @note.setter
    def note(self, text: str) -> None:
        """Note something, on the disk; raises OSError."""
        replace(self._directory / _NOTE, text.encode("utf-8", "surrogateescape"))

    def tips(self, refs: Sequence[str]) -> Mapping[str, ObjectId]:
        """Return where these refs, by full name, are on the server; those that it has."""
        out = self._git(["ls-remote", _REMOTE, *refs])
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
            self._git([*self._fetch(), f"--filter={_FILTER}", _REMOTE, *specs])

    def fetch_objects(self, objects: Collection[ObjectId], *, trees_only: bool = False) -> None:
        """Bring objects by their ids in one batch, and what is below them.

        With `trees_only` the files below are left out.
        """
        if not objects:
            return
        how = "--filter=blob:none" if trees_only else "--no-filter"
        ids = "".join(f"{one.hex()}\n" for one in sorted(objects)).encode("ascii")
        # What we have is no hint at what is missing: the commits are here without their files.
        noop = {"fetch.negotiationAlgorithm": "noop"}
        self._git([*self._fetch(), how, "--stdin", _REMOTE], given=ids, **noop)

    def fetch_again(self, refs: Collection[str]) -> None:
        """Bring refs as `fetch` does, whatever git takes for complete here."""
        specs = [f"+{ref}:{ref}" for ref in refs]
        self._git([*self._fetch(), "--refetch", f"--filter={_FILTER}", _REMOTE, *specs])

    def fetch_all(self, refs: Collection[str]) -> None:
        """Bring refs and all that they lead to once more, from a server that does not do less."""
        specs = [f"+{ref}:{ref}" for ref in refs]
        self._git([*self._fetch(), "--refetch", "--no-filter", _REMOTE, *specs])

    def _fetch(self) -> list[str]:
        return [*_FETCH, "--progress" if self._show is not None else "--quiet"]

    def _git(self, arguments: list[str], given: bytes = b"", **settings: str) -> bytes:
        try:
            # The repository is named: were it damaged, git would look for another one above it.
            return git_program.transfer(
                self._directory,
                arguments,
                repository=self._directory,
                given=given,
                settings={**self._settings, **settings},
                show=self._show,
            )
        except FetchError as error:
            raise FetchError(f"{self._url}: {error.message}", error.hint) from error
