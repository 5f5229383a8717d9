"""`nixauth check-merge`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nixauth.cli import options as given
from nixauth.cli.common import guarded
from nixauth.errors import UndecidedError

if TYPE_CHECKING:
    from nixauth.cli.question import Question

EXAMPLES = """\b
Examples:
  nixauth check-merge origin/main HEAD --introduction … --signer …
  nixauth check-merge --no-ff origin/main feature --format github …
"""


@guarded
def check_merge(
    base: Annotated[str, typer.Argument(help="The commit that is merged into.")],
    head: Annotated[str, typer.Argument(help="The commit that would be merged.")],
    directory: given.Directory = None,
    introduction: given.IntroductionCommit = None,
    signer: given.Signer = None,
    keyring: given.KeyringSources = None,
    authorizations_file: given.AuthorizationsFile = None,
    historical_authorizations: given.HistoricalAuthorizations = None,
    historical_sha1: given.HistoricalSha1 = False,
    no_ff: Annotated[
        bool,
        typer.Option(
            "--no-ff",
            help="A merge commit is made even where HEAD descends from BASE, as forges do.",
        ),
    ] = False,
    require: given.RequireMode = None,
    format_: given.Format = given.OutputFormat.TEXT,
    engine: given.EngineChoice = given.EngineName.NATIVE,
    jobs: given.Jobs = None,
    no_cache: given.NoCache = False,
    quiet: given.Quiet = False,
    verbose: given.Verbose = False,
) -> None:
    """Say, before a merge, whether it will be accepted, and what it takes.

    Is BASE authentic, which new commits are, who may sign the merge, and would it change the
    authorizations? Exit code 0: a merge signed by a listed person will be accepted, or, where
    HEAD descends from BASE, moving the branch on to HEAD will be.
    """
    from nixauth.cli.question import Question  # noqa: PLC0415 - help needs none of it

    question = Question(
        directory=directory,
        introduction=introduction,
        signer=signer,
        keyring=keyring,
        authorizations_file=authorizations_file,
        historical=historical_authorizations,
        historical_sha1=historical_sha1,
        every_commit=require is given.Require.EVERY_COMMIT,
        engine=engine.value,
        jobs=jobs,
        no_cache=no_cache,
        quiet=quiet,
        verbose=verbose,
        format=format_,
        target=base,
    )
    try:
        _answer(question, base, head, no_ff=no_ff)
    except UndecidedError as error:
        if format_ is not given.OutputFormat.TEXT:
            from nixauth.cli import machine  # noqa: PLC0415

            machine.emit_failure(format_, error)
        raise


def _answer(question: Question, base: str, head: str, *, no_ff: bool) -> None:
    from contextlib import closing  # noqa: PLC0415

    from nixauth.cli import common, machine  # noqa: PLC0415
    from nixauth.cli.progress import Meter  # noqa: PLC0415
    from nixauth.cli.question import background_of  # noqa: PLC0415
    from nixauth.display import printable  # noqa: PLC0415
    from nixauth.merging.check import check_merge as ask  # noqa: PLC0415
    from nixauth.reports import merge_text  # noqa: PLC0415

    session, cache = question.session()
    commits = question.repository.resolve(base), question.repository.resolve(head)
    with closing(session.engine), Meter(quiet=question.quiet) as meter:
        session.progress = meter.update
        found = ask(session, *commits, merge_commit=no_ff)
    question.keys.remember()
    for problem in [*session.problems, *(cache.problems if cache is not None else [])]:
        common.note(f"warning: {printable(problem, 400)}")
    if question.format is given.OutputFormat.TEXT:
        common.emit(merge_text.render(found, background_of(question)))
        if question.verbose and not question.quiet:
            common.emit(f"  {question.provenance}\n")
    else:
        machine.emit_merge(question.format, found, question.used)
    raise typer.Exit(machine.OUTLOOK_CODES[found.outlook])
