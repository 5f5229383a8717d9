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
from nixauth.history.config import LocalConfig, branch_of_ref, end_of, remotes_of
from nixauth.history.repository import Repository
from nixauth.hooks.record import Accepted, Record
from nixauth.hooks.settings import HookSettings
from nixauth.hooks.updates import Names, Push, Symbolic, Update, folded, pending
from nixauth.keyring import DEFAULT_REFS
from nixauth.model import Fingerprint, ObjectId, Report, Verdict
from nixauth.recorded import Asker
from nixauth.trust import Trust, all_recorded, read_truth, recorded

_LOCAL, _REMOTE, _REPLACE = "refs/heads/", "refs/remotes/", "refs/replace/"


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
        self._shadows = {self._folded(name) for ref in settings.follow for name in shadows(ref)}

    def _folded(self, ref: str) -> str:
        return folded(ref) if self._fold else ref

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
            elif update.new is not None:
                found += self._beside(update)
        if not any(ruling.stops for ruling in found):
            self.record.accept(accepted)
        return found

    def _beside(self, update: Update) -> list[Ruling]:
        """Refuse what would be seen in the place of something that is followed."""
        ref = self._folded(update.ref)
        if ref not in self._shadows and not ref.startswith(_REPLACE):
            return []
        try:
            if self.repository.reference(update.ref) == update.new:
                return []  # it is there already, and packed
        except NixauthError as error:
            return [Ruling(update.ref, error=error)]
        replaces = ref.startswith(_REPLACE)
        return [Ruling(update.ref, forbidden=Forbidden.REPLACES if replaces else Forbidden.SHADOWS)]

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
            report, found = self.ask(ref, new, {**self.record.read(), **accepted})
        except NixauthError as error:
            return Ruling(ref, error=error)
        if found is not None:
            accepted[ref] = found
        return Ruling(ref, report)

    def ask(
        self, ref: str, new: ObjectId, known: Mapping[str, Accepted]
    ) -> tuple[Report, Accepted | None]:
        """Ask whether a ref may go to a commit, and what is to be recorded if it may.

        It may where that is a step forward from the commit last accepted for it. A local branch may
        also lose commits of its own, which the branch that it follows never had: a rebase and an
        amended commit are no steps back. It may then go to what is a step forward from where
        its upstream is, or to what upstream already has; but not behind what it had of that.
        Raises NixauthError.
        """
        asker = self.asker(ref)
        own = self._own(ref, known)
        above = [known[one].commit for one in self.upstream(ref) if one in known]
        report = asker.ask(new, [own.commit] if own is not None else [])
        if own is not None and above and report.verdict is Verdict.REFUSED:
            ahead = [one for one in above if asker.leads(one, new)]
            if ahead or any(asker.leads(new, one) for one in above):
                report = asker.ask(new, [self._floor(asker, own, above)])
        if report.verdict is not Verdict.AUTHENTIC:
            return report, None
        floor = self._floor(asker, Accepted(new, own.floor if own is not None else new), above)
        return report, Accepted(new, floor)

    def _own(self, ref: str, known: Mapping[str, Accepted]) -> Accepted | None:
        """Return what was accepted for a ref; own commits that are gone from here are forgotten."""
        own, now = known.get(ref), self.repository.reference(ref)
        if own is None or self.repository.has(own.commit):
            return self._with_current(ref, own, now)
        if self.repository.has(own.floor):
            return Accepted(own.floor, own.floor)
        raise MissingObjectError(
            f"the commit last accepted for {ref}, {own.commit.hex()}, is not here any more",
            "Fetch it; or if you know where the ref should be:"
            f" nixauth hook accept --allow-downgrade {ref} COMMIT",
        )

    def _with_current(
        self, ref: str, own: Accepted | None, now: ObjectId | None
    ) -> Accepted | None:
        """Take where a ref is for accepted, where it went on without a hook to ask."""
        if now is None or (own is not None and now in {own.commit, own.instead_of}):
            return own
        report = self.asker(ref).ask(now, [own.commit] if own is not None else [])
        if report.verdict is not Verdict.AUTHENTIC:
            return own
        return Accepted(now, own.floor if own is not None else now)

    def _floor(self, asker: Asker, own: Accepted, above: Sequence[ObjectId]) -> ObjectId:
        """Return the newest commit that upstream had of what was accepted for a ref."""
        if not above or own.commit in above or any(asker.leads(own.commit, one) for one in above):
            return own.commit
        behind = [one for one in above if asker.leads(one, own.commit)]
        newest = behind[0] if behind else own.floor
        for one in behind[1:]:
            newest = one if asker.leads(newest, one) else newest
        return newest

    def upstream(self, ref: str) -> list[str]:
        """Return the followed refs that a local branch of the same name is behind."""
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
        report, found = (
            self._downgrade(ref, commit) if downgrade else self.ask(ref, commit, self.record.read())
        )
        if found is not None:
            self.record.accept({ref: found})
        return report

    def _downgrade(self, ref: str, commit: ObjectId) -> tuple[Report, Accepted | None]:
        report = self.asker(ref).ask(commit)
        if report.verdict is not Verdict.AUTHENTIC:
            return report, None
        return report, Accepted(commit, commit, self.repository.reference(ref))


