"""Put the options of a command together into a question, ask it, and report."""

from __future__ import annotations

import gc
import os
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from nixauth.authenticate import Options, Session
from nixauth.cache import Cache, cache_directory
from nixauth.cli import common
from nixauth.cli.options import OutputFormat
from nixauth.cli.progress import Meter
from nixauth.display import printable
from nixauth.engines import open_engine
from nixauth.errors import UndecidedError, UsageError
from nixauth.findings import NoStore
from nixauth.history.repository import Repository
from nixauth.key_summaries import KeySummaries
from nixauth.keyring import Keyring, open_keyring
from nixauth.model import Fingerprint, Introduction, ObjectId, Report

if TYPE_CHECKING:
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
    repository: Repository = field(init=False)
    keys: Keyring = field(init=False)

    def prepare(self) -> tuple[Introduction, Options]:
        """Open what is named and read the options; raises NixauthError."""
        self.repository = common.open_repository(self.directory)
        introduction = common.read_introduction(self.repository, self.introduction, self.signer)
        directory = None if self.no_cache else cache_directory()
        summaries = KeySummaries(directory) if directory is not None else None
        self.keys = open_keyring(self.repository, self.keyring or [], summaries)
        after = self.repository.resolve(self.after) if self.after is not None else None
        historical = self._read_historical()
        if self.historical_sha1 and historical is None:
            raise UsageError("--historical-sha1 needs --historical-authorizations FILE")
        return introduction, Options(
            authorizations_path=self.authorizations_file,
            historical=historical,
            historical_sha1=self.historical_sha1,
            require_every_commit=self.every_commit,
            after=after,
            stats=self.stats,
            now=int(time.time()),
        )

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
                jobs=self.jobs or _processors(),
            ),
            cache,
        )

    def ask(self, revision: str) -> Report:
        """Ask whether a revision is authentic, with progress on standard error."""
        # What is read stays until the end, and holds no cycles: looking for them is in vain, and
        # takes a tenth of the time.
        gc.disable()
        session, cache = self.session()
        target = self.repository.resolve(revision)
        with closing(session.engine), Meter(quiet=self.quiet) as meter:
            session.progress = meter.update
            report = session.report(target)
        self.keys.remember()
        for problem in [*session.problems, *(cache.problems if cache is not None else [])]:
            common.note(f"warning: {printable(problem, 400)}")
        return report

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


def _processors() -> int:
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

        common.emit(json.render(report))
    elif question.format is not OutputFormat.TEXT:
        from nixauth.cli import machine  # noqa: PLC0415

        machine.emit_report(question.format, report)
    else:
        from nixauth.reports import text  # noqa: PLC0415

        common.emit(text.render(report, background_of(question)))
    raise typer.Exit(common.CODES[report.verdict])
