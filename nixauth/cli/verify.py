"""`nixauth verify`."""

from __future__ import annotations

from typing import Annotated

import typer

from nixauth.cli import options as given
from nixauth.cli.common import guarded
from nixauth.errors import UndecidedError

EXAMPLES = """\b
Examples:
  nixauth verify origin/main
  nixauth verify --remember --introduction 9edb3f66fd80… --signer 'BBB0 2DDF …'
  nixauth verify --introduction 9edb3f66fd80… --signer 'BBB0 2DDF …'
  nixauth verify origin/master --after HEAD --introduction … --signer …
  nixauth verify --format json --stats --introduction … --signer … | jq .verdict
"""


@guarded
def verify(
    target: Annotated[str, typer.Argument(help="The commit that is asked about.")] = "HEAD",
    directory: given.Directory = None,
    introduction: given.IntroductionCommit = None,
    signer: given.Signer = None,
    keyring: given.KeyringSources = None,
    authorizations_file: given.AuthorizationsFile = None,
    historical_authorizations: given.HistoricalAuthorizations = None,
    historical_sha1: given.HistoricalSha1 = False,
    after: Annotated[
        str | None,
        typer.Option(
            metavar="COMMIT", help="The commit that you have: the target must be a step forward."
        ),
    ] = None,
    require: given.RequireMode = None,
    format_: given.Format = given.OutputFormat.TEXT,
    stats: Annotated[
        bool, typer.Option("--stats", help="Count trusted commits, by signer.")
    ] = False,
    engine: given.EngineChoice = given.EngineName.NATIVE,
    jobs: given.Jobs = None,
    no_cache: given.NoCache = False,
    remember: Annotated[
        bool,
        typer.Option(
            "--remember",
            help="If it is authentic, record the introduction and what else was asked: for the"
            " branch that was named, else for the repository.",
        ),
    ] = False,
    quiet: given.Quiet = False,
    verbose: given.Verbose = False,
) -> None:
    """Say whether a commit is authentic.

    It is when a line of trusted commits leads to it from the introduction: each one signed by
    a key that the authorizations file of its parent lists. Without --introduction and --signer,
    what nixauth trust recorded for the branch or the repository is asked.
    """
    from nixauth.cli.question import Question, show  # noqa: PLC0415 - help needs none of it

    question = Question(
        directory=directory,
        introduction=introduction,
        signer=signer,
        keyring=keyring,
        authorizations_file=authorizations_file,
        historical=historical_authorizations,
        historical_sha1=historical_sha1,
        every_commit=require is given.Require.EVERY_COMMIT,
        after=after,
        stats=stats,
        engine=engine.value,
        jobs=jobs,
        no_cache=no_cache,
        quiet=quiet,
        verbose=verbose,
        format=format_,
        target=target,
        remember=remember,
    )
    try:
        report = question.ask()
    except UndecidedError as error:
        if format_ is not given.OutputFormat.TEXT:
            from nixauth.cli import machine  # noqa: PLC0415

            machine.emit_failure(format_, error)
        raise
    show(question, report)
