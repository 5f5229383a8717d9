"""`nixauth keys`."""

from __future__ import annotations

import os
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nixauth.cli import options as given
from nixauth.cli.common import REFUSED, emit, guarded, note, open_repository
from nixauth.display import printable
from nixauth.errors import UsageError
from nixauth.model import Fingerprint
from nixauth.trust import read_fingerprint

if TYPE_CHECKING:
    from nixauth.keys.importing import Imported
    from nixauth.keys.incoming import Incoming

_MAX_FILE = 64 * 1024 * 1024

app = typer.Typer(
    help="The public keys: what is at hand, what is wrong with it, in and out.",
    epilog="""\b
Examples:
  nixauth keys list
  nixauth keys import alice.asc
  nixauth keys check
""",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Revision = Annotated[
    str | None,
    typer.Argument(metavar="REV", help="The authorizations as of this commit; default HEAD."),
]


@app.command(
    "list",
    epilog="""\b
Examples:
  nixauth keys list
  nixauth keys list origin/main --keyring keys/
  nixauth keys list | grep 'listed for nobody'
""",
)
@guarded
def list_keys(
    revision: Revision = None,
    directory: given.Directory = None,
    keyring: given.KeyringSources = None,
    authorizations_file: given.AuthorizationsFile = None,
    format: given.KeysFormat = given.ListFormat.TEXT,  # noqa: A002
) -> None:
    """List every key at hand: whose it is, and who of the authorizations it is listed for.

    A line each, the fingerprint first. Signing subkeys are indented; where one does not stand for
    its primary key, the line says why. SSH keys come from the authorizations and the branch.
    """
    from nixauth.keys.sources import listed_at, take_inventory  # noqa: PLC0415
    from nixauth.reports import keys as report  # noqa: PLC0415

    repository = open_repository(directory)
    try:
        listed = listed_at(repository, revision or "HEAD", authorizations_file)
    except UsageError as error:
        if revision is not None or authorizations_file is not None:
            raise
        note(f"note: nobody is listed: {printable(error.message, 300)}")
        listed = None
    inventory, _ = take_inventory(repository, keyring or [], listed)
    if format is given.ListFormat.JSON:
        emit(report.render(report.list_document(inventory, listed)))
        return
    for problem in inventory.problems:
        note(f"warning: {printable(problem, 400)}")
    emit(report.list_text(inventory, int(time.time())))


@app.command(
    "check",
    epilog="""\b
Examples:
  nixauth keys check
  nixauth keys check origin/main --format json
""",
)
@guarded
def check_keys(
    revision: Revision = None,
    directory: given.Directory = None,
    keyring: given.KeyringSources = None,
    authorizations_file: given.AuthorizationsFile = None,
    format: given.KeysFormat = given.ListFormat.TEXT,  # noqa: A002
) -> None:
    """Say what is wrong with the keys: missing, unusable, expired, unused, there twice.

    Exit code 1 when a key that is listed is missing, or it or a subkey of it cannot count.
    """
    from nixauth.keys.check import check  # noqa: PLC0415
    from nixauth.keys.sources import listed_at, take_inventory  # noqa: PLC0415
    from nixauth.reports import keys as report  # noqa: PLC0415

    repository = open_repository(directory)
    listed = listed_at(repository, revision or "HEAD", authorizations_file)
    inventory, _ = take_inventory(repository, keyring or [], listed)
    findings = check(inventory, int(time.time()))
    if format is given.ListFormat.JSON:
        emit(report.render(report.check_document(findings, listed)))
    else:
        emit(report.check_text(findings))
    if any(finding.fails for finding in findings):
        raise typer.Exit(REFUSED)


# --- export ---


class Target(StrEnum):
    """Whom an export is for."""

    GNUPG = "gnupg"
    ALLOWED_SIGNERS = "allowed-signers"


@app.command(
    "export",
    epilog="""\b
Examples:
  nixauth keys export gnupg -o keys.gpg && gpg --import keys.gpg
  nixauth keys export allowed-signers -o allowed_signers
  git -c gpg.ssh.allowedSignersFile=$PWD/allowed_signers verify-commit HEAD
""",
)
@guarded
def export_keys(
    target: Annotated[Target, typer.Argument(help="Whom it is for.")],
    revision: Revision = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Write there, whole or not at all; - is standard output.",
        ),
    ] = None,
    armor: Annotated[bool, typer.Option("--armor", help="For gnupg: text, not binary.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="For gnupg: every key at hand, not those listed alone.")
    ] = False,
    directory: given.Directory = None,
    keyring: given.KeyringSources = None,
    authorizations_file: given.AuthorizationsFile = None,
) -> None:
    """Write the keys that are listed for another program: GnuPG, or git's check of SSH signatures.

    For gnupg it is a keyring that gpg imports, or uses by --keyring. For allowed-signers it is a
    line for each SSH key, with the person's name as principal; blanks and the like in a name become
    %20 and the like.
    """
    from nixauth.cli.files import write_out  # noqa: PLC0415
    from nixauth.keys import export  # noqa: PLC0415
    from nixauth.keys.sources import listed_at  # noqa: PLC0415

    if (armor or everything) and target is not Target.GNUPG:
        raise UsageError("--armor and --all are for gnupg")
    repository = open_repository(directory)
    if target is Target.ALLOWED_SIGNERS:
        listed = listed_at(repository, revision or "HEAD", authorizations_file)
        made = export.allowed_signers(listed.authorizations)
    else:
        from nixauth.keyring import open_keyring  # noqa: PLC0415

        wanted = None
        if not everything:
            found = listed_at(repository, revision or "HEAD", authorizations_file).authorizations
            wanted = [key for key in found.holders if key not in found.ssh_keys]
        made = export.gnupg(
            open_keyring(repository, keyring or []).certificates, wanted, armor=armor
        )
    write_out(made.content, output, binary=target is Target.GNUPG and not armor)
    for line in made.left_out:
        note(f"left out: {printable(line, 200)}")
    note(f"{made.keys} {'key' if made.keys == 1 else 'keys'} exported")


