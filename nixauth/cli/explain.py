"""`nixauth explain`."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from nixauth.cli import options as given
from nixauth.cli.common import CODES, emit, guarded, note, wants_colour
from nixauth.display import printable

EXAMPLES = """\b
Examples:
  nixauth explain origin/main
  nixauth explain 5d312660 --introduction 9edb3f66fd80… --signer 'BBB0 2DDF …'
"""


@guarded
def explain(
    commit: Annotated[str, typer.Argument(help="The commit to explain.")] = "HEAD",
    directory: given.Directory = None,
    introduction: given.IntroductionCommit = None,
    signer: given.Signer = None,
    keyring: given.KeyringSources = None,
    authorizations_file: given.AuthorizationsFile = None,
    historical_authorizations: given.HistoricalAuthorizations = None,
    historical_sha1: given.HistoricalSha1 = False,
    require: given.RequireMode = None,
    engine: given.EngineChoice = given.EngineName.NATIVE,
    jobs: given.Jobs = None,
    no_cache: given.NoCache = False,
) -> None:
    """Show what decides about a commit.

    Its parents and which of them are trusted, the file in force in each, the signature's fields,
    the key and whose it is, and the step of the rule that decides. The exit code is that of
    verify for this commit.
    """
    from nixauth.cli.question import Question  # noqa: PLC0415
    from nixauth.explanation import explain as gather  # noqa: PLC0415
    from nixauth.reports import explanation, text  # noqa: PLC0415

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
        target=commit,
    )
    session, cache = question.session()
    with closing(session.engine):
        found = gather(session, question.repository.resolve(commit))
    for problem in cache.problems if cache is not None else ():
        note(f"warning: {printable(problem, 400)}")
    background = text.Background(
        commit=question.content, owner=question.owner, colour=wants_colour(), quiet=True
    )
    emit([*text.render(found.report, background), explanation.render(found)])
    raise typer.Exit(CODES[found.report.verdict])
