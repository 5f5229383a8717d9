"""`nixauth authorize` and `deauthorize`: change who is listed, and nothing else of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nixauth.authorizations import editing, read, sniff
from nixauth.errors import NixauthError, UsageError
from nixauth.history.branch import Branch
from nixauth.history.repository import Repository
from nixauth.keyring import open_keyring
from nixauth.keys.importing import Imported
from nixauth.lint import Finding, lint
from nixauth.model import Authorizations, FileFormat, Fingerprint, Problem
from nixauth.setup import keyring_branch, work_tree
from nixauth.setup.keys import GivenKey, for_keyring
from nixauth.setup.own_key import own_key
from nixauth.setup.starting import require_clean


@dataclass(frozen=True, slots=True)
class File:
    """An authorizations file of a work tree, as it is now."""

    path: Path
    content: bytes
    authorizations: Authorizations

    def refusal(self, problem: Problem) -> UsageError:
        """Say what is wrong, with the place."""
        return UsageError(
            f"{self.path}:{problem.line}:{problem.column}: {problem.message}; nothing was written"
        )


@dataclass(frozen=True, slots=True)
class Changed:
    """What was done. `findings` are `lint`'s warnings of the new file, `signers` who may commit it.

    `signers` are the people of HEAD's file who are no service; None where HEAD has no file.
    """

    path: Path
    findings: list[Finding]
    keyring: Imported | None
    signers: tuple[str, ...] | None
    warnings: tuple[str, ...] = ()


def open_file(repository: Repository, path: Path | None) -> File:
    """Read the file; raises UsageError for Guix's format, a malformed one, and none."""
    if path is None:
        root = work_tree.root_of(repository)
        path = root / FileFormat.NATIVE.value
        if not path.exists() and (root / FileFormat.GUIX.value).exists():
            raise _is_scheme(root / FileFormat.GUIX.value)
    if path.name == FileFormat.GUIX.value:
        raise _is_scheme(path)
    try:
        path.lstat()
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror or error}", "nixauth init writes the first one."
        ) from error
    content = work_tree.read(path)
    if path.name != FileFormat.NATIVE.value and sniff(content) is FileFormat.GUIX:
        raise _is_scheme(path)
    found = read(FileFormat.NATIVE, content)
    if isinstance(found, Problem):
        raise UsageError(
            f"{path}:{found.line}:{found.column}: {found.message}",
            "Only a well-formed file is edited; nixauth lint shows every problem in it.",
        )
    return File(path, content, found)


def _is_scheme(path: Path) -> UsageError:
    return UsageError(
        f"{path} is in Guix's format, a Scheme file, and is not edited here",
        "Edit it by hand, and run nixauth lint.",
    )


def authorize(
    repository: Repository,
    branch: Branch,
    file: File,
    name: str,
    keys: Sequence[GivenKey],
    *,
    service: bool,
) -> Changed:
    """Add keys to somebody, who may be new; raises NixauthError, and then nothing is written."""
    made = editing.add(file.content, name, [key.text for key in keys], service=service)
    if isinstance(made, Problem):
        raise file.refusal(made)
    findings = _look_at(repository, branch, made, keys)
    signers = _signers(repository, file)
    delivery = keyring_branch.prepare(repository, branch, keys)
    with work_tree.drafted(file.path, made) as draft:
        keyring = delivery.make()
        draft.replace(file.content)
    return Changed(file.path, findings, keyring, signers)


def deauthorize(
    repository: Repository,
    branch: Branch,
    file: File,
    name: str,
    keys: Sequence[Fingerprint],
) -> Changed:
    """Take somebody out, or some of their keys; raises NixauthError, and nothing is written."""
    _require_people(file, name, keys)
    made = (
        editing.remove_keys(file.content, name, keys)
        if keys
        else editing.remove_person(file.content, name)
    )
    if isinstance(made, Problem):
        raise file.refusal(made)
    findings = _look_at(repository, branch, made, ())
    signers = _signers(repository, file)
    warnings = _own_access(branch, file, made)
    with work_tree.drafted(file.path, made) as draft:
        draft.replace(file.content)
    return Changed(file.path, findings, None, signers, warnings)


def _require_people(file: File, name: str, keys: Sequence[Fingerprint]) -> None:
    """Refuse to lock everybody out: a service may not change the file."""
    people = file.authorizations.people
    if not any(person.name == name for person in people):
        listed = ", ".join(person.name for person in people[:10])
        raise UsageError(f"{name!r} is not listed in {file.path}", f"Listed are {listed}.")
    if not keys and all(person.name == name or person.service for person in people):
        raise UsageError(
            f"without {name!r} nobody would be left who may change the file: a service may not",
            "List somebody else first: nixauth authorize NAME KEY",
        )


def _look_at(
    repository: Repository, branch: Branch, content: bytes, keys: Sequence[GivenKey]
) -> list[Finding]:
    """Lint what was made, as the keyring will be; raises UsageError where that finds an error."""
    certificates = open_keyring(repository, []).certificates
    known = len(certificates) > 0 or branch.tip() is not None
    coming = set(for_keyring(keys).certificates) if keys else set()

    def has(fingerprint: Fingerprint) -> bool:
        return fingerprint in coming or certificates.get(fingerprint) is not None

    findings = lint(FileFormat.NATIVE, content, has if known or coming else None)
    require_clean(findings)
    return findings


def _signers(repository: Repository, file: File) -> tuple[str, ...] | None:
    """Return who may sign the commit of the change: whom the parent's file lists."""
    root = repository.work_tree
    try:
        where = file.path.resolve().relative_to(root.resolve()) if root is not None else None
    except ValueError:  # somewhere else, a draft say
        return None
    content = work_tree.in_head(repository, where.as_posix()) if where is not None else None
    found = read(FileFormat.NATIVE, content) if content is not None else None
    if not isinstance(found, Authorizations):
        return None
    return tuple(person.name for person in found.people if not person.service)


def _own_access(branch: Branch, file: File, made: bytes) -> tuple[str, ...]:
    """Warn where the person at work loses access, or all hangs on a key that is not theirs."""
    after = read(FileFormat.NATIVE, made)
    assert isinstance(after, Authorizations)  # noqa: S101 - it was read before
    before = file.authorizations
    left = [key for person in after.people if not person.service for key in person.keys]
    try:
        own: GivenKey | None = own_key(branch.config, file.path.parent)
    except NixauthError:
        own = None
    warnings = []
    if (
        own is not None
        and own.fingerprint in before.holders
        and own.fingerprint not in after.holders
    ):
        warnings.append("the key that you sign with is listed no more once this is committed")
    if len(left) == 1 and (own is None or own.fingerprint != left[0]):
        holder = after.holders[left[0]].name
        whose = "which is not yours" if own is not None else "which may not be yours"
        warnings.append(
            f"the only key left that may change the file is {left[0]} ({holder}), {whose}:"
            " make sure that its holder is there"
        )
    return tuple(warnings)