def shadows(ref: str) -> list[str]:
    """Return the refs that git takes instead where a followed one's short name is said.

    See gitrevisions(7). The last one is taken where the followed one is not there.
    """
    if ref.startswith(_LOCAL):
        short = ref.removeprefix(_LOCAL)
        return [f"refs/{short}", f"refs/tags/{short}"]
    short = ref.removeprefix(_REMOTE)
    return [f"refs/{short}", f"refs/tags/{short}", f"{_LOCAL}{short}", f"{ref}/HEAD"]


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
        fold = ignores_case(repository)
        exact = [one for one in settings.protect if "*" not in one]
        self._exactly = Names(exact, ignore_case=fold)
        self._protected = Names(settings.protect, ignore_case=fold)

    def rule(self, updates: Sequence[Update]) -> list[Ruling]:
        """Rule on what was pushed; raises NixauthError for records and refs that cannot be read."""
        self.with_pending(updates)
        keyrings = self._keyrings()
        found = []
        for update in updates:
            ref = end_of(self.repository, update.ref)  # git moves what a symbolic ref stands for
            if ref in self._exactly or (ref in self._protected and ref not in keyrings):
                found.append(self._ruling(ref, update))
            else:
                found += self._beside(update)
        return found

    def _beside(self, update: Update) -> list[Ruling]:
        if update.new is not None and update.ref.startswith(_REPLACE):
            return [Ruling(update.ref, forbidden=Forbidden.REPLACES)]
        return []

    def _keyrings(self) -> frozenset[str]:
        """Return the refs that hold keys: nothing in them is trusted, so no pattern means them."""
        records = all_recorded(self.config)
        found = [ref for trust in records for ref in trust.keyring or DEFAULT_REFS]
        return frozenset(found or DEFAULT_REFS)

    def _ruling(self, ref: str, update: Update) -> Ruling:
        match update.new:
            case None:
                return Ruling(ref, forbidden=Forbidden.DELETED)
            case Symbolic():
                return Ruling(ref, forbidden=Forbidden.SYMBOLIC)
            case new:
                return self._moved(ref, new, update.old)

    def _moved(self, ref: str, new: ObjectId, old: ObjectId | Symbolic | None) -> Ruling:
        """Ask about a step from where the ref is, and from where the pusher says that it is.

        git compares the second with what it finds when it moves the ref.
        """
        try:
            now = self.repository.reference(ref)
            after = [one for one in (now, old) if one is not None and not isinstance(one, Symbolic)]
            return Ruling(ref, self.asker(ref).ask(new, list(dict.fromkeys(after))))
        except NixauthError as error:
            return Ruling(ref, error=error)


def ignores_case(repository: Repository) -> bool:
    """Say whether the repository is on a file system where names differ by more than case."""
    values = [
        one.value for one in LocalConfig(repository, b"core").settings() if one.key == "ignorecase"
    ]
    return bool(values) and read_truth(values[-1]) is not False  # more looked at does no harm
