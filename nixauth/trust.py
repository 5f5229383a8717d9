"""Introductions remembered for a repository: settings in, a `Trust` out, and back. No I/O.

The section `nixauth` of git's configuration holds one record for the whole repository, and one for
a branch in the subsection of the branch's name; docs/trust.md lists the keys. What is there and
cannot be read raises, never counts as nothing: whoever asks would go on without a check.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from nixauth.errors import UsageError
from nixauth.model import Fingerprint, Introduction, ObjectId

COMMIT, SIGNER = "introductionCommit", "introductionSigner"
KEYRING, FILE = "keyring", "authorizationsFile"
HISTORICAL, SHA1, REQUIRE = "historicalAuthorizations", "historicalSha1", "require"
KEYS = {key.lower(): key for key in (COMMIT, SIGNER, KEYRING, FILE, HISTORICAL, SHA1, REQUIRE)}
"""The keys as they are written, by the form that git compares."""

_EVERY_COMMIT = "every-commit"
_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0", ""})
_FULL_ID = re.compile(r"[0-9a-f]{40}")
_SSH_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


class Setting(NamedTuple):
    """A setting of the section `nixauth`: `key` in lower case, `value` None where there is no `=`.

    Bytes that are not UTF-8 stand as surrogate escapes (PEP 383).
    """

    subsection: str | None
    key: str
    value: str | None


class Config(Protocol):
    """The section `nixauth` of a repository's own configuration."""

    def settings(self) -> Sequence[Setting]:
        """Return all of the section's settings, in their order; raises NixauthError."""

    def replace(self, subsection: str | None, settings: Sequence[tuple[str, str]]) -> None:
        """Have these keys and values stand instead of all that a subsection has.

        None is the section itself. All of it happens or nothing does. Raises NixauthError.
        """


@dataclass(frozen=True, slots=True)
class Trust:
    """What is asked of a repository, or of one of its branches.

    `branch` is a short name, empty for the whole repository. `keyring` holds sources as `--keyring`
    takes them: refs, else absolute paths. `historical` is an absolute path.
    """

    introduction: Introduction
    branch: str = ""
    keyring: tuple[str, ...] = ()
    authorizations_path: str | None = None
    historical: Path | None = None
    historical_sha1: bool = False
    require_every_commit: bool = False

    @property
    def scope(self) -> str:
        """What it is recorded for, in words."""
        return f"the branch {self.branch}" if self.branch else "the whole repository"


# --- what is asked of a configuration ---


def recorded(config: Config, branch: str | None) -> Trust | None:
    """Return the branch's own record, else the repository's, else None.

    A branch's own record stands alone: it takes nothing from the repository's. Raises UsageError
    for settings that make no record.
    """
    settings = config.settings()
    for name in (branch, "") if branch else ("",):
        own = [one for one in settings if one.subsection == (name or None)]
        if own:
            return _read(name, own)
    return None


def recorded_for(config: Config, branch: str) -> Trust | None:
    """Return the record of this branch alone (the repository's for an empty name)."""
    own = [one for one in config.settings() if one.subsection == (branch or None)]
    return _read(branch, own) if own else None


def all_recorded(config: Config) -> list[Trust]:
    """Return every record, the repository's first, then by branch; raises UsageError."""
    found: dict[str, list[Setting]] = {}
    for one in config.settings():
        if one.subsection == "":
            raise UsageError(
                'the git configuration has a section [nixauth ""], which belongs to no branch',
                "Take it out, or name the branch: git config --local --edit",
            )
        found.setdefault(one.subsection or "", []).append(one)
    return [_read(branch, found[branch]) for branch in sorted(found)]


def record(config: Config, trust: Trust) -> None:
    """Write a record in place of the one that its branch has; raises NixauthError.

    What is written is what is read again: values that would not be are refused beforehand.
    """
    settings = _written(trust)
    read = _read(trust.branch, [Setting(None, key.lower(), value) for key, value in settings])
    if read != trust:
        raise UsageError(f"this cannot be recorded for {trust.scope}: it would read otherwise")
    config.replace(trust.branch or None, settings)


def forget(config: Config, branch: str) -> bool:
    """Remove a branch's record (the repository's for an empty name), readable or not.

    Return whether there was anything.
    """
    if not any(one.subsection == (branch or None) for one in config.settings()):
        return False
    config.replace(branch or None, [])
    return True


def name_of(branch: str, key: str) -> str:
    """Return a key's whole name, as `git config` takes it."""
    return f"nixauth.{branch}.{key}" if branch else f"nixauth.{key}"


# --- reading ---


def _read(branch: str, settings: Sequence[Setting]) -> Trust:
    values = _Values(branch, settings)
    introduction = values.introduction()
    historical, sha1 = values.path(HISTORICAL), values.truth(SHA1)
    if sha1 and historical is None:
        raise values.wrong(SHA1, f"needs {name_of(branch, HISTORICAL)}")
    return Trust(
        introduction,
        branch,
        keyring=values.keyring(),
        authorizations_path=values.file(),
        historical=historical,
        historical_sha1=sha1,
        require_every_commit=values.requirement(),
    )


