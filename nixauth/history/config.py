"""A repository's own git configuration: the section `nixauth` of one file, read and written.

Only the file `config` of the repository counts, the one that linked worktrees share, without what
it includes: an introduction in the user's or the system's configuration would be one for every
repository, and an included file may lie in the work tree, where the history that is judged can put
it. It is written under git's own lock (`config.lock`), whole or not at all.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

import pygit2

from nixauth.errors import UnsupportedRepositoryError, UnwritableConfigError, UsageError
from nixauth.history.config_text import Entry, MalformedTextError, entries, replaced
from nixauth.history.repository import Repository
from nixauth.trust import Setting

SECTION = b"nixauth"
"""Where introductions are recorded."""
_FULL_ID = re.compile(r"[0-9a-fA-F]{40}")


class LocalConfig:
    """A section of the configuration file of a repository; it is read anew each time."""

    def __init__(self, repository: Repository, section: bytes = SECTION) -> None:
        self._section = section
        self.path = repository.common_directory / "config"

    def settings(self) -> Sequence[Setting]:
        """See `nixauth.trust.Config`.

        Raises UsageError for a file that is malformed, UnsupportedRepositoryError for one that
        cannot be read.
        """
        own = [one for one in self._entries(self._read()) if one.section == self._section]
        return [_decoded(one) for one in own]

    def replace(self, subsection: str | None, settings: Sequence[tuple[str, str]]) -> None:
        """See `nixauth.trust.Config`.

        Raises UnwritableConfigError, and what `settings` raises.
        """
        path = Path(os.path.realpath(self.path))
        encoded = [(_octets(key), _octets(value)) for key, value in settings]
        name = _octets(subsection) if subsection is not None else None
        lock = path.with_name(f"{path.name}.lock")
        try:
            descriptor = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError as error:
            raise UnwritableConfigError(
                f"the git configuration {path} is locked by somebody else",
                f"Try again; if no git is running, remove {lock}.",
            ) from error
        except OSError as error:
            raise _unwritable(path, error) from error
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(self._edited(name, encoded))
                file.flush()
                os.fsync(file.fileno())
            lock.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
            lock.replace(path)
        except OSError as error:
            lock.unlink(missing_ok=True)
            raise _unwritable(path, error) from error
        except BaseException:
            lock.unlink(missing_ok=True)
            raise

    def _edited(self, name: bytes | None, settings: Sequence[tuple[bytes, bytes]]) -> bytes:
        text = self._read()
        self._entries(text)
        try:
            return replaced(text, self._section, name, settings)
        except MalformedTextError as error:
            raise UnwritableConfigError(
                f"the git configuration {self.path} was left as it is: {error}",
                "See it with git config --local --edit.",
            ) from error

    def _entries(self, text: bytes) -> list[Entry]:
        try:
            return [one for one in entries(text) if one.key]
        except MalformedTextError as error:
            raise UsageError(
                f"the git configuration {self.path} is malformed: {error}",
                "git config --local --list shows what git says of it.",
            ) from error

    def _read(self) -> bytes:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise UnsupportedRepositoryError(
                f"the git configuration {self.path} cannot be read: {error.strerror or error}",
                "Without it nobody knows what was recorded: make it readable.",
            ) from error


def _unwritable(path: Path, error: OSError) -> UnwritableConfigError:
    return UnwritableConfigError(
        f"the git configuration {path} cannot be written: {error.strerror or error}",
        "It was left as it is. See who may write it and its directory.",
    )


def _decoded(entry: Entry) -> Setting:
    subsection = _text(entry.subsection) if entry.subsection is not None else None
    value = _text(entry.value) if entry.value is not None else None
    return Setting(subsection, _text(entry.key), value)


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


# --- what else the configuration and the refs say ---


def setting_of_user(repository: Repository, name: str) -> str:
    """Return a setting of the person, from any level, as git sees it; empty where it is not set."""
    opened = _opened(repository)
    with contextlib.suppress(KeyError, ValueError, pygit2.GitError):
        return str(opened.config[name] or "")
    return ""


def worktree_of(repository: Repository) -> Path:
    """Return the top of the work tree, or the git directory of a bare repository."""
    return Path(_opened(repository).workdir or repository.git_directory)


def branch_of(repository: Repository, revision: str) -> str | None:
    """Return the branch that a revision names by its short or full name, or follows.

    `HEAD` is the branch that is checked out; a remote-tracking branch follows the branch of that
    name there. None for everything else: ids, tags, detached heads, `main~1`.
    """
    if _FULL_ID.fullmatch(revision):
        return None
    opened = _opened(repository)
    try:
        found = map(opened.references.get, _full_names(revision))
        reference = next((one for one in found if one is not None), None)
        if reference is None:
            return None
        return branch_of_ref(_end_of(opened, reference), _remotes(opened))
    except (KeyError, ValueError, pygit2.GitError):
        return None


def branch_of_ref(name: str, remotes: Sequence[str]) -> str | None:
    """Return the branch that a ref is, or follows, by its full name; None for other refs."""
    if name.startswith("refs/heads/"):
        return name.removeprefix("refs/heads/") or None
    if name.startswith("refs/remotes/"):
        return _followed(name.removeprefix("refs/remotes/"), remotes)
    return None


def remotes_of(repository: Repository) -> dict[str, frozenset[str]]:
    """Return the names of the remotes, each with its URLs, those to push to included."""
    found: dict[str, set[str]] = {}
    try:
        for entry in _opened(repository).config:
            section, _, rest = str(entry.name).partition(".")
            name, _, key = rest.rpartition(".")
            if section == "remote" and name and key in {"url", "pushurl"}:
                found.setdefault(name, set()).add(str(entry.value))
    except (KeyError, ValueError, pygit2.GitError) as error:
        raise UsageError(
            f"the remotes of the repository cannot be read: {error}",
            "git config --list says what is wrong with the configuration.",
        ) from error
    return {name: frozenset(urls) for name, urls in found.items()}


def end_of(repository: Repository, ref: str) -> str:
    """Return the full name that a ref leads to: its own, but for a symbolic ref.

    Raises UnsupportedRepositoryError where that cannot be told.
    """
    try:
        opened = _opened(repository)
        reference = opened.references.get(ref)
        found = _end_of(opened, reference) if reference is not None else ref
    except (KeyError, ValueError, pygit2.GitError) as error:
        raise UnsupportedRepositoryError(f"the ref {ref} cannot be read: {error}") from error
    if not found:
        raise UnsupportedRepositoryError(f"the ref {ref} leads to no end")
    return found


def _remotes(opened: pygit2.Repository) -> list[str]:
    return [str(remote) for remote in opened.remotes.names()]


def _full_names(revision: str) -> Sequence[str]:
    """Return which refs a name may mean, in git's order, without tags.

    A tag of another commit makes the name ambiguous, which is refused where it is resolved; one of
    the same commit, which whoever serves the repository can add, must not hide the branch.
    """
    if revision in {"HEAD", "@"}:
        return ["HEAD"]
    if revision.startswith("refs/"):
        return [revision]
    return [
        f"refs/{place}"
        for place in (
            revision,
            f"heads/{revision}",
            f"remotes/{revision}",
            f"remotes/{revision}/HEAD",
        )
    ]


def _end_of(opened: pygit2.Repository, reference: pygit2.Reference) -> str:
    """Return the name that symbolic refs lead to, whether or not there is a commit yet."""
    for _ in range(10):
        if not isinstance(reference.target, str):
            return str(reference.name)
        following = opened.references.get(reference.target)
        if following is None:
            return reference.target
        reference = following
    return ""


def _followed(name: str, remotes: Sequence[str]) -> str | None:
    """Return a remote-tracking branch without its remote, whose name may have slashes."""
    known = [remote for remote in remotes if name.startswith(f"{remote}/")]
    remote = max(known, key=len) if known else name.partition("/")[0]
    return name[len(remote) + 1 :] or None


def _opened(repository: Repository) -> pygit2.Repository:
    try:
        return pygit2.Repository(str(repository.git_directory))
    except pygit2.GitError as error:
        raise UnsupportedRepositoryError(f"the repository cannot be opened: {error}") from error
