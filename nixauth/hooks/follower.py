"""What a clone follows, and where it may move (`reference-transaction`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nixauth.errors import MissingObjectError, NixauthError
from nixauth.history.repository import Repository
from nixauth.hooks.guard import (
    LOCAL,
    REMOTE,
    REPLACE,
    Forbidden,
    Guard,
    Means,
    Ruling,
    ignores_case,
)
from nixauth.hooks.record import Accepted, Record
from nixauth.hooks.settings import HookSettings
from nixauth.hooks.updates import Symbolic, Update, folded
from nixauth.model import ObjectId, Report, Verdict
from nixauth.recorded import Asker


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
        if ref not in self._shadows and not ref.startswith(REPLACE):
            return []
        try:
            if self.repository.reference(update.ref) == update.new:
                return []  # it is there already, and packed
        except NixauthError as error:
            return [Ruling(update.ref, error=error)]
        replaces = ref.startswith(REPLACE)
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
        if not ref.startswith(LOCAL):
            return []
        branch = self.branch(ref)
        return [
            one
            for one in self._followed.values()
            if one.startswith(REMOTE) and self.branch(one) == branch
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
    if ref.startswith(LOCAL):
        short = ref.removeprefix(LOCAL)
        return [f"refs/{short}", f"refs/tags/{short}"]
    short = ref.removeprefix(REMOTE)
    return [f"refs/{short}", f"refs/tags/{short}", f"{LOCAL}{short}", f"{ref}/HEAD"]
