"""`nixauth gate`."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nixauth.cli import options as given
from nixauth.cli.channel import ConfigFile, Timeout
from nixauth.cli.common import INTERRUPTED, complain, guarded, note
from nixauth.display import printable

if TYPE_CHECKING:
    from nixauth.channels.values import Outcome
    from nixauth.cli.channel_update import Wishes

REFUSED, UNDECIDED = 121, 123
_NOT_EXECUTABLE, _NOT_FOUND = 126, 127

EXAMPLES = """\b
Examples:
  nixauth gate nixos-unstable -- nixos-rebuild switch -I "nixpkgs=$HOME/nixpkgs"
  nixauth gate nixos-unstable -- sh -c 'nix-build "$NIXAUTH_PATH" -A hello'
  nixauth gate nixos-unstable --rev 1f0c9e05c8a7… -- true
"""


@guarded
def gate(
    channel: Annotated[str, typer.Argument(help="A configured channel.", metavar="CHANNEL")],
    command: Annotated[
        list[str],
        typer.Argument(help="What to run, with its arguments, behind --.", metavar="-- COMMAND..."),
    ],
    rev: Annotated[
        str | None,
        typer.Option(metavar="REV", help="This commit of the branch (its full id), not the tip."),
    ] = None,
    timeout: Timeout = None,
    config: ConfigFile = None,
    quiet: given.Quiet = False,
) -> None:
    """Update a channel, and run a command only if that ends in an authentic commit.

    The command finds NIXAUTH_REV (the commit), NIXAUTH_NAR_HASH (of its tree) and NIXAUTH_PATH (a
    directory with that tree) in its environment, and its exit code is passed on. Exit code 121:
    refused, the command did not run; 123: it could not be decided, and the command did not run.
    """
    # Only what a command needs is loaded.
    from nixauth.cli.channel_options import full_revision, seconds  # noqa: PLC0415
    from nixauth.cli.channel_update import Wishes  # noqa: PLC0415
    from nixauth.errors import NixauthError  # noqa: PLC0415

    wanted = full_revision(rev) if rev is not None else None
    wishes = Wishes(quiet=quiet, wanted=wanted, timeout=seconds(timeout))
    try:
        environment = _answer(channel, config, wishes)
    except NixauthError as error:
        complain(error)
        note("  the command was not run")
        raise typer.Exit(UNDECIDED) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except typer.Exit:
        raise
    except Exception as error:  # noqa: BLE001 - 1 would be the command's own
        note(f"undecided: {printable(str(error), 400)}; the command was not run")
        raise typer.Exit(UNDECIDED) from None
    _run(command, environment)


def _answer(channel: str, config: Path | None, wishes: Wishes) -> dict[str, str]:
    """Return what the command finds in its environment; exits where it may not run."""
    from nixauth.cli import channel_update  # noqa: PLC0415
    from nixauth.cli.channel_options import one_channel  # noqa: PLC0415
    from nixauth.model import Verdict  # noqa: PLC0415

    found = one_channel(channel, config)
    outcome = channel_update.ask(found, wishes)
    _tell(outcome, quiet=wishes.quiet)
    if outcome.pin is None:
        undecided = outcome.verdict is Verdict.UNDECIDED
        raise typer.Exit(UNDECIDED if undecided else REFUSED)
    trees = channel_update.trees_of(found)
    path = trees.kept(outcome.pin)
    if outcome.pin != outcome.before:
        trees.forget_others(outcome.pin, outcome.before)
    return {
        "NIXAUTH_REV": outcome.pin.commit.hex(),
        "NIXAUTH_NAR_HASH": outcome.pin.nar_hash,
        "NIXAUTH_PATH": str(path),
    }


def _tell(outcome: Outcome, *, quiet: bool) -> None:
    """Say on standard error what was found: standard output is the command's."""
    from nixauth.cli import channel_update  # noqa: PLC0415
    from nixauth.reports import channels as report  # noqa: PLC0415

    if outcome.pin is not None and quiet:
        return
    for line in "".join(report.text(outcome, channel_update.background(outcome))).splitlines():
        note(line)
    if outcome.pin is None:
        note("  the command was not run")


def _run(command: list[str], environment: dict[str, str]) -> None:
    """Become the command."""
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored, signal.SIG_DFL)  # Python ignores them, and what it becomes would
    if not command[0]:
        note("nixauth gate: the command is empty")
        raise typer.Exit(_NOT_FOUND)
    try:
        os.execvpe(command[0], command, {**os.environ, **environment})  # noqa: S606 - no shell
    except FileNotFoundError:
        note(f"nixauth gate: {command[0]}: not found")
        raise typer.Exit(_NOT_FOUND) from None
    except OSError as error:
        note(f"nixauth gate: {command[0]}: {error.strerror or error}")
        raise typer.Exit(_NOT_EXECUTABLE) from None
