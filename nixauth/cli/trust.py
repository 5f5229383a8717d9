"""`nixauth trust`."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from nixauth.cli import options as given
from nixauth.cli.common import (
    CODES,
    emit,
    full_id,
    guarded,
    open_repository,
    place,
    start_in,
    wants_colour,
)
from nixauth.display import printable, spaced
from nixauth.errors import UsageError
from nixauth.hooks.scripts import Hook
from nixauth.model import Fingerprint, Introduction, ObjectId, Reason, Refusal, Report, Verdict
from nixauth.trust import COMMIT, Trust, name_of, read_fingerprint

if TYPE_CHECKING:
    from nixauth.cli.question import Question
    from nixauth.history.config import LocalConfig
    from nixauth.history.repository import Repository
    from nixauth.options import Options

SCHEMA = 1
_RECORD = "record"


class _Group(TyperGroup):
    """Takes a first word that is no command as the commit to record; -C may come before it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        own = _own_options(args)
        rest = args[own:]
        if rest and rest[0] not in {*self.commands, *ctx.help_option_names}:
            args = [*args[:own], _RECORD, *rest]
        return super().parse_args(ctx, args)


def _own_options(args: list[str]) -> int:
    """Count the words that are -C and its directory; `-CDIR` is one word."""
    count = 0
    while count < len(args) and args[count].startswith("-C"):
        count += 2 if args[count] == "-C" else 1
    return count


app = typer.Typer(
    cls=_Group,
    help="Record the introduction of this repository, so that verify needs no options."
    " `nixauth trust COMMIT FINGERPRINT` verifies it first (`nixauth trust record --help` lists its"
    " options); show and forget say what was recorded and take it back. It is kept in the"
    " repository's own git configuration.",
    subcommand_metavar="COMMIT [FINGERPRINT] | COMMAND [ARGS]...",
    epilog="""\b
Examples:
  nixauth trust 9edb3f66fd807b096b48283debdcddccfea34bad 'BBB0 2DDF …'
  nixauth trust 9edb3f66… 'BBB0 2DDF …' --branch release --require every-commit
  nixauth trust HEAD        (the signature is your own: prints the line to publish)
  nixauth trust show --format json
  nixauth trust forget --branch release
""",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def _in(directory: given.Directory = None) -> None:
    start_in(place(directory))


BranchName = Annotated[
    str | None,
    typer.Option("--branch", metavar="NAME", help="For this branch alone, not the repository."),
]


def _short_name(repository: Repository, branch: str | None) -> str:
    """Return the branch's short name, empty for the whole repository; raises UsageError."""
    if branch is None:
        return ""
    from nixauth.history.branch import Branch  # noqa: PLC0415 - only what a command needs is loaded

    return Branch(repository, branch).name


def _config(repository: Repository) -> LocalConfig:
    from nixauth.history.config import LocalConfig  # noqa: PLC0415

    return LocalConfig(repository)


# --- record ---


@app.command(
    _RECORD,
    epilog="""\b
Examples:
  nixauth trust 9edb3f66fd807b096b48283debdcddccfea34bad 'BBB0 2DDF …'
  nixauth trust HEAD --hooks
""",
)
@guarded
def record_introduction(
    commit: Annotated[
        str, typer.Argument(help="The commit that trust starts at, its full id.", metavar="COMMIT")
    ],
    fingerprint: Annotated[
        str | None,
        typer.Argument(
            metavar="FINGERPRINT",
            help="The key that signed it, in full. Where it is your own (user.signingkey) it may be"
            " left out, and COMMIT may be any revision.",
        ),
    ] = None,
    branch: BranchName = None,
    directory: given.Directory = None,
    keyring: given.KeyringSources = None,
    authorizations_file: given.AuthorizationsFile = None,
    historical_authorizations: given.HistoricalAuthorizations = None,
    historical_sha1: given.HistoricalSha1 = False,
    require: given.RequireMode = None,
    engine: given.EngineChoice = given.EngineName.NATIVE,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace another introduction that is recorded.")
    ] = False,
    hooks: Annotated[
        bool, typer.Option("--hooks", help="Install hooks as well, as nixauth hook install does.")
    ] = False,
) -> None:
    """Verify an introduction and record it; the word record may be left out.

    It is recorded only if that key signed that commit, and the commit says who may sign. Keyring,
    files and --require are recorded with it.
    """
    from nixauth.cli.question import Question  # noqa: PLC0415
    from nixauth.trust import record  # noqa: PLC0415

    question = Question(
        directory=directory,
        keyring=keyring,
        authorizations_file=authorizations_file,
        historical=historical_authorizations,
        historical_sha1=historical_sha1,
        every_commit=require is given.Require.EVERY_COMMIT,
        engine=engine.value,
    )
    repository = question.repository = open_repository(directory)
    name = _short_name(repository, branch)
    config = _config(repository)
    options = question.options()
    introduction = _introduction(question, commit, fingerprint)
    before = _before(config, name, introduction, replace=replace)
    reason = _judge(question, introduction, options)
    if reason is not None:
        _refuse(question, introduction, reason)
    trust = question.trust(introduction, name)
    record(config, trust)
    emit(f"{_line(introduction)}\n")
    if before:
        emit(f"  replaced: {before}\n")
    where = printable(f"{config.path} ({name_of(name, COMMIT)})", 400)
    emit(f"  recorded for {printable(trust.scope, 100)} in {where}\n")
    if hooks:
        _install_hooks(repository, name)


