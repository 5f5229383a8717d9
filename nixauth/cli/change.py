"""What the commands that change who may sign have to say."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nixauth.cli.common import emit, note
from nixauth.display import printable

if TYPE_CHECKING:
    from nixauth.keys.importing import Imported
    from nixauth.lint import Finding
    from nixauth.setup.keys import GivenKey


def tell_findings(path: Path, findings: Iterable[Finding]) -> None:
    """Say what `nixauth lint` would of the new file."""
    for finding in findings:
        where = f"{printable(str(path), 400)}:{finding.line}:{finding.column}"
        note(f"{where}: {finding.severity}: {printable(finding.message, 400)}")


def tell_keys(keys: Sequence[GivenKey], keyring: Imported | None, branch: str) -> None:
    """Say which keys were listed, and what came onto the keyring branch."""
    for key in keys:
        emit(f"listed: {key.fingerprint} {printable(key.owner, 100)}".rstrip() + "\n")
        for line in key.left_out:
            note(f"warning: {printable(line, 300)}")
    if keyring is not None and keyring.commit is not None:
        before = keyring.before.hex()[:12] if keyring.before is not None else "new"
        emit(f"refs/heads/{branch}: {before} -> {keyring.commit.hex()[:12]}\n")


def tell_next(lines: Sequence[str]) -> None:
    """Give the commands to run next, a line each, as they can be pasted."""
    if lines:
        emit("next:\n")
    for line in lines:
        emit(f"  {line}\n")


def commit_lines(path: Path, root: Path | None, message: str) -> list[str]:
    """Return the command that commits the file; none for a file outside of the work tree."""
    path = path.resolve()
    if root is None or not path.is_relative_to(root.resolve()):
        return []
    git = "git"
    if root.resolve() != Path.cwd():
        git = f"git -C {shlex.quote(printable(str(root.resolve()), 400))}"
    name = shlex.quote(printable(path.relative_to(root.resolve()).as_posix(), 400))
    said = shlex.quote(printable(message, 400))
    return [f"{git} add -- {name} && {git} commit -S -m {said} -- {name}"]
