"""`nixauth init`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from nixauth.cli import options as given
from nixauth.cli.change import commit_lines, tell_findings, tell_keys, tell_next
from nixauth.cli.common import REFUSED, emit, guarded, note, open_repository
from nixauth.display import printable
from nixauth.errors import UsageError
from nixauth.history.repository import Repository

EXAMPLES = """\b
Examples:
  nixauth init                           with the key that git signs with
  nixauth init --name alice --history trusted-path
  nixauth init --from-history 500        a draft of those who signed so far
"""
_MESSAGE = "Say who may sign commits"


class History(StrEnum):
    """What the file is to ask of a commit's parents."""

    EVERY_COMMIT = "every-commit"
    TRUSTED_PATH = "trusted-path"


Branch = Annotated[
    str,
    typer.Option(metavar="NAME", help="The branch for public keys."),
]


@guarded
def init(
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Your name in the file; default: made of user.name."),
    ] = None,
    history: Annotated[
        History, typer.Option(help="Whether each commit is to be signed, or merges will do.")
    ] = History.EVERY_COMMIT,
    from_history: Annotated[
        int | None,
        typer.Option(
            "--from-history",
            min=1,
            metavar="N",
            help="Print a draft instead, of those who signed the last N merges of HEAD.",
        ),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write the draft once it was printed.")
    ] = False,
    keyring: given.KeyringSources = None,
    branch: Branch = "keyring",
    directory: given.Directory = None,
) -> None:
    """Start: write .authorizations with you in it, and put your key on the keyring branch.

    The key is the one that git signs with: user.signingKey and gpg.format. The work tree gets that
    one file, the index nothing; what is to be committed is printed. With --from-history nothing is
    written, unless --write is given.
    """
    repository = open_repository(directory)
    if from_history is not None:
        if name is not None:
            raise UsageError("--name is for one person, --from-history finds several")
        _propose(repository, from_history, history, keyring or [], write=write)
    elif write or keyring:
        raise UsageError("--write and --keyring go with --from-history")
    else:
        _start(repository, name, history, branch)


def _start(repository: Repository, name: str | None, history: History, branch: str) -> None:
    from nixauth.history.branch import Branch as Target  # noqa: PLC0415
    from nixauth.model import HistoryMode  # noqa: PLC0415
    from nixauth.setup.starting import start  # noqa: PLC0415

    target = Target(repository, branch)
    done = start(repository, target, name, HistoryMode(history.value))
    emit(f"wrote {printable(str(done.path), 400)} with {printable(done.name)}\n")
    tell_keys([done.key], done.keyring, target.name)
    tell_findings(done.path, done.warnings)
    lines = [*commit_lines(done.path, repository.work_tree, _MESSAGE), "nixauth trust HEAD"]
    if done.keyring is not None:
        lines.append(f"git push origin {target.name}")
    tell_next(lines)


def _propose(
    repository: Repository, wanted: int, history: History, sources: list[str], *, write: bool
) -> None:
    from nixauth.keyring import open_keyring  # noqa: PLC0415
    from nixauth.model import HistoryMode  # noqa: PLC0415
    from nixauth.setup import draft, proposing, starting  # noqa: PLC0415

    if write:
        starting.free_place(repository)
    keys = open_keyring(repository, sources)
    found = proposing.survey(repository, keys, repository.resolve("HEAD"), wanted)
    text = draft.draft(found, HistoryMode(history.value))
    emit(text)
    for problem in keys.problems:
        note(f"warning: {printable(problem, 400)}")
    if not found.tallies:
        note(f"nobody to propose: {found.signed} signed commits, and no key of theirs at hand")
        note("  next: nixauth keys import FILE, or --keyring SOURCE, brings keys")
        raise typer.Exit(REFUSED)
    if not write:
        tell_findings(Path("draft"), starting.look_at(text))
        note("nothing was written; --write does, once you have looked at it")
        return
    path, findings = starting.write_draft(repository, text)
    note(f"wrote {printable(str(path), 400)}")
    tell_findings(path, findings)
    note("next: edit it, and")
    for line in commit_lines(path, repository.work_tree, _MESSAGE):
        note(f"  {line}")
