"""`nixauth init`: the first authorizations file of a repository."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from nixauth.authorizations.problems import name_fault
from nixauth.errors import UsageError
from nixauth.history.branch import Branch
from nixauth.history.repository import Repository
from nixauth.keys.importing import Imported
from nixauth.lint import Finding, lint
from nixauth.model import FileFormat, HistoryMode
from nixauth.setup import keyring_branch, work_tree
from nixauth.setup.keys import GivenKey
from nixauth.setup.names import Who, short_name
from nixauth.setup.own_key import own_key
from nixauth.yaml_layout import scalar

_CHANGE = "nixauth authorize and deauthorize change it; nixauth lint looks at it."


@dataclass(frozen=True, slots=True)
class Started:
    """What was written: the file, for whom, with which key; `keyring` None where it had it."""

    path: Path
    name: str
    key: GivenKey
    keyring: Imported | None
    warnings: list[Finding]


def start(
    repository: Repository, branch: Branch, name: str | None, history: HistoryMode
) -> Started:
    """Write `.authorizations` with the person at work; raises NixauthError, then nothing is.

    The file is put in place last, and by one step that needs no room on the disk.
    """
    path = free_place(repository)
    key = own_key(branch.config, path.parent)
    name = name if name is not None else _own_name(branch)
    fault = name_fault(name)
    if fault is not None:
        raise UsageError(f"{name!r} cannot be listed: {fault}", "Give another one with --name.")
    content = first_file(name, key, history)
    findings = lint(FileFormat.NATIVE, content)
    require_clean(findings)
    delivery = keyring_branch.prepare(repository, branch, [key])
    with work_tree.drafted(path, content) as draft:
        keyring = delivery.make()
        draft.create()
    return Started(path, name, key, keyring, findings)


def write_draft(repository: Repository, text: str) -> tuple[Path, list[Finding]]:
    """Write a draft that was shown as the file; raises UsageError, and then nothing is written."""
    path = free_place(repository)
    content = text.encode()
    findings = lint(FileFormat.NATIVE, content)
    require_clean(findings)
    with work_tree.drafted(path, content) as draft:
        draft.create()
    return path, findings


def look_at(text: str) -> list[Finding]:
    """Say of a draft what `nixauth lint` would."""
    return lint(FileFormat.NATIVE, text.encode())


def free_place(repository: Repository) -> Path:
    """Return where the file will be; raises UsageError where the repository has one already."""
    root = work_tree.root_of(repository)
    for format_ in FileFormat:
        path = root / format_.value
        if os.path.lexists(path):
            raise UsageError(f"{path} is there already", _CHANGE)
        if work_tree.in_head(repository, format_.value) is not None:
            raise UsageError(
                f"HEAD has a {format_.value}, which the work tree lacks",
                f"Bring it back: git checkout HEAD -- {format_.value}",
            )
    return root / FileFormat.NATIVE.value


def require_clean(findings: list[Finding]) -> None:
    """Raise UsageError where a file that was made could not be used."""
    for finding in findings:
        if finding.severity == "error":
            raise UsageError(
                f"the file would be no good: line {finding.line}, column {finding.column}:"
                f" {finding.message}; nothing was written"
            )


def first_file(name: str, key: GivenKey, history: HistoryMode) -> bytes:
    """Return a file with one person."""
    lines = [
        "version: 1",
        f"history: {history.value}",
        "people:",
        f"  {scalar(name)}:",
        "    keys:",
        f"      - {scalar(key.text)}",
    ]
    return "\n".join([*lines, ""]).encode()


def _own_name(branch: Branch) -> str:
    who = Who(branch.config("user.name") or "", branch.config("user.email") or "")
    if not who.name and not who.email:
        raise UsageError("git does not know your name: user.name is not set", "Give --name NAME.")
    return short_name(who)
