"""One input of a flake's lock file: what its attributes say, and what of them is not understood."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from nixauth.pins.git_urls import FORGES, forge_url, normalized
from nixauth.pins.hashes import digest
from nixauth.pins.json_text import Json
from nixauth.pins.problems import Fault, Path, PinProblem, RefusedPinsError

Attributes: TypeAlias = Mapping[str, str | int | bool]

REVISION = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class InputType(Enum):
    """How an input is fetched; the value is the word that Nix has for it."""

    GIT = "git"
    GITHUB = "github"
    GITLAB = "gitlab"
    SOURCEHUT = "sourcehut"
    TARBALL = "tarball"
    PATH = "path"
    INDIRECT = "indirect"
    MERCURIAL = "hg"
    FILE = "file"
    UNKNOWN = ""

    @property
    def is_git(self) -> bool:
        """Whether a commit of a git repository is what is pinned.

        A tarball is none, wherever it is from: nothing in the lock ties it to a commit.
        """
        return self is InputType.GIT or self.value in FORGES


_FORGE = "owner repo ref rev narHash lastModified host treeHash"
_GIT = "url ref rev shallow submodules lfs exportIgnore lastModified revCount narHash allRefs name"
_DIRTY = frozenset({"dirtyRev", "dirtyShortRev"})
_ARCHIVE = "url narHash name unpack rev revCount lastModified"
_KNOWN = {
    InputType.GIT: f"{_GIT} dirtyRev dirtyShortRev verifyCommit keytype publicKey publicKeys",
    InputType.GITHUB: _FORGE,
    InputType.GITLAB: _FORGE,
    InputType.SOURCEHUT: _FORGE,
    InputType.TARBALL: _ARCHIVE,
    InputType.FILE: _ARCHIVE,
    InputType.PATH: "path rev revCount lastModified narHash",
    InputType.INDIRECT: "id ref rev narHash",
    InputType.MERCURIAL: "url ref rev revCount narHash name",
    InputType.UNKNOWN: "",
}
"""The attributes that Nix's fetchers know (2.4 to 2.31), beside `type`, `dir` and `__final`."""
_COMMON = frozenset({"type", "dir", "__final"})
_BOOLEANS = frozenset(
    {"shallow", "submodules", "lfs", "exportIgnore", "allRefs", "verifyCommit", "unpack", "__final"}
)
_COUNTS = frozenset({"lastModified", "revCount"})
_ESSENTIAL = {
    InputType.GIT: ("url",),
    InputType.GITHUB: ("owner", "repo"),
    InputType.GITLAB: ("owner", "repo"),
    InputType.SOURCEHUT: ("owner", "repo"),
    InputType.TARBALL: ("url",),
    InputType.FILE: ("url",),
    InputType.PATH: ("path",),
    InputType.INDIRECT: ("id",),
    InputType.MERCURIAL: ("url",),
}


@dataclass(frozen=True, slots=True)
class Input:
    """A node of a lock file, other than the root.

    `name` is the node's; `paths` are the ways that lead to it, each the names of inputs from the
    root, the ways by `follows` with them; `own` is the one on which nothing is followed, by which
    Nix knows the input. `locked` has all attributes of what is locked, those of
    version 5's `info` with them, `original` all that flake.nix asked for. Of both only what has a
    type that Nix reads; for the rest, and for whatever else is not understood, see `problems`.
    """

    name: str
    paths: tuple[tuple[str, ...], ...]
    own: tuple[str, ...]
    flake: bool
    locked: Attributes
    original: Attributes
    problems: tuple[PinProblem, ...]

    @property
    def type(self) -> InputType:
        """How it is fetched."""
        return type_of(self.locked)

    @property
    def url(self) -> str | None:
        """The URL of the git repository (not normalized), None for what is none or not clear."""
        return url_of(self.locked)

    @property
    def rev(self) -> str | None:
        """The commit, in lower-case hexadecimal digits."""
        return self._text("rev")

    @property
    def ref(self) -> str | None:
        """The branch or tag."""
        return self._text("ref")

    @property
    def nar_hash(self) -> str | None:
        """The hash of the content, as it is written."""
        return self._text("narHash")

    @property
    def dir(self) -> str | None:
        """The directory in the tree in which flake.nix is."""
        return self._text("dir")

    @property
    def last_modified(self) -> int | None:
        """The commit's time in seconds since 1970."""
        return self._count("lastModified")

    @property
    def rev_count(self) -> int | None:
        """The number of commits that the commit reaches."""
        return self._count("revCount")

    @property
    def submodules(self) -> bool:
        """Whether submodules are fetched with it."""
        return self.locked.get("submodules") is True

    @property
    def lfs(self) -> bool:
        """Whether files of git LFS are fetched with it."""
        return self.locked.get("lfs") is True

    @property
    def shallow(self) -> bool:
        """Whether it is fetched without its history."""
        return self.locked.get("shallow") is True

    @property
    def export_ignore(self) -> bool:
        """Whether what git archive leaves out is left out."""
        return self.locked.get("exportIgnore") is True

    def _text(self, name: str) -> str | None:
        value = self.locked.get(name)
        return value if isinstance(value, str) else None

    def _count(self, name: str) -> int | None:
        value = self.locked.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


