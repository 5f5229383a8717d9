"""The question put by what is recorded for a repository, where nobody gives options: by hooks."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from nixauth.authenticate import Options, Progress, Session
from nixauth.cache import Cache
from nixauth.engines import Native
from nixauth.errors import MissingObjectError, ShallowHistoryError, UndecidedError, UsageError
from nixauth.facts import Facts, place_of
from nixauth.findings import NoStore
from nixauth.history.repository import Repository
from nixauth.key_summaries import KeySummaries
from nixauth.keyring import Keyring, open_keyring
from nixauth.model import NotDescendant, ObjectId, Report, Verdict
from nixauth.signatures.commit_object import outline
from nixauth.trust import Trust


def refuse_absent(repository: Repository, record: Trust) -> None:
    """Say where an introduction that is not there comes from; raises UndecidedError for one."""
    commit = record.introduction.commit
    if repository.has(commit):
        return
    branch = f" --branch '{record.branch}'" if record.branch else ""
    kind: type[UndecidedError] = MissingObjectError
    deeper = "git fetch brings what is new"
    if repository.shallow():
        kind, deeper = ShallowHistoryError, "git fetch --unshallow brings the whole history"
    raise kind(
        f"the introduction recorded for {record.scope}, {commit.hex()}, is not in this repository",
        f"{deeper}; if it is the wrong one: nixauth trust forget{branch}",
    )


@dataclass(frozen=True, slots=True)
class Newest:
    """The report of the newest authentic commit, or None, and that of the target itself.

    `left` counts, by reason, the commits in between.
    """

    found: Report | None
    target: Report
    left: Counter[str]


class Asker:
    """Asks about commits of one repository by one record."""

    def __init__(
        self,
        repository: Repository,
        record: Trust,
        cache: Path | None,
        progress: Progress,
        jobs: int = 1,
    ) -> None:
        """`cache` is the directory of the stores, None for none.

        Raises UndecidedError where the introduction is not there, UsageError for a file that the
        record names and that cannot be read.
        """
        refuse_absent(repository, record)
        self._repository, self._record, self._jobs = repository, record, jobs
        summaries = KeySummaries(cache) if cache is not None else None
        self._cache = Cache(cache) if cache is not None else None
        self._progress = progress
        self.keys: Keyring = open_keyring(repository, record.keyring, summaries)
        self._options = Options(
            authorizations_path=record.authorizations_path,
            historical=_historical(record.historical),
            historical_sha1=record.historical_sha1,
            require_every_commit=record.require_every_commit,
            now=int(time.time()),
        )
        self._witness = Facts(cache, place_of(record.introduction, self._options)).note
        self._problems: list[str] = []

    def ask(self, target: ObjectId, after: Sequence[ObjectId] = ()) -> Report:
        """Answer whether a commit is authentic, and a step forward from each of these."""
        report = self._once(target, after[0] if after else None)
        for one in after[1:]:
            if report.verdict is Verdict.AUTHENTIC:
                report = self._once(target, one)
        return report

    def newest(self, target: ObjectId, after: Sequence[ObjectId]) -> Newest:
        """Look along a target's first parents for the newest commit that is authentic.

        It has to be one of `after`, or a step forward from each. Raises UndecidedError.
        """
        session = self._session(None)
        report = self._report(session, target)
        left: Counter[str] = Counter()
        commit: ObjectId | None = target
        while commit is not None:
            node = session.walk.in_region(commit) if session.walk is not None else None
            if node is None or node.line:
                found = self.ask(commit, after)
                if found.error is not None:
                    raise found.error
                if found.verdict is Verdict.AUTHENTIC:
                    return Newest(found, report, left)
            reason = node.reason if node is not None else None
            left[reason.code if reason is not None else NotDescendant.code] += 1
            parents = outline(self._repository.commit(commit)).parents
            if node is None or commit in after or not parents:
                break  # what lies further back is older than what is known, or than `after`
            commit = parents[0]
        return Newest(None, report, left)

    def leads(self, after: ObjectId, target: ObjectId) -> bool:
        """Say whether a commit is authentic and a step forward; raises UndecidedError."""
        report = self.ask(target, [after])
        if report.error is not None:
            raise report.error
        return report.verdict is Verdict.AUTHENTIC

    def _once(self, target: ObjectId, after: ObjectId | None) -> Report:
        return self._report(self._session(after), target)

    def _session(self, after: ObjectId | None) -> Session:
        return Session(
            self._repository,
            self.keys,
            self._record.introduction,
            dataclasses.replace(self._options, after=after),
            self._cache if self._cache is not None else NoStore(),
            self._progress,
            Native(),
            self._jobs,
            witness=self._witness,
        )

    def _report(self, session: Session, target: ObjectId) -> Report:
        with closing(session.engine):
            report = session.report(target)
        self.keys.remember()
        self._problems += session.problems
        return report

    @property
    def problems(self) -> Sequence[str]:
        """Why something was done with less than was wanted, a line each; it changes no answer."""
        return [*self._problems, *(self._cache.problems if self._cache is not None else [])]


def _historical(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}, which is recorded, cannot be read: {error.strerror}") from error
