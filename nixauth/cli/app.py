"""The commands."""

from __future__ import annotations

import typer

from nixauth.cli import audit as audit_command
from nixauth.cli import authorize as authorize_commands
from nixauth.cli import cache as cache_commands
from nixauth.cli import channel as channel_commands
from nixauth.cli import check_merge as check_merge_command
from nixauth.cli import demo as demo_command
from nixauth.cli import explain as explain_command
from nixauth.cli import flake as flake_commands
from nixauth.cli import gate as gate_command
from nixauth.cli import hook as hook_commands
from nixauth.cli import init as init_command
from nixauth.cli import keys as keys_commands
from nixauth.cli import lint as lint_command
from nixauth.cli import options as given
from nixauth.cli import trust as trust_commands
from nixauth.cli import verify as verify_command
from nixauth.cli.common import start_in

app = typer.Typer(
    name="nixauth",
    help="Know that a git history was vouched for by its maintainers, from a commit that you"
    " trust to the one that you are about to use.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

        try:
            typer.echo(f"nixauth {version('nixauth')}")
        except PackageNotFoundError:
            typer.echo("nixauth (run from a checkout, not installed: its version is not known)")
        raise typer.Exit


@app.callback(
    epilog="Exit codes: 0 authentic, 1 refused, 2 used wrongly, 3 could not be decided,"
    " 130 interrupted."
)
def _root(
    version: bool = typer.Option(  # noqa: ARG001 - its callback does the work
        False,
        "--version",
        callback=_version,
        is_eager=True,
        help="Print the version and exit.",
    ),
    directory: given.Directory = None,
) -> None:
    start_in(directory)


app.command("verify", epilog=verify_command.EXAMPLES)(verify_command.verify)
app.command("check-merge", epilog=check_merge_command.EXAMPLES)(check_merge_command.check_merge)
app.command("explain", epilog=explain_command.EXAMPLES)(explain_command.explain)
app.command("audit", epilog=audit_command.EXAMPLES)(audit_command.audit)
app.command("init", epilog=init_command.EXAMPLES)(init_command.init)
app.command("authorize", epilog=authorize_commands.EXAMPLES)(authorize_commands.authorize)
app.command("deauthorize", epilog=authorize_commands.EXAMPLES_OF_DEAUTHORIZE)(
    authorize_commands.deauthorize
)
app.command("lint", epilog=lint_command.EXAMPLES)(lint_command.lint)
app.add_typer(trust_commands.app, name="trust")
app.add_typer(hook_commands.app, name="hook")
app.add_typer(keys_commands.app, name="keys")
app.add_typer(channel_commands.app, name="channel")
app.add_typer(flake_commands.app, name="flake")
app.command("gate", epilog=gate_command.EXAMPLES)(gate_command.gate)
app.add_typer(cache_commands.app, name="cache")
app.command("demo", epilog=demo_command.EXAMPLES)(demo_command.demo)
