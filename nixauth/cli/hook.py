"""`nixauth hook`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from nixauth.cli import options as given
from nixauth.cli.common import emit, guarded, open_repository
from nixauth.errors import UsageError
from nixauth.hooks.scripts import Hook

app = typer.Typer(
    help="Have git itself ask, before a fetch, a push or a merge moves a branch. `nixauth hook"
    " install` is for a clone: what is fetched or pulled, and what is pushed. With --server it is"
    " for a repository that others push to.",
    epilog="""\b
Examples:
  nixauth hook install
  nixauth hook install main release-26.05
  nixauth hook install --server --protect main --protect 'release-*'
  nixauth hook status
  nixauth hook accept --allow-downgrade origin/main 1f0c9e…
""",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def program() -> list[str]:
    """Return the words that start nixauth, the first an absolute path.

    Python is never told to look for modules in the current directory: in a hook that is the work
    tree, and holds what others wrote.
    """
    started = Path(sys.argv[0])
    if started.name == "nixauth" and started.is_file() and os.access(started, os.X_OK):
        return [str(started.absolute())]
    return [sys.executable, "-P", "-m", "nixauth"]


InHooksPath = Annotated[
    bool,
    typer.Option(
        "--in-hooks-path",
        help="Where core.hooksPath leads elsewhere: there, for all repositories that look there.",
    ),
]


@app.command(
    epilog="""\b
Examples:
  nixauth hook install
  nixauth hook install main --remote-only
  nixauth hook install --chain
  nixauth hook install --server --protect main --protect 'release-*' --report-only
"""
)
@guarded
def install(
    branches: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[BRANCH]...",
            help="The branches that are followed. Default: those with a record of their own, or"
            " else the one that origin shows first.",
        ),
    ] = None,
    directory: given.Directory = None,
    follower: Annotated[
        bool, typer.Option("--follower", help="Check what is fetched or pulled, not pushes.")
    ] = False,
    committer: Annotated[
        bool, typer.Option("--committer", help="Check what is pushed, not fetches.")
    ] = False,
    server: Annotated[
        bool, typer.Option("--server", help="Check what others push to this repository.")
    ] = False,
    protect: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="With --server: a branch, where * stands for any characters. Repeatable.",
        ),
    ] = None,
    report_only: Annotated[
        bool,
        typer.Option("--report-only", help="With --server: say what would be refused, and let it."),
    ] = False,
    remote_only: Annotated[
        bool,
        typer.Option("--remote-only", help="Leave the local branches of these names alone."),
    ] = False,
    chain: Annotated[
        bool, typer.Option("--chain", help="Keep a hook that is there, and run it first.")
    ] = False,
    in_hooks_path: InHooksPath = False,
) -> None:
    """Have git ask before it moves a branch.

    What is recorded with nixauth trust is asked. The branches have to be authentic as they are;
    from then on they only move to commits that are authentic, and a step forward.
    """
    from nixauth.cli import hook_setup  # noqa: PLC0415 - only what a command needs is loaded

    if server and (follower or committer or branches or remote_only):
        raise UsageError(
            "--server stands alone: a server's branches are named with --protect",
            "nixauth hook install --server --protect main",
        )
    if (protect or report_only) and not server:
        raise UsageError("--protect and --report-only belong to --server")
    repository = open_repository(directory)
    fitting = hook_setup.Fitting(program(), chain=chain, elsewhere=in_hooks_path)
    if server:
        hook_setup.serve(repository, protect or [], fitting, report_only=report_only)
        return
    if repository.work_tree is None and not (follower or committer):
        raise UsageError(
            "this is a bare repository: do others push to it, or does it follow another?",
            "nixauth hook install --server --protect main, or --follower",
        )
    both = follower == committer
    hooks = [Hook.REFERENCE_TRANSACTION] if follower or both else []
    hooks += [Hook.PRE_PUSH] if committer or both else []
    hook_setup.follow(repository, branches or [], hooks, fitting, remote_only=remote_only)


@app.command(epilog="\b\nExamples:\n  nixauth hook uninstall\n")
@guarded
def uninstall(directory: given.Directory = None, in_hooks_path: InHooksPath = False) -> None:
    """Take the hooks away, put back those that were there before, and forget what was accepted.

    Where core.hooksPath leads to a place that others may share, the hooks there stay.
    """
    from nixauth.cli import hook_setup  # noqa: PLC0415

    hook_setup.uninstall(open_repository(directory), elsewhere=in_hooks_path)


@app.command(epilog="\b\nExamples:\n  nixauth hook status\n  nixauth hook status --format json\n")
@guarded
def status(
    directory: given.Directory = None,
    format_: Annotated[
        given.ListFormat, typer.Option("--format", help="The form of the output.")
    ] = given.ListFormat.TEXT,
) -> None:
    """Show which hooks are installed, which refs they look after, and what was last accepted.

    Exit code 1 where something is followed or protected and its hook is not in place.
    """
    from nixauth.cli import hook_setup  # noqa: PLC0415

    hook_setup.status(
        open_repository(directory), program(), as_json=format_ is given.ListFormat.JSON
    )


@app.command(
    epilog="""\b
Examples:
  nixauth hook accept origin/main
  nixauth hook accept --allow-downgrade origin/main 1f0c9e05c8a7…
"""
)
@guarded
def accept(
    ref: Annotated[str, typer.Argument(help="A followed ref.", metavar="REF")],
    commit: Annotated[
        str | None, typer.Argument(help="The commit. Default: where the ref is.", metavar="COMMIT")
    ] = None,
    directory: given.Directory = None,
    allow_downgrade: Annotated[
        bool,
        typer.Option("--allow-downgrade", help="Accept it though it is not a step forward."),
    ] = False,
) -> None:
    """Take a commit as the last one that was accepted for a ref, if it is authentic.

    The next fetch may then go to it, and to what is a step forward from it.
    """
    from nixauth.cli import hook_setup  # noqa: PLC0415

    hook_setup.accept(open_repository(directory), ref, commit, downgrade=allow_downgrade)


@app.command(epilog="\b\nExamples:\n  nixauth hook script pre-push > .git/hooks/pre-push.nixauth\n")
@guarded
def script(hook: Annotated[Hook, typer.Argument(help="A hook by git's name.")]) -> None:
    """Print a hook, to be run by one of your own, with the same arguments and input."""
    from nixauth.hooks.scripts import script as text  # noqa: PLC0415

    emit(text(hook, program()).decode("utf-8", "surrogateescape"))


@app.command(hidden=True)
@guarded
def run(
    hook: Annotated[Hook, typer.Argument(help="A hook by git's name.")],
    git_dir: Annotated[Path, typer.Option("--git-dir", metavar="DIR", help="The repository.")],
    remote: Annotated[str, typer.Option(help="What is pushed to, by its name or URL.")] = "",
    url: Annotated[str, typer.Option(help="The URL of what is pushed to.")] = "",
) -> None:
    """Answer git; the hooks start this."""
    from nixauth.cli import hook_run  # noqa: PLC0415

    raise typer.Exit(hook_run.run(hook, git_dir, remote, url))
