"""npins' sources.json: which repositories it pins, and the file with one pin at another commit.

The format is that of `npins` 0.2 to 0.5 (`libnpins/src/versions.rs`): versions 3 to 8. Version 8
has `Url` and `MutableUrl` in place of `Tarball`; pins of a git repository are those of version 7.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from nixauth.display import printable
from nixauth.errors import UsageError
from nixauth.pins import json_text
from nixauth.pins.git_urls import forge_url, normalized
from nixauth.pins.hashes import Form, digest, form_of, written
from nixauth.pins.json_text import Edit, Json
from nixauth.pins.problems import Fault, Path, PinProblem, RefusedPinsError, refused

VERSIONS = range(3, 9)
_EIGHT = 8
_OTHER = frozenset({"PyPi", "Channel", "Container"})
"""Pins that are of no git repository."""
_BEFORE_EIGHT = frozenset({"Tarball", "File"})
_SINCE_EIGHT = frozenset({"Url", "MutableUrl"})
_COMMON = frozenset(
    {"type", "repository", "revision", "url", "hash", "submodules", "lfs", "frozen"}
)
_KEYS = {
    "Git": _COMMON | {"branch"},
    "GitRelease": _COMMON | {"pre_releases", "version_upper_bound", "release_prefix", "version"},
}
_REPOSITORY = {
    "Git": frozenset({"url"}),
    "GitHub": frozenset({"owner", "repo"}),
    "GitLab": frozenset({"repo_path", "server"}),
    "Forgejo": frozenset({"owner", "repo", "server"}),
}
_OPTIONAL = frozenset({"private_token"})
_FLAGS = ("submodules", "lfs", "frozen")
_REVISION = re.compile(r"[0-9a-f]{40}")  # npins takes no other
_SERVER = re.compile(r"https?://([A-Za-z0-9.-]+(?::[0-9]+)?)/?")
_REPO_PATH = re.compile(r"/?[A-Za-z0-9_.~-]+(?:/[A-Za-z0-9_.~-]+)*/?")


@dataclass(frozen=True, slots=True)
class Pin:
    """A pin.

    `type` is npins' word for its kind, `Git` for a branch. `url` is the git repository's (not
    normalized), None for a pin of none. `archive` is the URL of the tarball that is fetched, None
    where git fetches. What is None or False otherwise is not in the file, or not of the type that
    it should have: then it is among the `problems`.
    """

    name: str
    type: str
    url: str | None
    branch: str | None
    revision: str | None
    archive: str | None
    hash: str | None
    submodules: bool
    lfs: bool
    frozen: bool
    problems: tuple[PinProblem, ...]


@dataclass(frozen=True, slots=True)
class Pins:
    """A file: its version, its pins by name, and what is not understood of the file as a whole."""

    version: int
    pins: Mapping[str, Pin]
    problems: tuple[PinProblem, ...]


def read(content: bytes) -> Pins:
    """Read a file; raises RefusedPinsError for what is none, or of another version.

    What is not understood of one pin is one of its `problems`.
    """
    document = json_text.read(content).root.value
    if not isinstance(document, dict):
        raise refused(Fault.TYPE, (), "not an object")
    version = document.get("version")
    if not isinstance(version, int) or version not in VERSIONS or isinstance(version, bool):
        raise refused(Fault.VERSION, ("version",), "not a version of npins' files that is known")
    pins = document.get("pins")
    if not isinstance(pins, dict):
        raise refused(Fault.TYPE, ("pins",), "not an object")
    problems = tuple(
        PinProblem(Fault.UNKNOWN, (name,), "not known")
        for name in document
        if name not in {"version", "pins"}
    )
    found = {name: _pin(name, pin, version) for name, pin in pins.items()}
    return Pins(version, MappingProxyType(found), problems)


def pinned(content: bytes, name: str, *, revision: str, plain: str, archived: str) -> bytes:
    """Return the file with one pin of a branch at another commit.

    `revision` is the commit, 40 lower-case hexadecimal digits. `plain` is the hash of its tree as
    it stands, `archived` that of what git archive makes of it (export-ignore, export-subst), both
    in SRI form; they are written in the form that the file has. The revision in `url` is replaced,
    too. All else stays, byte for byte.

    Raises RefusedPinsError for a file or a pin that is not understood in full, that is frozen,
    follows releases, or has submodules or LFS files; for one that git fetches, where the two
    hashes differ; UsageError for values that no pin has.
    """
    if not _REVISION.fullmatch(revision):
        raise UsageError(f"not a full commit id: {printable(revision)}")
    for text in (plain, archived):
        if digest(text) is None:
            raise UsageError(f"not a SHA-256 in SRI form: {printable(text)}")
    before = read(content)
    pin = before.pins.get(name)
    if pin is None:
        raise refused(Fault.MISSING, ("pins", name), "there is no pin of this name")
    for problem in (*before.problems, *pin.problems):
        raise refused(problem.fault, problem.path, problem.message)
    old, form = _may_change(pin)
    place: Path = ("pins", name)
    edits: dict[Path, Edit] = {
        (*place, "revision"): revision,
        (*place, "hash"): written(_right_hash(pin, plain, archived), form),
    }
    if pin.archive is not None:
        edits[*place, "url"] = pin.archive.replace(old, revision)
    made = json_text.edit(content, edits)
    after = read(made).pins[name]
    if after.problems or after.revision != revision or after.url != pin.url:
        raise refused(Fault.UNINTENDED, place, "the change would mean something else")
    return made


def _may_change(pin: Pin) -> tuple[str, Form]:
    """Return the old revision and the form of the hash; raises RefusedPinsError."""
    place: Path = ("pins", pin.name)
    if pin.type == "GitRelease":
        raise refused(Fault.FIXED, place, "this follows releases, not a branch")
    if pin.url is None:
        raise refused(Fault.NOT_GIT, place, "this pins no commit of a git repository")
    if pin.frozen:
        raise refused(Fault.FIXED, (*place, "frozen"), "this pin is frozen")
    if pin.submodules or pin.lfs:
        raise refused(Fault.CONTENT, place, "the hash covers submodules or LFS files")
    form = form_of(pin.hash) if pin.hash is not None else None
    if pin.revision is None or form is None:
        raise refused(Fault.UNLOCKED, place, "nothing is pinned yet: run npins update once")
    return pin.revision, form


def _right_hash(pin: Pin, plain: str, archived: str) -> bytes:
    # With a URL, Nix unpacks the forge's tarball (builtins.fetchTarball), and the forge made that
    # with git archive. Without one there is no right hash where the two differ: npins records the
    # tree as it stands (nix-prefetch-git), pkgs.fetchgit compares with that, but builtins.fetchGit
    # with what git archive makes, and since Nix 2.20 with export-ignore and without export-subst.
    if pin.archive is None and plain != archived:
        message = "npins and Nix disagree on the hash of a tree with export-ignore or export-subst"
        raise refused(Fault.CONTENT, ("pins", pin.name, "hash"), message)
    value = digest(archived)
    assert value is not None  # noqa: S101 - the caller has looked
    return value


# --- One pin ---


def _pin(name: str, value: Json, version: int) -> Pin:
    place: Path = ("pins", name)
    if not isinstance(value, dict):
        problem = PinProblem(Fault.TYPE, place, "not an object")
        return Pin(name, "", None, None, None, None, None, False, False, False, (problem,))  # noqa: FBT003
    kind = _text(value, "type") or ""
    url, problems = None, []
    if kind in _KEYS:
        problems = list(_pin_problems(value, kind, place, version))
        url = _repository(value.get("repository"), (*place, "repository"), problems)
        if not problems:
            problems += _archive_problems(value, place)
    elif kind not in _OTHER | (_SINCE_EIGHT if version >= _EIGHT else _BEFORE_EIGHT):
        problems = [PinProblem(Fault.UNKNOWN, (*place, "type"), "a type of pin that is not known")]
    submodules, lfs, frozen = (value.get(flag) is True for flag in _FLAGS)
    return Pin(
        name,
        kind,
        url,
        _text(value, "branch"),
        _text(value, "revision"),
        _text(value, "url"),
        _text(value, "hash"),
        submodules,
        lfs,
        frozen,
        tuple(problems),
    )


def _text(value: Mapping[str, Json], name: str) -> str | None:
    found = value.get(name)
    return found if isinstance(found, str) else None


def _pin_problems(
    value: Mapping[str, Json], kind: str, place: Path, version: int
) -> Iterator[PinProblem]:
    for name in value:
        if name not in _KEYS[kind]:
            yield PinProblem(Fault.UNKNOWN, (*place, name), f"not known of type {kind}")
    for name in _FLAGS:
        if not isinstance(value.get(name, False), bool):
            yield PinProblem(Fault.TYPE, (*place, name), "neither true nor false")
    if kind == "Git" and not _text(value, "branch"):
        yield PinProblem(Fault.MISSING, (*place, "branch"), "no name of a branch")
    for name in ("revision", "url", "hash"):
        if not isinstance(value.get(name), str | None):
            yield PinProblem(Fault.TYPE, (*place, name), "not a text")
    revision, hash_ = _text(value, "revision"), _text(value, "hash")
    if revision is not None and not _REVISION.fullmatch(revision):
        yield PinProblem(Fault.VALUE, (*place, "revision"), "not a full commit id")
    if hash_ is not None and form_of(hash_) not in _forms(version):
        yield PinProblem(Fault.VALUE, (*place, "hash"), "a form of hash that is not known")


def _forms(version: int) -> tuple[Form, ...]:
    # npins 0.5 takes a pin whose hash does not name its algorithm for one without a hash.
    return (Form.SRI,) if version >= _EIGHT else (Form.SRI, Form.NIX32)


def _repository(value: Json, place: Path, problems: list[PinProblem]) -> str | None:
    """Return the URL of a repository, as npins makes it; adds what is not understood."""
    if not isinstance(value, dict):
        problems.append(PinProblem(Fault.TYPE, place, "not an object"))
        return None
    kind = _text(value, "type") or ""
    if kind not in _REPOSITORY:
        fault = PinProblem(
            Fault.UNKNOWN, (*place, "type"), "a type of repository that is not known"
        )
        problems.append(fault)
        return None
    optional = _OPTIONAL if kind == "GitLab" else frozenset()
    problems += [
        PinProblem(Fault.UNKNOWN, (*place, name), f"not known of type {kind}")
        for name in value
        if name not in _REPOSITORY[kind] | optional | {"type"}
    ]
    texts = {name: _text(value, name) for name in _REPOSITORY[kind]}
    for name, text in texts.items():
        if text is None:
            problems.append(PinProblem(Fault.MISSING, (*place, name), "no text is here"))
    try:
        url = _url(kind, {name: text or "" for name, text in texts.items()})
        normalized(url)
    except RefusedPinsError as error:
        problems.append(PinProblem(Fault.URL, place, error.problem.message))
        return None
    return url


def _url(kind: str, texts: Mapping[str, str]) -> str:
    if kind == "Git":
        return texts["url"]
    if kind == "GitHub":
        return forge_url("github", texts["owner"], texts["repo"]) + ".git"
    server = _SERVER.fullmatch(texts["server"])
    path = texts["repo_path"] if kind == "GitLab" else f"{texts['owner']}/{texts['repo']}"
    if server is None or not _REPO_PATH.fullmatch(path):
        raise refused(Fault.URL, (), "not understood as a repository of a forge")
    return f"{texts['server'].removesuffix('/')}/{path.strip('/')}.git"


def _archive_problems(value: Mapping[str, Json], place: Path) -> Iterator[PinProblem]:
    """Say whether what is fetched is what the rest of a pin of a branch says."""
    url, revision = _text(value, "url"), _text(value, "revision")
    repository = value["repository"]
    if value["type"] != "Git" or url is None or not isinstance(repository, dict):
        return  # git fetches from the repository; what a release fetches is not looked into
    if revision is None or url != _archive(repository, revision):
        message = "not the archive of this revision of this repository"
        yield PinProblem(Fault.URL, (*place, "url"), message)


def _archive(repository: Mapping[str, Json], revision: str) -> str | None:
    """Return the URL of the archive that npins fetches, None for a repository without."""
    kind = repository["type"]
    owner, name = repository.get("owner"), repository.get("repo")
    server = str(repository.get("server", "")).removesuffix("/")
    if kind == "GitHub":
        return f"https://github.com/{owner}/{name}/archive/{revision}.tar.gz"
    if kind == "Forgejo":
        return f"{server}/{owner}/{name}/archive/{revision}.tar.gz"
    if kind == "GitLab" and repository.get("private_token") is None:
        path = str(repository["repo_path"]).replace("/", "%2F")
        return f"{server}/api/v4/projects/{path}/repository/archive.tar.gz?sha={revision}"
    return None
