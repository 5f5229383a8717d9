"""Whether refs may move as git says they will, for a follower, a committer, and a server.

A ref may move to a commit that is authentic by the record of its branch, and a step forward (step 5
of the rule) from the last one. Whatever cannot be decided stops the operation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from nixauth.authenticate import Progress
from nixauth.errors import MissingObjectError, NixauthError, UsageError
from nixauth.history.config import LocalConfig, branch_of_ref, remotes_of
from nixauth.history.repository import Repository
from nixauth.hooks.record import Accepted, Record
from nixauth.hooks.settings import HookSettings
from nixauth.hooks.updates import Names, Push, Symbolic, Update, pending
from nixauth.keyring import DEFAULT_REFS
from nixauth.model import Fingerprint, ObjectId, Report, Verdict
from nixauth.recorded import Asker
from nixauth.trust import Trust, all_recorded, read_truth, recorded

_LOCAL, _REMOTE = "refs/heads/", "refs/remotes/"


class Forbidden(Enum):
    """What is refused without a look at the history."""

    DELETED = "it would be deleted"
    SYMBOLIC = "it would be made to stand for another ref"


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
        if any(ref.startswith((_LOCAL, _REMOTE)) for ref in where):
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


class Follower(Guard):
    """Followed refs of a clone, remote-tracking and local ones (`reference-transaction`)."""

    def __init__(self, repository: Repository, settings: HookSettings, means: Means) -> None:
        super().__init__(repository, means)
        self.record = Record(repository)
        self._fold = ignores_case(repository)
        self._followed = {self._folded(ref): ref for ref in settings.follow}

    def _folded(self, ref: str) -> str:
        return ref.casefold() if self._fold else ref

    def rule(self, updates: Sequence[Update]) -> list[Ruling]:
        """Rule on what a transaction would move; what is accepted is recorded if nothing stops it.

        Raises DamagedRecordError, UnwritableRecordError.
        """
        self.with_pending(updates)
        accepted: dict[str, Accepted] = {}
        found = []
        for update in updates:
            ref = self._followed.get(self._folded(update.ref))
            if ref is not None:
                found.append(self._ruling(ref, update, accepted))
        if not any(ruling.stops for ruling in found):
            self.record.accept(accepted)
        return found

    def _ruling(self, ref: str, update: Update, accepted: dict[str, Accepted]) -> Ruling:
        match update.new:
            case None:
                return Ruling(ref)  # the record stays, and answers for whatever comes in its place
            case Symbolic():
                return Ruling(ref, forbidden=Forbidden.SYMBOLIC)
            case new:
                return self._moved(ref, new, accepted)

    def _moved(self, ref: str, new: ObjectId, accepted: dict[str, Accepted]) -> Ruling:
        try:
            if self.repository.reference(ref) == new:
                return Ruling(ref)  # packed, or written once more: it does not move
            known = {**self.record.read(), **accepted}
            floor = self.floor(ref, known)
            report = self.asker(ref).ask(new, [floor] if floor is not None else [])
        except NixauthError as error:
            return Ruling(ref, error=error)
        if report.verdict is Verdict.AUTHENTIC:
            accepted[ref] = Accepted(new, floor if floor is not None else new)
        return Ruling(ref, report)

    def floor(self, ref: str, known: Mapping[str, Accepted]) -> ObjectId | None:
        """Return what a ref may not go behind: the commit last accepted, as far as others have it.

        A local branch may lose commits that were never on the branch that it follows: a rebase
        and an amended commit are no steps back. Raises NixauthError.
        """
        own = known.get(ref)
        if own is None:
            return None
        above = [known[one].commit for one in self._upstream(ref) if one in known]
        if not above or own.commit in above:
            return own.commit
        asker = self.asker(ref)
        if any(asker.leads(own.commit, one) for one in above):
            return own.commit
        return next((one for one in above if asker.leads(one, own.commit)), own.floor)

    def _upstream(self, ref: str) -> list[str]:
        if not ref.startswith(_LOCAL):
            return []
        branch = self.branch(ref)
        return [
            one
            for one in self._followed.values()
            if one.startswith(_REMOTE) and self.branch(one) == branch
        ]

    def accept(self, ref: str, commit: ObjectId, *, downgrade: bool) -> Report:
        """Ask about a commit, and record it as the last one accepted for a ref.

        With `downgrade` it need not be a step forward. Raises NixauthError.
        """
        known = self.record.read()
        floor = None if downgrade else self.floor(ref, known)
        report = self.asker(ref).ask(commit, [floor] if floor is not None else [])
        if report.verdict is Verdict.AUTHENTIC:
            self.record.accept({ref: Accepted(commit, floor if floor is not None else commit)})
        return report


class Committer(Guard):
    """Followed branches where they are pushed to (`pre-push`)."""

    def __init__(self, repository: Repository, settings: HookSettings, means: Means) -> None:
        super().__init__(repository, means)
        self._followed = frozenset(settings.follow)

    def rule(self, pushes: Iterable[Push], remote: str, url: str) -> list[Ruling]:
        """Rule on what would be pushed; `remote` is the name of the place, or its URL.

        Raises DamagedRecordError.
        """
        known = Record(self.repository).read()
        names = self._names(remote, url)
        found = []
        for push in pushes:
            branch = self._branch(push.ref)
            if branch is not None and self._follows(names, branch):
                after = [known[ref].commit for ref in self._tracking(names, branch) if ref in known]
                found.append(self._ruling(push, after))
        return found

    def _branch(self, ref: str) -> str | None:
        return ref.removeprefix(_LOCAL) if ref.startswith(_LOCAL) else None

    def _names(self, remote: str, url: str) -> list[str]:
        """Return what a remote is called here: more than one name may lead to the same place."""
        same = [name for name, urls in self.remotes.items() if {remote, url} & urls]
        return sorted({*same, *([remote] if remote in self.remotes else [])})

    def _tracking(self, names: Sequence[str], branch: str) -> list[str]:
        wanted = [f"{_REMOTE}{name}/{branch}" for name in names]
        return [ref for ref in wanted if ref in self._followed]

    def _follows(self, names: Sequence[str], branch: str) -> bool:
        if self._tracking(names, branch):
            return True
        followed = [ref for ref in self._followed if self.branch(ref) == branch]
        # A place without a name may be the one that is followed, under another address; and a
        # branch that is followed here alone is followed wherever it goes.
        return bool(followed) and (not names or not any(r.startswith(_REMOTE) for r in followed))

    def _ruling(self, push: Push, after: Sequence[ObjectId]) -> Ruling:
        if push.new is None:
            return Ruling(push.ref, forbidden=Forbidden.DELETED)
        try:
            old = [push.old] if push.old is not None else []
            if old and not self.repository.has(old[0]):
                raise MissingObjectError(
                    f"{push.ref} is at {old[0].hex()} there, and that commit is not here",
                    "Fetch first (git fetch), and bring your commits on top of what came.",
                )
            return Ruling(push.ref, self.asker(push.ref).ask(push.new, [*old, *after]))
        except NixauthError as error:
            return Ruling(push.ref, error=error)


class Server(Guard):
    """Protected refs of a repository that others push to (`pre-receive`)."""

    def __init__(self, repository: Repository, settings: HookSettings, means: Means) -> None:
        super().__init__(repository, means)
        self._protected = Names(settings.protect, ignore_case=ignores_case(repository))

    def rule(self, updates: Sequence[Update]) -> list[Ruling]:
        """Rule on what was pushed; raises UsageError for records that cannot be read."""
        self.with_pending(updates)
        keyrings = self._keyrings()
        return [
            self._ruling(update)
            for update in updates
            if update.ref in self._protected and update.ref not in keyrings
        ]

    def _keyrings(self) -> frozenset[str]:
        """Return the refs that hold keys: nothing in them is trusted, so nothing is protected."""
        records = all_recorded(self.config)
        found = [ref for trust in records for ref in trust.keyring or DEFAULT_REFS]
        return frozenset(found or DEFAULT_REFS)

    def _ruling(self, update: Update) -> Ruling:
        ref = update.ref
        match update.new:
            case None:
                return Ruling(ref, forbidden=Forbidden.DELETED)
            case Symbolic():
                return Ruling(ref, forbidden=Forbidden.SYMBOLIC)
            case new:
                try:
                    now = self.repository.reference(ref)
                    return Ruling(ref, self.asker(ref).ask(new, [now] if now is not None else []))
                except NixauthError as error:
                    return Ruling(ref, error=error)


def ignores_case(repository: Repository) -> bool:
    """Say whether the repository is on a file system where names differ by more than case."""
    values = [
        one.value for one in LocalConfig(repository, b"core").settings() if one.key == "ignorecase"
    ]
    return bool(values) and read_truth(values[-1]) is not False  # more looked at does no harm
