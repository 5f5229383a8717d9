"""Whether refs may move as git says they will, for a follower, a committer, and a server.

A ref may move to a commit that is authentic by the record of its branch, and a step forward (step 5
of the rule) from the last one. Whatever cannot be decided stops the operation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from nixauth.authenticate import Progress
from nixauth.errors import NixauthError, UsageError
from nixauth.history.config import LocalConfig, branch_of_ref, remotes_of
from nixauth.history.repository import Repository
from nixauth.hooks.updates import Update, pending
from nixauth.model import Fingerprint, Report, Verdict
from nixauth.recorded import Asker
from nixauth.trust import Trust, read_truth, recorded

LOCAL, REMOTE, REPLACE = "refs/heads/", "refs/remotes/", "refs/replace/"


class Forbidden(Enum):
    """What is refused without a look at the history."""

    DELETED = "it would be deleted"
    SYMBOLIC = "it would be made to stand for another ref"
    SHADOWS = "git would take it where the short name of a followed ref is said"
    REPLACES = "git would show it in the place of another object"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was found of one ref: one of the three is there, none where nothing was to be asked."""

    ref: str
    report: Report | None = None
    error: NixauthError | None = None
    forbidden: Forbidden | None = None

    @property
    def stops(self) -> bool:
        """Whether the ref may not move."""
        judged = self.report is not None and self.report.verdict is not Verdict.AUTHENTIC
        return judged or self.error is not None or self.forbidden is not None

    @property
    def undecided(self) -> bool:
        """Whether that is because nothing could be decided."""
        unjudged = self.report is not None and self.report.verdict is Verdict.UNDECIDED
        return unjudged or self.error is not None


@dataclass(slots=True)
class Means:
    """What the questions are asked with: the directory of the stores, or None, and the rest."""

    cache: Path | None
    progress: Progress
    jobs: int = 1


class Guard:
    """What the three have in common: an asker for each branch."""

    def __init__(self, repository: Repository, means: Means) -> None:
        self.repository = repository
        self.config = LocalConfig(repository)
        self.remotes = remotes_of(repository)
        self._means = means
        self._askers: dict[Trust, Asker] = {}
        self._readable = repository

    def with_pending(self, updates: Sequence[Update]) -> None:
        """Have the keyring read where its refs are going to be."""
        where = pending(updates)
        if any(ref.startswith((LOCAL, REMOTE)) for ref in where):
            self._readable = self.repository.with_pending(where)

    def branch(self, ref: str) -> str | None:
        """Return the branch that a ref is, or follows."""
        return branch_of_ref(ref, list(self.remotes))

    def trust(self, ref: str) -> Trust:
        """Return the record that applies to a ref; raises UsageError where there is none."""
        branch = self.branch(ref)
        found = recorded(self.config, branch)
        if found is None:
            raise UsageError(
                f"no introduction is recorded for {branch or 'the repository'}, and {ref} is to be"
                " checked",
                "Record one as the maintainers publish it: nixauth trust COMMIT FINGERPRINT;"
                " or have nothing checked any more: nixauth hook uninstall",
            )
        return found

    def asker(self, ref: str) -> Asker:
        """Return who is asked about a ref; raises NixauthError."""
        trust = self.trust(ref)
        if trust not in self._askers:
            means = self._means
            self._askers[trust] = Asker(
                self._readable, trust, means.cache, means.progress, means.jobs
            )
        return self._askers[trust]

    def owner(self, key: Fingerprint) -> str:
        """Say whose key it is, by the user id in the keyring; may be empty."""
        for asker in self._askers.values():
            facts = asker.keys.certificates.facts(key)
            if facts is not None and facts.user_id:
                return facts.user_id.decode("utf-8", "backslashreplace")
        return ""

    @property
    def problems(self) -> list[str]:
        """Why something was done with less than was wanted, a line each."""
        return [problem for asker in self._askers.values() for problem in asker.problems]


def ignores_case(repository: Repository) -> bool:
    """Say whether the repository is on a file system where names differ by more than case."""
    values = [
        one.value for one in LocalConfig(repository, b"core").settings() if one.key == "ignorecase"
    ]
    return bool(values) and read_truth(values[-1]) is not False  # more looked at does no harm