def _install_hooks(repository: Repository, branch: str) -> None:
    from nixauth.cli import hook, hook_setup  # noqa: PLC0415

    fitting = hook_setup.Fitting(hook.program(), chain=False, elsewhere=False)
    both = [Hook.REFERENCE_TRANSACTION, Hook.PRE_PUSH]
    hook_setup.follow(repository, [branch] if branch else [], both, fitting, remote_only=False)


def _line(introduction: Introduction) -> str:
    """Return the introduction as a line to publish."""
    return f"nixauth trust {introduction.commit.hex()} '{spaced(introduction.signer)}'"


def _introduction(question: Question, commit: str, fingerprint: str | None) -> Introduction:
    if fingerprint is not None:
        return Introduction(full_id(question.repository, commit), read_fingerprint(fingerprint))
    named = question.repository.resolve(commit)
    return Introduction(named, _own_signer(question, named))


def _own_signer(question: Question, commit: ObjectId) -> Fingerprint:
    """Return whose signature the commit says it has, where that is the user; raises UsageError."""
    from nixauth.evidence import Claim, examine  # noqa: PLC0415
    from nixauth.signatures.commit_object import read_commit  # noqa: PLC0415
    from nixauth.user_key import UserKey  # noqa: PLC0415

    content = question.repository.commit(commit)
    evidence = examine(read_commit(content), question.keys, lambda: question.historical_sha1)
    if not isinstance(evidence, Claim):
        _refuse(question, Introduction(commit, Fingerprint("")), evidence)
    user = UserKey.of(question.repository)
    own = [key for key in map(user.names, evidence.signers) if key is not None]
    if own:
        return own[0]
    found = evidence.signers[0].key
    owner = question.owner(found)
    raise UsageError(
        f"commit {commit.hex()} names as its signer {spaced(found)}"
        f"{f' ({owner})' if owner else ''}, which is not known to be your own key: {user.words}",
        "Compare commit and key with what the maintainers publish, and give both in full:"
        " nixauth trust COMMIT FINGERPRINT",
    )


def _before(config: LocalConfig, branch: str, new: Introduction, *, replace: bool) -> str:
    """Return what is going to be replaced, in words, or nothing; raises UsageError."""
    from nixauth.trust import recorded_for  # noqa: PLC0415

    try:
        own = recorded_for(config, branch)
    except UsageError as error:
        if not replace:
            raise
        return f"what could not be read: {printable(error.message, 300)}"
    if own is None or own.introduction == new:
        return ""
    there = _line(own.introduction)
    if not replace:
        raise UsageError(
            f"another introduction is recorded for {own.scope}: {there}",
            "If the new one is what the maintainers publish now, give --replace.",
        )
    return there


