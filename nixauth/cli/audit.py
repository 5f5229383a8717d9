"""`nixauth audit`."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nixauth.cli import options as given
from nixauth.cli.common import REFUSED, UNDECIDED, emit, guarded, note
from nixauth.errors import UndecidedError, UsageError

if TYPE_CHECKING:
    from nixauth.audit.making import Answer, Draft, KeyQuestion
    from nixauth.cli.question import Question

EXAMPLES = """\b
Examples:
  nixauth audit origin/main
  nixauth audit v1.0..origin/main --introduction … --signer …
  nixauth audit --key 'BBB0 2DDF …' --since 2024-05-01
  nixauth audit --authorizations draft.yaml --require every-commit
  nixauth audit --format csv > commits.csv
  nixauth audit --html audit.html
"""
_DATE = re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:?\d\d)?)?")


@guarded
def audit(
    target: Annotated[
        str,
        typer.Argument(
            metavar="[TARGET|RANGE]",
            help="The commit whose history is looked at; A..B leaves out what A reaches.",
        ),
    ] = "HEAD",
    directory: given.Directory = None,
    introduction: given.IntroductionCommit = None,
    signer: given.Signer = None,
    keyring: given.KeyringSources = None,
    authorizations_file: given.AuthorizationsFile = None,
    historical_authorizations: given.HistoricalAuthorizations = None,
    historical_sha1: given.HistoricalSha1 = False,
    require: given.RequireMode = None,
    key: Annotated[
        str | None,
        typer.Option(
            metavar="FINGERPRINT",
            help="List every commit that this key signed, and every path that those changed.",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="COMMIT|DATE",
            help="With --key: not what this commit reaches, or what says that it is older than"
            " this day (2024-05-01, in UTC).",
        ),
    ] = None,
    authorizations: Annotated[
        Path | None,
        typer.Option(
            metavar="DRAFT",
            help="Judge the history under this authorizations file as well: what would be"
            " refused, and who would have to start signing?",
        ),
    ] = None,
    format_: given.AuditFormatOption = given.AuditFormat.TEXT,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write a page with charts and tables as well, or with - instead: one file that"
            " loads nothing.",
        ),
    ] = None,
    fail_on: Annotated[
        given.FailOn | None,
        typer.Option("--fail-on", help="Exit with 1 where any commit was refused."),
    ] = None,
    engine: given.EngineChoice = given.EngineName.NATIVE,
    jobs: given.Jobs = None,
    no_cache: given.NoCache = False,
    quiet: given.Quiet = False,
    verbose: given.Verbose = False,
) -> None:
    """Look at a whole history: who vouched for what, with which keys, and what nobody did.

    Never stops at the first refusal, and changes nothing. The exit code is 0 when the audit could
    be made, whatever it found; 1 where the introduction itself is refused, so that nothing is
    trusted; 3 where some commits could not be decided.
    """
    from nixauth.cli.question import Question  # noqa: PLC0415 - help needs none of it

    left_out, target = _range(target)
    if since is not None and key is None:
        raise UsageError("--since goes with --key FINGERPRINT", "For a range, name it: A..B")
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
        target=target,
    )
    try:
        answer = _ask(question, left_out, key, since, authorizations)
    except UndecidedError as error:
        if format_ is given.AuditFormat.JSON:
            from nixauth.reports import audit_json  # noqa: PLC0415

            emit(audit_json.render_failure(error))
        raise
    if html is not None:
        _write_page(question, answer, html)
    if str(html) != "-":
        _show(question, answer, format_)
    _warn(answer)
    raise typer.Exit(_code(answer, fail_on))


def _range(text: str) -> tuple[str | None, str]:
    """Divide A..B, of which either may be left out for HEAD."""
    before, dots, after = text.partition("..")
    if not dots:
        return None, text
    if after.startswith("."):
        raise UsageError(
            f"{text!r}: an audit looks at what one commit reaches",
            "A..B leaves out what A reaches.",
        )
    return before or "HEAD", after or "HEAD"


def _ask(
    question: Question,
    left_out: str | None,
    key: str | None,
    since: str | None,
    draft: Path | None,
) -> Answer:
    import gc  # noqa: PLC0415
    from contextlib import closing  # noqa: PLC0415

    from nixauth.audit.making import AuditQuestion  # noqa: PLC0415
    from nixauth.audit.making import audit as make  # noqa: PLC0415
    from nixauth.cache import cache_directory  # noqa: PLC0415
    from nixauth.cli.progress import Meter  # noqa: PLC0415
    from nixauth.display import printable  # noqa: PLC0415
    from nixauth.keys.sources import ssh_files  # noqa: PLC0415

    read_draft = _draft(draft)
    session, cache = question.session()
    repository = question.repository
    asked = AuditQuestion(
        repository.resolve(question.target),
        repository.resolve(left_out) if left_out is not None else None,
        _key(question, key, since),
        read_draft,
        ssh_files(repository, question.keyring or []),
        None if question.no_cache else cache_directory(),
    )
    try:
        with closing(session.engine), Meter(quiet=question.quiet) as meter:
            session.progress = meter.update
            answer = make(session, asked)
    finally:
        gc.freeze()
        gc.enable()
    question.keys.remember()
    for problem in [*session.problems, *(cache.problems if cache is not None else [])]:
        note(f"warning: {printable(problem, 400)}")
    return answer


def _draft(path: Path | None) -> Draft | None:
    from nixauth.audit.what_if import Draft  # noqa: PLC0415

    if path is None:
        return None
    try:
        return Draft(str(path), path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error


def _key(question: Question, key: str | None, since: str | None) -> KeyQuestion | None:
    from nixauth.audit.key_use import KeyQuestion  # noqa: PLC0415
    from nixauth.trust import read_fingerprint  # noqa: PLC0415

    if key is None:
        return None
    fingerprint = read_fingerprint(key)
    if since is None:
        return KeyQuestion(fingerprint)
    if _DATE.fullmatch(since):
        _refuse_ref(question, since)
        return KeyQuestion(fingerprint, since_date=_seconds(since))
    return KeyQuestion(fingerprint, since=question.repository.resolve(since))


def _refuse_ref(question: Question, date: str) -> None:
    """Raise UsageError where a date is the name of a tag or branch as well."""
    for place in ("refs/tags/", "refs/heads/", "refs/remotes/"):
        if question.repository.reference(place + date) is not None:
            raise UsageError(
                f"--since: {date} is a date, and the name of {place}{date}",
                f"Give the ref in full ({place}{date}), or the date with a time ({date}T00:00:00).",
            )


def _seconds(text: str) -> int:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no date: {error}", "Give it as 2024-05-01.") from error
    return int((found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp())


def _show(question: Question, answer: Answer, format_: given.AuditFormat) -> None:
    match format_:
        case given.AuditFormat.JSON:
            from nixauth.reports import audit_json  # noqa: PLC0415

            emit(audit_json.render(answer, question.used))
        case given.AuditFormat.CSV:
            from nixauth.reports import audit_csv  # noqa: PLC0415

            if answer.audit is None:
                _complain(answer)
            emit(audit_csv.render(answer.rows, question.content))
        case given.AuditFormat.TEXT:
            _show_text(question, answer)


def _write_page(question: Question, answer: Answer, file: Path) -> None:
    from nixauth.cli.files import write_out  # noqa: PLC0415
    from nixauth.reports import audit_html  # noqa: PLC0415

    write_out(audit_html.render(answer, question.content), file, binary=False)


def _warn(answer: Answer) -> None:
    """Say beside any form what its figures lack: CSV has no place for it."""
    from nixauth.reports.audit_words import undecided  # noqa: PLC0415

    if answer.audit is not None and (missing := undecided(answer.audit)):
        note(f"undecided: {missing}")


def _complain(answer: Answer) -> None:
    reason = answer.report.refusals[0].reason.code if answer.report.refusals else "unknown"
    note(f"refused: the introduction is not authentic ({reason}), and so nothing is")


def _show_text(question: Question, answer: Answer) -> None:
    from nixauth.cli.question import background_of  # noqa: PLC0415
    from nixauth.reports import audit_text, text  # noqa: PLC0415

    background = background_of(question)
    if answer.audit is None:
        emit(text.render(answer.report, background))
    else:
        emit(audit_text.render(answer.audit, audit_text.Room(background, _width())))


def _width() -> int | None:
    """Return how wide the terminal is; None where there is none, and nothing is to be cut."""
    if not sys.stdout.isatty():
        return None
    import shutil  # noqa: PLC0415

    return shutil.get_terminal_size().columns


def _code(answer: Answer, fail_on: given.FailOn | None) -> int:
    found = answer.audit
    if found is None:
        return REFUSED
    if fail_on is given.FailOn.REFUSED and found.coverage.refused:
        return REFUSED
    return 0 if found.decided else UNDECIDED
