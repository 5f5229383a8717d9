"""`nixauth authorize` and `nixauth deauthorize`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nixauth.cli import options as given
from nixauth.cli.change import commit_lines, tell_findings, tell_keys, tell_next
from nixauth.cli.common import emit, guarded, note, open_repository, place
from nixauth.cli.init import Branch
from nixauth.display import printable
from nixauth.history.repository import Repository
from nixauth.model import Fingerprint

if TYPE_CHECKING:
    from nixauth.setup.changing import Changed

EXAMPLES = """\b
Examples:
  nixauth authorize bob bob.asc
  nixauth authorize bob '27D5 86A4 F890 0854 329F  F09F 1260 E464 82E6 3562'
  nixauth authorize bob 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI... bob@laptop'
  nixauth authorize --service forge-web-merges forge.pub
"""
EXAMPLES_OF_DEAUTHORIZE = """\b
Examples:
  nixauth deauthorize bob
  nixauth deauthorize bob '27D5 86A4 F890 0854 329F  F09F 1260 E464 82E6 3562'
"""
_KEY = "An OpenPGP fingerprint, a file with one public key, or an SSH key line in quotes."

Name = Annotated[str, typer.Argument(metavar="NAME", help="As it stands in the file.")]
FilePath = Annotated[
    Path | None,
    typer.Option(
        "--file",
        metavar="PATH",
        help="The file to edit; default: .authorizations of the work tree.",
    ),
]


@guarded
def authorize(
    name: Name,
    keys: Annotated[list[str], typer.Argument(metavar="KEY...", help=_KEY)],
    service: Annotated[
        bool, typer.Option("--service", help="A machine's key: it may not change the file.")
    ] = False,
    file: FilePath = None,
    branch: Branch = "keyring",
    directory: given.Directory = None,
) -> None:
    """List keys: add them to somebody, who is made where they are new.

    All else in the file stays as it is, byte for byte: comments, order, form. OpenPGP keys that
    come as files are put on the keyring branch. Nothing is committed.
    """
    from nixauth.history.branch import Branch as Target  # noqa: PLC0415
    from nixauth.setup import changing  # noqa: PLC0415
    from nixauth.setup.keys import given as read_key  # noqa: PLC0415

    base = place(directory)
    wanted = [read_key(text, base) for text in keys]
    repository = open_repository(directory)
    target = Target(repository, branch)
    found = changing.open_file(repository, base / file if file is not None else None)
    done = changing.authorize(repository, target, found, name, wanted, service=service)
    emit(f"edited {printable(str(done.path), 400)}: {printable(name)}\n")
    tell_keys(wanted, done.keyring, target.name)
    push = [f"git push origin {target.name}"] if done.keyring is not None else []
    _tell(repository, done, f"Let {name} sign commits", push)


@guarded
def deauthorize(
    name: Name,
    keys: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY]...", help=f"Only these keys. {_KEY} Or SHA256:…"),
    ] = None,
    file: FilePath = None,
    directory: given.Directory = None,
) -> None:
    """Take somebody off the list, or only some of their keys.

    What stands on their lines goes, comments too; all else stays, byte for byte. The keyring branch
    keeps their keys: old signatures are checked with them. Nothing is committed.
    """
    from nixauth.history.branch import Branch as Target  # noqa: PLC0415
    from nixauth.setup import changing  # noqa: PLC0415

    base = place(directory)
    wanted = [_fingerprint(text, base) for text in keys or []]
    repository = open_repository(directory)
    found = changing.open_file(repository, base / file if file is not None else None)
    done = changing.deauthorize(repository, Target(repository, "keyring"), found, name, wanted)
    emit(f"edited {printable(str(done.path), 400)}: {printable(name)}\n")
    for key in wanted:
        emit(f"listed no more: {key}\n")
    for warning in done.warnings:
        note(f"warning: {printable(warning, 400)}")
    what = "a key of " if wanted else ""
    _tell(repository, done, f"No longer let {what}{name} sign commits", [])


def _fingerprint(text: str, base: Path) -> Fingerprint:
    from nixauth.setup.keys import given as read_key  # noqa: PLC0415
    from nixauth.trust import read_fingerprint  # noqa: PLC0415

    if text.startswith("SHA256:"):
        return read_fingerprint(text)
    return read_key(text, base, must_count=False).fingerprint


def _tell(repository: Repository, done: Changed, message: str, more: list[str]) -> None:
    tell_findings(done.path, done.findings)
    tell_next([*commit_lines(done.path, repository.work_tree, message), *more])
    if done.signers is None:
        return
    names = ", ".join(printable(name, 80) for name in done.signers[:10])
    rest = f" and {len(done.signers) - 10} more" if len(done.signers) > 10 else ""
    emit(f"The commit has to be signed by whom HEAD lists: {names}{rest}\n")