def _judge(question: Question, introduction: Introduction, options: Options) -> Reason | None:
    """Ask step 1 of the rule, with nothing remembered."""
    from nixauth.engines import open_engine  # noqa: PLC0415
    from nixauth.findings import NoStore  # noqa: PLC0415
    from nixauth.introduce import Introduced, introduce  # noqa: PLC0415

    with closing(open_engine(question.engine, question.keys)) as engine:
        found = introduce(
            question.repository, question.keys, introduction, options, NoStore(), engine
        )
    return None if isinstance(found, Introduced) else found


def _refuse(question: Question, introduction: Introduction, reason: Reason) -> NoReturn:
    """Say as verify does why it does not hold, and exit."""
    from nixauth.reports import text  # noqa: PLC0415

    commit = introduction.commit
    report = Report(Verdict.REFUSED, commit, introduction, 0, refusals=[Refusal(commit, reason)])
    background = text.Background(
        commit=question.content, owner=question.owner, colour=wants_colour()
    )
    emit(text.render(report, background))
    raise typer.Exit(CODES[Verdict.REFUSED])


# --- show ---


@app.command(
    epilog="""\b
Examples:
  nixauth trust show
  nixauth trust show --branch main --format json
"""
)
@guarded
def show(
    branch: Annotated[
        str | None,
        typer.Option("--branch", metavar="NAME", help="What applies to this branch alone."),
    ] = None,
    directory: given.Directory = None,
    format: given.Format = given.OutputFormat.TEXT,  # noqa: A002
) -> None:
    """Show what is recorded: the repository's, and each branch's own."""
    from nixauth.trust import all_recorded, recorded  # noqa: PLC0415

    repository = open_repository(directory)
    config = _config(repository)
    if branch is None:
        found = all_recorded(config)
    else:
        one = recorded(config, _short_name(repository, branch))
        found = [one] if one is not None else []
    if format is given.OutputFormat.JSON:
        document = {"schema": SCHEMA, "records": [_document(one) for one in found]}
        emit(json.dumps(document, indent=2, ensure_ascii=True) + "\n")
        return
    for one in found:
        emit("".join(f"{line}\n" for line in _described(one)))
    if not found:
        emit("nothing is recorded; nixauth trust COMMIT FINGERPRINT records an introduction\n")


def _document(trust: Trust) -> dict[str, Any]:
    return {
        "branch": trust.branch or None,
        "commit": trust.introduction.commit.hex(),
        "signer": trust.introduction.signer,
        "keyring": list(trust.keyring),
        "authorizations_file": trust.authorizations_path,
        "historical_authorizations": _shown(trust.historical),
        "historical_sha1": trust.historical_sha1,
        "require": given.Require.EVERY_COMMIT.value if trust.require_every_commit else None,
    }


def _shown(path: Path | None) -> str | None:
    return str(path) if path is not None else None


def _described(trust: Trust) -> list[str]:
    lines = [f"{printable(trust.scope, 200)}: {_line(trust.introduction)}"]
    lines += [f"  keyring: {printable(source, 400)}" for source in trust.keyring]
    if trust.authorizations_path is not None:
        lines.append(f"  authorizations file: {printable(trust.authorizations_path, 400)}")
    if trust.historical is not None:
        sha1 = " (SHA-1 signatures count there)" if trust.historical_sha1 else ""
        lines.append(f"  historical authorizations: {printable(str(trust.historical), 400)}{sha1}")
    if trust.require_every_commit:
        lines.append("  require: every-commit")
    return lines


# --- forget ---


@app.command(
    epilog="""\b
Examples:
  nixauth trust forget
  nixauth trust forget --branch release
"""
)
@guarded
def forget(branch: BranchName = None, directory: given.Directory = None) -> None:
    """Forget what is recorded for the repository, or for a branch, readable or not."""
    from nixauth.trust import forget as remove  # noqa: PLC0415

    repository = open_repository(directory)
    name = _short_name(repository, branch)
    scope = printable(f"the branch {name}" if name else "the whole repository", 200)
    if not remove(_config(repository), name):
        raise UsageError(
            f"nothing is recorded for {scope}", "nixauth trust show lists what is recorded."
        )
    emit(f"forgotten: what was recorded for {scope}\n")
