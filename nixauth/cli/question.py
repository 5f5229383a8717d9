"""Put the options of a command together into a question, ask it, and report."""

from __future__ import annotations

import gc
import os
import time
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from nixauth.authenticate import Options, Session
from nixauth.cache import Cache, cache_directory
from nixauth.cli import common
from nixauth.cli.options import OutputFormat
from nixauth.cli.progress import Meter
from nixauth.display import printable, spaced
from nixauth.engines import open_engine
from nixauth.errors import UndecidedError, UsageError
from nixauth.facts import Facts, place_of
from nixauth.findings import NoStore
from nixauth.history.config import LocalConfig, branch_of
from nixauth.history.repository import Repository
from nixauth.key_summaries import KeySummaries
from nixauth.keyring import Keyring, open_keyring
from nixauth.model import Fingerprint, Introduction, ObjectId, Report, Verdict
from nixauth.trust import Trust, record, recorded, recorded_for

if TYPE_CHECKING:
    from nixauth.reports.json import Used
    from nixauth.reports.text import Background


@dataclass(slots=True)
class Question:
    """The options that `verify` and `explain` share, as they were given."""

    directory: Path | None = None
    introduction: str | None = None
    signer: str | None = None
    keyring: list[str] | None = None
    authorizations_file: str | None = None
    historical: Path | None = None
    historical_sha1: bool = False
    every_commit: bool = False
    after: str | None = None
    stats: bool = False
    engine: str = "native"
    jobs: int | None = None
    no_cache: bool = False
    quiet: bool = False
    verbose: bool = False
    format: OutputFormat = OutputFormat.TEXT
    target: str = "HEAD"
    remember: bool = False
    branch: str = field(default="", init=False)
    """The branch that the target names, where a record may depend on it; else empty."""
    record: Trust | None = field(default=None, init=False)
    """The record that was used."""
    repository: Repository = field(init=False)
    config: LocalConfig = field(init=False)
    keys: Keyring = field(init=False)

    def prepare(self) -> tuple[Introduction, Options]:
        """Open what is named and read the options and the record; raises NixauthError."""
        self.repository = common.open_repository(self.directory)
        self.config = LocalConfig(self.repository)
        if self.remember or self.config.settings():
            self.branch = branch_of(self.repository, self.target) or ""
            self.record = recorded(self.config, self.branch)
        introduction = common.read_introduction(
            self.repository, self.introduction, self.signer, self.record
        )
        if self.remember:
            self._refuse_to_replace(introduction)
        if self.record is not None:
            self._fill_in(self.record)
        return introduction, self.options()

    def _fill_in(self, record: Trust) -> None:
        """Take from the record what was not given; what it demands is not taken back."""
        self.keyring = self.keyring or list(record.keyring)
        if self.authorizations_file is None:
            self.authorizations_file = record.authorizations_path
        if self.historical is None:
            self.historical = record.historical
        self.historical_sha1 = self.historical_sha1 or record.historical_sha1
        self.every_commit = self.every_commit or record.require_every_commit

    def _refuse_to_replace(self, introduction: Introduction) -> None:
        """A different introduction is replaced by those who say so, and not on the way."""
        own = recorded_for(self.config, self.branch)
        if own is not None and own.introduction != introduction:
            raise UsageError(
                f"another introduction is recorded for {own.scope}:"
                f" {own.introduction.commit.hex()}, signed by {spaced(own.introduction.signer)}",
                "Leave out --remember, or replace it: nixauth trust COMMIT FINGERPRINT --replace",
            )

    def options(self) -> Options:
        """Open the keyring and read the other options; raises NixauthError."""
        directory = None if self.no_cache else cache_directory()
        summaries = KeySummaries(directory) if directory is not None else None
        self.keys = open_keyring(self.repository, self.keyring or [], summaries)
        after = self.repository.resolve(self.after) if self.after is not None else None
        historical = self._read_historical()
        if self.historical_sha1 and historical is None:
            raise UsageError("--historical-sha1 needs --historical-authorizations FILE")
        return Options(
            authorizations_path=self.authorizations_file,
            historical=historical,
            historical_sha1=self.historical_sha1,
            require_every_commit=self.every_commit,
            after=after,
            stats=self.stats,
            now=int(time.time()),
        )

    def trust(self, introduction: Introduction, branch: str) -> Trust:
        """Return what was asked as it is recorded: paths are absolute."""
        return Trust(
            introduction,
            branch,
            keyring=tuple(
                one if one.startswith("refs/") else str(Path(one).absolute())
                for one in self.keyring or ()
            ),
            authorizations_path=self.authorizations_file,
            historical=self.historical.absolute() if self.historical is not None else None,
            historical_sha1=self.historical_sha1,
            require_every_commit=self.every_commit,
        )

    @property
    def provenance(self) -> str:
        """Say in a line which record was used."""
        if self.record is None:
            return "introduction: as given; nothing is recorded"
        scope = printable(self.record.scope, 100)
        if self.introduction is None:
            return f"introduction: as recorded for {scope}"
        return f"introduction: as given; what else was not given is as recorded for {scope}"

    @property
    def used(self) -> Used | None:
        """Which record was used, for machines."""
        if self.record is None:
            return None
        from nixauth.reports.json import Used  # noqa: PLC0415

        return Used(self.record.branch, introduction=self.introduction is None)

    def _read_historical(self) -> bytes | None:
        if self.historical is None:
            return None
        try:
            return self.historical.read_bytes()
        except OSError as error:
            raise UsageError(f"{self.historical} cannot be read: {error.strerror}") from error

    def session(self) -> tuple[Session, Cache | None]:
        """Make the session that answers the question, and the cache that it uses."""
        introduction, options = self.prepare()
        directory = None if self.no_cache else cache_directory()
        cache = Cache(directory) if directory is not None else None
        return (
            Session(
                self.repository,
                self.keys,
                introduction,
                options,
                cache if cache is not None else NoStore(),
                engine=open_engine(self.engine, self.keys),
                jobs=self.jobs or processors(),
                witness=Facts(directory, place_of(introduction, options)).note,
            ),
            cache,
        )

    def ask(self) -> Report:
        """Ask whether the target is authentic, with progress on standard error."""
        session, cache = self.session()
        target = self.repository.resolve(self.target)
        try:
            with closing(session.engine), Meter(quiet=self.quiet) as meter:
                session.progress = meter.update
                report = session.report(target)
        finally:
            # What comes now makes garbage, and is no part of what was read.
            gc.freeze()
            gc.enable()
        self.keys.remember()
        for problem in [*session.problems, *(cache.problems if cache is not None else [])]:
            common.note(f"warning: {printable(problem, 400)}")
        if self.remember and report.verdict is Verdict.AUTHENTIC:
            self._record(report.introduction)
        return report

    def _record(self, introduction: Introduction) -> None:
        """Record what was asked, before anything is reported: one answer, one exit code."""
        try:
            trust = self.trust(introduction, self.branch)
            record(self.config, trust)
            if not self.quiet:
                common.note(f"recorded for {printable(trust.scope, 100)}: nixauth trust show")
        except UndecidedError as error:
            message = f"{self.target} is authentic, and could not be recorded: {error.message}"
            raise type(error)(message, error.hint) from error

    def content(self, commit: ObjectId) -> bytes | None:
        """Return a commit's content for showing it, None where that is not possible."""
        try:
            return self.repository.commit(commit)
        except UndecidedError:
            return None

    def owner(self, fingerprint: Fingerprint) -> str:
        """Say whose key it is, by the user id in the keyring; printable, may be empty."""
        try:
            facts = self.keys.certificates.facts(fingerprint)
        except UndecidedError:
            return ""
        return printable(facts.user_id, 100) if facts is not None and facts.user_id else ""


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def background_of(question: Question) -> Background:
    """Say where the text finds what a report does not hold."""
    from nixauth.reports.text import Background  # noqa: PLC0415

    return Background(
        commit=question.content,
        owner=question.owner,
        colour=common.wants_colour(),
        verbose=question.verbose,
        quiet=question.quiet,
    )


def show(question: Question, report: Report) -> None:
    """Write a report in the form that was asked for, and exit with its code."""
    if question.format is OutputFormat.JSON:
        from nixauth.reports import json  # noqa: PLC0415 - only what a command needs is loaded

        common.emit(json.render(report, question.used))
    elif question.format is not OutputFormat.TEXT:
        from nixauth.cli import machine  # noqa: PLC0415

        machine.emit_report(question.format, report)
    else:
        from nixauth.reports import text  # noqa: PLC0415

        more = question.verbose and not question.quiet
        provenance = [f"  {question.provenance}\n"] if more else []
        common.emit(chain(text.render(report, background_of(question)), provenance))
    raise typer.Exit(common.CODES[report.verdict])