class _Values:
    """The values of one record, by key."""

    def __init__(self, branch: str, settings: Sequence[Setting]) -> None:
        self._branch = branch
        self._found: dict[str, list[str | None]] = {}
        for one in settings:
            if one.key not in KEYS:
                raise UsageError(
                    f"{name_of(branch, one.key)} in the git configuration is no setting of nixauth",
                    f"Is it misspelt? There are {', '.join(KEYS.values())}.",
                )
            self._found.setdefault(KEYS[one.key], []).append(one.value)

    def wrong(self, key: str, why: str) -> UsageError:
        values = " and ".join("no value" if one is None else repr(one) for one in self._found[key])
        branch = f" --branch {self._branch!r}" if self._branch else ""
        return UsageError(
            f"{name_of(self._branch, key)} in the git configuration is {values}: it {why}",
            f"Correct it (git config --local --edit), or nixauth trust forget{branch}.",
        )

    def _one(self, key: str) -> str | None:
        """Return the value of a key that has at most one."""
        values = self._found.get(key)
        if values is None:
            return None
        if len(values) > 1:
            raise self.wrong(key, "may be there only once")
        if not values[0]:
            raise self.wrong(key, "is empty")
        return values[0]

    def introduction(self) -> Introduction:
        commit, signer = self._one(COMMIT), self._one(SIGNER)
        if commit is None or signer is None:
            missing = SIGNER if commit is not None else COMMIT
            there = next((key for key in (COMMIT, SIGNER) if key in self._found), min(self._found))
            raise self.wrong(there, f"needs {name_of(self._branch, missing)} beside it")
        if not _FULL_ID.fullmatch(commit.lower()):
            raise self.wrong(COMMIT, "has to be a full commit id of 40 digits")
        try:
            fingerprint = read_fingerprint(signer)
        except UsageError as error:
            raise self.wrong(SIGNER, "has to be a fingerprint in full") from error
        return Introduction(ObjectId(bytes.fromhex(commit)), fingerprint)

    def keyring(self) -> tuple[str, ...]:
        sources = self._found.get(KEYRING, [])
        found = [one for one in sources if one and one.startswith(("refs/", "/"))]
        if len(found) != len(sources):
            raise self.wrong(KEYRING, "has to be a ref (refs/…) or an absolute path, each time")
        return tuple(found)

    def file(self) -> str | None:
        path = self._one(FILE)
        if path is not None and {"", ".", ".."}.intersection(path.split("/")):
            raise self.wrong(FILE, "has to be a path from the top of the repository, without '..'")
        return path

    def path(self, key: str) -> Path | None:
        path = self._one(key)
        if path is not None and not path.startswith("/"):
            raise self.wrong(key, "has to be an absolute path")
        return Path(path) if path is not None else None

    def truth(self, key: str) -> bool:
        values = self._found.get(key, ["false"])
        if len(values) > 1:
            raise self.wrong(key, "may be there only once")
        value = read_truth(values[0])
        if value is None:
            raise self.wrong(key, "has to be true or false")
        return value

    def requirement(self) -> bool:
        value = self._one(REQUIRE)
        if value is not None and value != _EVERY_COMMIT:
            raise self.wrong(REQUIRE, f"has to be {_EVERY_COMMIT}")
        return value is not None


def read_truth(value: str | None) -> bool | None:
    """Read a setting that is true or false; None for what is neither (git-config(1), boolean)."""
    if value is None:
        return True
    return True if value.lower() in _TRUE else False if value.lower() in _FALSE else None


def read_fingerprint(text: str) -> Fingerprint:
    """Read a fingerprint as people write it; raises UsageError for a key id."""
    if _SSH_FINGERPRINT.fullmatch(text.strip()):
        return Fingerprint(text.strip())
    digits = "".join(text.split()).upper().removeprefix("0X").replace(":", "")
    if re.fullmatch(r"[0-9A-F]{40}|[0-9A-F]{64}", digits):
        return Fingerprint(digits)
    if re.fullmatch(r"[0-9A-F]{8}|[0-9A-F]{16}", digits):
        raise UsageError(
            f"{text!r} is a key id, not a fingerprint: anybody can make another key with that id",
            "Give the whole fingerprint of 40 (or 64) digits; gpg --fingerprint shows it.",
        )
    raise UsageError(
        f"{text!r} is not a fingerprint",
        "An OpenPGP fingerprint has 40 or 64 hexadecimal digits (spaces are free), an SSH"
        " fingerprint is SHA256: and 43 characters.",
    )


# --- writing ---


def _written(trust: Trust) -> list[tuple[str, str]]:
    single: Mapping[str, str | None] = {
        COMMIT: trust.introduction.commit.hex(),
        SIGNER: trust.introduction.signer,
        FILE: trust.authorizations_path,
        HISTORICAL: str(trust.historical) if trust.historical is not None else None,
        SHA1: "true" if trust.historical_sha1 else None,
        REQUIRE: _EVERY_COMMIT if trust.require_every_commit else None,
    }
    found = [(key, value) for key, value in single.items() if value is not None]
    return [*found, *((KEYRING, source) for source in trust.keyring)]