def type_of(attributes: Attributes) -> InputType:
    """Return the type of an input."""
    try:
        return InputType(attributes.get("type", ""))
    except ValueError:
        return InputType.UNKNOWN


def url_of(attributes: Attributes) -> str | None:
    """Return the URL of the git repository that attributes stand for, None where there is none."""
    kind = type_of(attributes)
    try:
        if kind is InputType.GIT:
            url = str(attributes["url"])
            normalized(url)
            return url
        if kind.value in FORGES:
            host = attributes.get("host")
            given = None if host is None else str(host)
            url = forge_url(kind.value, str(attributes["owner"]), str(attributes["repo"]), given)
            normalized(url)
            return url
    except (KeyError, RefusedPinsError):
        pass
    return None


def attributes(value: Json) -> Attributes:
    """Return those attributes of an input that have a type which Nix reads."""
    if not isinstance(value, dict):
        return {}
    return {name: one for name, one in value.items() if isinstance(one, str | int)}


def problems_of(value: Json, path: Path, *, locked: bool) -> Iterator[PinProblem]:
    """Say what is not understood of the attributes at a place.

    `locked` for what is fetched; otherwise it is what flake.nix asks for, which may leave open
    what it likes.
    """
    if not isinstance(value, dict):
        yield PinProblem(Fault.TYPE, path, "not an object of attributes")
        return
    known = attributes(value)
    kind = type_of(known)
    if kind is InputType.UNKNOWN:
        yield PinProblem(Fault.UNKNOWN, (*path, "type"), "a type of input that is not known")
        return
    names = _COMMON | frozenset(_KNOWN[kind].split())
    for name, one in value.items():
        if name not in names:
            yield PinProblem(Fault.UNKNOWN, (*path, name), f"not known of type {kind.value}")
        elif not isinstance(one, _type(name)) or (isinstance(one, bool) and name in _COUNTS):
            yield PinProblem(Fault.TYPE, (*path, name), "not of the type that this has")
        elif not _possible(name, known[name]):
            yield PinProblem(Fault.VALUE, (*path, name), "this cannot be right")
    for name in _ESSENTIAL[kind]:
        if name not in value:
            yield PinProblem(Fault.MISSING, (*path, name), "this is missing")
    if kind.is_git:
        yield from _git_problems(known, path, locked=locked)


def _git_problems(known: Attributes, path: Path, *, locked: bool) -> Iterator[PinProblem]:
    if url_of(known) is None:
        yield PinProblem(Fault.URL, path, "not understood as a git repository's URL")
    if _DIRTY & known.keys():
        yield PinProblem(Fault.UNLOCKED, path, "a tree with changes that were not committed")
    elif locked and "rev" not in known:
        yield PinProblem(Fault.UNLOCKED, path, "without a revision")


def _type(name: str) -> type:
    if name in _BOOLEANS:
        return bool
    return int if name in _COUNTS else str


def _possible(name: str, value: str | int) -> bool:
    if isinstance(value, int):
        return value >= 0
    if not value.isprintable():
        return False
    if name == "rev":
        return REVISION.fullmatch(value) is not None
    if name == "narHash":
        # Old versions of Nix wrote some hashes without the padding, and all read them.
        return digest(value) is not None or digest(f"{value}=") is not None
    return bool(value)