# --- import ---


@app.command(
    "import",
    epilog="""\b
Examples:
  nixauth keys import alice.asc ~/.ssh/id_ed25519.pub
  nixauth keys import --gnupg 'BBB0 2DDF 2CEA F6A8 0D1D  E643 A2A0 6DF2 A33A 54FA'
  nixauth keys import --ssh-agent --dry-run
""",
)
@guarded
def import_keys(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILE", help="Public keys; - is standard input.")
    ] = None,
    gnupg: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FINGERPRINT", help="A key of GnuPG's own keyring, in full. May be repeated."
        ),
    ] = None,
    ssh_agent: Annotated[
        bool, typer.Option("--ssh-agent", help="The keys that ssh-add -L lists.")
    ] = False,
    branch: Annotated[str, typer.Option(metavar="NAME", help="The branch to put them on.")] = (
        "keyring"
    ),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")
    ] = False,
    directory: given.Directory = None,
) -> None:
    """Put public keys on the keyring branch: OpenPGP certificates, or SSH public key lines.

    One commit, made without touching the work tree, the index or HEAD. A key that the branch has
    already is merged with what it has. Secret keys are refused. For SSH keys the lines for the
    authorizations file are printed.
    """
    from nixauth.history.branch import Branch  # noqa: PLC0415
    from nixauth.keys import incoming  # noqa: PLC0415
    from nixauth.keys.importing import When  # noqa: PLC0415
    from nixauth.keys.importing import import_keys as put  # noqa: PLC0415

    if not (files or gnupg or ssh_agent):
        raise UsageError("nothing to import", "Name files, or give --gnupg or --ssh-agent.")
    fingerprints = [_openpgp_fingerprint(text) for text in gnupg or []]
    repository = open_repository(directory)
    target = Branch(repository, branch)
    found = incoming.read(_sources(files or [], fingerprints, ssh_agent=ssh_agent))
    now = int(time.time())
    when = When(now, time.localtime(now).tm_gmtoff // 60)
    done = put(repository, target, found, os.environ, when, dry_run=dry_run)
    _tell(target.name, found, done, dry_run=dry_run)


def _openpgp_fingerprint(text: str) -> Fingerprint:
    fingerprint = read_fingerprint(text)
    if fingerprint.startswith("SHA256:"):
        raise UsageError("--gnupg takes OpenPGP fingerprints", "For SSH keys name the .pub file.")
    return fingerprint


def _sources(
    files: list[str], fingerprints: list[Fingerprint], *, ssh_agent: bool
) -> list[tuple[str, bytes]]:
    """Read everything that was named; raises UsageError, UnreadableKeyringError."""
    found = [_read(file) for file in files]
    if fingerprints:
        from nixauth import gnupg_home  # noqa: PLC0415

        found += gnupg_home.export(gnupg_home.home_of(os.environ), fingerprints)
    if ssh_agent:
        from nixauth import ssh_agent as agent  # noqa: PLC0415

        found.append(("the SSH agent", agent.public_keys()))
    return found


def _read(file: str) -> tuple[str, bytes]:
    name = "standard input" if file == "-" else file
    try:
        if file != "-":
            with Path(file).open("rb") as opened:
                content = opened.read(_MAX_FILE + 1)
        elif sys.stdin is None:  # closed by whoever started this
            raise UsageError("standard input cannot be read: it is closed")
        else:
            content = sys.stdin.buffer.read(_MAX_FILE + 1)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from error
    if len(content) > _MAX_FILE:
        raise UsageError(f"{name} is larger than {_MAX_FILE} bytes")
    return name, content


def _tell(branch: str, found: Incoming, done: Imported, *, dry_run: bool) -> None:
    from nixauth.keys.plan import Kind  # noqa: PLC0415
    from nixauth.keys.ssh import list_item  # noqa: PLC0415

    for line in found.left_out:
        note(f"warning: {printable(line, 300)}")
    for change in done.changes:
        owner = printable(change.owner, 100)
        more = f", {change.packets} packets more" if change.kind is Kind.UPDATED else ""
        where = printable(change.path, 200)
        text = f"{change.kind.value}: {change.fingerprint} {owner}".rstrip()
        emit(f"{text} ({where}{more})\n")
    if found.ssh_keys:
        emit("to list the SSH keys, paste below a person's keys: in the authorizations\n")
        for _, key in sorted(found.ssh_keys.items()):
            emit(f"      {list_item(key)}\n")
    if done.commit is not None:
        before = done.before.hex()[:12] if done.before is not None else "new"
        emit(f"refs/heads/{branch}: {before} -> {done.commit.hex()[:12]}; to publish it:\n")
        emit(f"git push origin {branch}\n")
    elif dry_run and any(change.kind is not Kind.UNCHANGED for change in done.changes):
        emit("dry run: nothing was written\n")
    else:
        emit(f"nothing to do: the branch {branch} has all of this\n")
