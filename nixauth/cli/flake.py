"""`nixauth flake`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nixauth.cli import options as given
from nixauth.cli.channel import ConfigFile
from nixauth.cli.common import guarded

app = typer.Typer(
    help="Hold a flake's lock against the configured channels, or lock its inputs to authentic"
    " commits.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog="""\b
Examples:
  nixauth flake check
  nixauth flake check --require-all path/to/flake.lock
  nixauth flake update
  nixauth flake update nixpkgs
""",
)


@app.command(
    epilog="""\b
Examples:
  nixauth flake check
  nixauth flake check --require-all --format json flake.lock
"""
)
@guarded
def check(
    lock: Annotated[Path, typer.Argument(metavar="[FLAKE.LOCK]")] = Path("flake.lock"),
    require_all: Annotated[
        bool,
        typer.Option("--require-all", help="Refuse inputs that no channel is configured for."),
    ] = False,
    config: ConfigFile = None,
    format_: Annotated[
        given.ListFormat, typer.Option("--format", help="The form of the output.")
    ] = given.ListFormat.TEXT,
    quiet: given.Quiet = False,
) -> None:
    """Say of each input of a lock whether it is authentic, and its hash that of the commit's tree.

    An input belongs to the channel with the same repository. Its commit has to be authentic, on the
    channel's branch, and the channel's pin or a step forward from it. Nothing is changed.
    """
    from nixauth.cli import flake_work  # noqa: PLC0415 - only what a command needs is loaded

    code = flake_work.check(
        lock,
        config,
        require_all=require_all,
        as_json=format_ is given.ListFormat.JSON,
        quiet=quiet,
    )
    raise typer.Exit(code)


@app.command(
    epilog="""\b
Examples:
  nixauth flake update
  nixauth flake update nixpkgs home-manager/nixpkgs --in-place
"""
)
@guarded
def update(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[INPUT]...",
            help="Inputs by their paths (nixpkgs, foo/nixpkgs). Default: all that have a channel.",
        ),
    ] = None,
    lock: Annotated[
        Path, typer.Option("--lock", metavar="FILE", help="The lock, beside its flake.nix.")
    ] = Path("flake.lock"),
    in_place: Annotated[
        bool,
        typer.Option("--in-place", help="Edit the lock without Nix, though Nix is there."),
    ] = False,
    config: ConfigFile = None,
    quiet: given.Quiet = False,
) -> None:
    """Update the channels of inputs, and lock the inputs to the commits found authentic.

    Nix makes the new lock where it is there, and it is compared with the channels before it takes
    the old one's place. After any failure the lock is as it was.
    """
    from nixauth.cli import flake_work  # noqa: PLC0415

    code = flake_work.update(lock, inputs or [], config, in_place=in_place, quiet=quiet)
    raise typer.Exit(code)
