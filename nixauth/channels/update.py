"""An update of a channel: the pin moves to a commit that was vouched for, or stays as it was.

1. Ask the server where the branch is (and, where a revision is published, which one).
2. Bring commits and root trees, then the files that say who may sign, then the keys.
3. Is the commit authentic, and a step forward from the last pin? (The rule, steps 1 to 5.)
4. Is what is newest young enough?
5. Bring the tree, and compute its hash from git's objects.
6. Record the pin, and only then say so.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nixauth.authenticate import Progress
from nixauth.channels import needs
from nixauth.channels.mirror import Mirror
from nixauth.channels.revision import published
from nixauth.channels.state import State
from nixauth.channels.values import Age, Channel, Obstacle, Outcome, Pin
from nixauth.display import printable
from nixauth.durable import locked
from nixauth.errors import (
    FetchError,
    MissingObjectError,
    UnsupportedRepositoryError,
    UnwritableRecordError,
)
from nixauth.history.repository import Repository
from nixauth.keyring import DEFAULT_REFS
from nixauth.model import ObjectId, Verdict
from nixauth.nar import RefusedTreeError, nar_hash
from nixauth.recorded import Asker
from nixauth.signatures.commit_object import outline, tree_of
from nixauth.trust import Trust

_FUTURE = 24 * 3600
"""Seconds by which a commit may be ahead of the clock before one of the two must be wrong."""
_ROUNDS = 64
"""What is below a directory comes with it, so a few are enough."""


@dataclass(slots=True)
class Setting:
    """What updates are made with: our own directory for the channel, the stores, the clock.

    `now` is in seconds since 1970. `show` is told what git says, None for nobody.
    """

    directory: Path
    cache: Path | None
    now: int
    progress: Progress
    show: Callable[[str], None] | None = None
    jobs: int = 1


def update(
    channel: Channel, setting: Setting, wanted: ObjectId | None = None, *, downgrade: bool = False
) -> Outcome:
    """Update a channel to its branch's tip, or to a commit of the branch that is `wanted`.

    With `downgrade` the new pin need not be a step forward. Raises NixauthError where nothing
    could be decided; the pin is then as it was.
    """
    with _alone(setting.directory):
        return _Update(channel, setting, downgrade=downgrade).run(wanted)


def look(channel: Channel, setting: Setting, wanted: ObjectId) -> Outcome:
    """Ask about a commit of a channel's branch as `update` does, and leave the pin as it is.

    What is there already is not fetched again. The outcome's pin is what the commit would be
    pinned by. Raises NixauthError where nothing could be decided.
    """
    with _alone(setting.directory):
        return _Update(channel, setting, looks_only=True).run(wanted)


@contextlib.contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Keep others from updating the channel; raises UnwritableRecordError."""
    try:
        for place in (*reversed(directory.parents), directory):
            place.mkdir(mode=0o700, exist_ok=True)  # whatever the umask: nobody else's to write
        with locked(directory / "lock"):
            yield
    except OSError as error:
        raise UnwritableRecordError(
            f"{directory} cannot be written: {error.strerror or error}",
            "Nothing was changed: the last pin stays. Is the disk full?",
        ) from error


class _Update:
    def __init__(
        self,
        channel: Channel,
        setting: Setting,
        *,
        downgrade: bool = False,
        looks_only: bool = False,
    ) -> None:
        self.channel, self.setting, self.looks_only = channel, setting, looks_only
        self.state = State(setting.directory / "pin.json")
        self.before = self.state.last(channel.branch)
        self.floor = None if downgrade or self.before is None else self.before.commit
        self.mirror = Mirror(setting.directory / "repository.git", channel.url, setting.show)
        self.branch = f"refs/heads/{channel.branch}"
        self.keyring = channel.keyring or (DEFAULT_REFS[0],)
        self.warnings: list[str] = []

    def run(self, wanted: ObjectId | None) -> Outcome:
        place = ""
        if wanted is None and self.channel.revision_url is not None:
            wanted, place = published(self.channel.revision_url)
        try:
            outcome = self._attempt(wanted)
            lacks = isinstance(outcome.report.error, MissingObjectError)
            again = lacks and outcome.obstacle is None and not self.looks_only
        except MissingObjectError:
            if self.looks_only:
                raise
            again = True
        if again:
            # A server that once kept something back must not have the last word: what git takes
            # for complete here is asked for once more.
            self.mirror.fetch_again([self.branch, *self._keyring_refs()])
            self.mirror.note = ""
            outcome = self._attempt(wanted)
        outcome = dataclasses.replace(outcome, published_at=place)
        return dataclasses.replace(outcome, warnings=tuple(self.warnings))

    def _attempt(self, wanted: ObjectId | None) -> Outcome:
        tip = self._known_tip(wanted) or self._fetch()
        target = wanted if wanted is not None else tip
        return self._judge(tip, target)

    # --- 2 ---

    def _known_tip(self, wanted: ObjectId | None) -> ObjectId | None:
        """Return where the branch was, where that is enough for a look at a commit."""
        repository = self.mirror.repository
        if not self.looks_only or wanted is None or not repository.has(wanted):
            return None
        tip = repository.reference(self.branch)
        if tip is not None:
            self._bring_files(tip)  # a run before this one may have been killed on the way
        return tip

    def _fetch(self) -> ObjectId:
        """Bring what is new, as far as it is read to judge it, and return the branch's tip."""
        channel, mirror = self.channel, self.mirror
        tips = mirror.tips([self.branch, *self.keyring])
        tip = tips.get(self.branch)
        if tip is None:
            raise FetchError(
                f"{channel.url} has no branch {channel.branch}",
                "See its name there (git ls-remote), and correct the channel.",
            )
        here = mirror.repository
        moved = [ref for ref, commit in tips.items() if here.reference(ref) != commit]
        mirror.fetch(moved)
        # It may have moved since it was asked: what was brought is what counts.
        asked, tip = tip, mirror.repository.reference(self.branch)
        if tip is None or (tip != asked and tip != mirror.tips([self.branch]).get(self.branch)):
            raise FetchError(
                f"{channel.url} did not send the commit that its branch {channel.branch} is at",
                "Nothing was changed. Is it a shallow clone itself? Try again, or another server.",
            )
        if self.branch in moved and needs.is_whole(mirror.repository, tip):
            self.warnings.append(
                f"{channel.url} leaves nothing out of what it sends: everything was fetched"
            )
        for ref in self._keyring_refs():
            self._bring_below(mirror.repository.reference(ref))
        if self.before is None or self.before.commit != tip or not self._has_all_of(self.before):
            self._bring_files(tip)
        return tip

    def _bring_files(self, tip: ObjectId) -> None:
        """Bring the files that say who may sign, of all commits that are judged."""
        start = self._start()
        repository = self.mirror.repository
        commits = list(needs.commits_between(repository, start, tip, self.setting.progress))
        if start != self.channel.introduction.commit:
            commits.append(self.channel.introduction.commit)
        path = self.channel.authorizations_path
        for _ in range(_ROUNDS):
            missing = needs.missing_files(repository, self._present(commits), path)
            if not missing:
                return
            self._bring(missing)
            repository = self.mirror.repository

    def _present(self, commits: Iterable[ObjectId]) -> list[ObjectId]:
        repository = self.mirror.repository
        return [commit for commit in commits if repository.has(commit)]

    def _start(self) -> ObjectId:
        """Return a commit before which all that is read is here."""
        if self.before is not None and self._has_all_of(self.before):
            return self.before.commit
        return self.channel.introduction.commit

    def _has_all_of(self, pin: Pin) -> bool:
        """Say whether all that was read for a pin is here; not in a mirror that was made anew."""
        return self.mirror.note == self._note(pin)

    def _note(self, pin: Pin) -> str:
        channel = self.channel
        path = channel.authorizations_path or ""
        return f"{pin.commit.hex()} {channel.introduction.commit.hex()} {path}"

    def _bring(self, objects: set[ObjectId], *, trees_only: bool = False) -> None:
        """Bring objects in one batch; from a server that gives none by its id, everything."""
        try:
            self.mirror.fetch_objects(objects, trees_only=trees_only)
        except FetchError:
            self.warnings.append(
                f"{self.channel.url} does not send single objects: everything was fetched"
            )
            self.mirror.fetch_all([self.branch, *self._keyring_refs()])

    def _keyring_refs(self) -> list[str]:
        repository = self.mirror.repository
        return [ref for ref in self.keyring if repository.reference(ref) is not None]

    # --- 3, 4 ---

    def _judge(self, tip: ObjectId, target: ObjectId) -> Outcome:
        channel, repository = self.channel, self.mirror.repository
        asker = self._asker(repository)
        after = [self.floor] if self.floor is not None else []
        if not repository.has(target):
            return Outcome(
                channel,
                asker.ask(target, after),
                self.before,
                obstacle=Obstacle.NOT_PUBLISHED_THERE,
                detail=f"{target.hex()} is not on the branch {channel.branch} of {channel.url}",
            )
        report = asker.ask(target, after)
        found = Outcome(channel, report, self.before)
        if report.verdict is Verdict.REFUSED and channel.newest_authentic and target == tip:
            newest = asker.newest(tip, after)
            if newest.found is not None:
                found = Outcome(channel, newest.found, self.before, left=newest.left)
        named = found.report.target not in {tip, self.floor} and not found.left
        if found.report.verdict is Verdict.AUTHENTIC and named:
            found = self._on_branch(asker, found, tip)
        self.warnings += asker.problems
        if found.report.verdict is not Verdict.AUTHENTIC or found.obstacle is not None:
            return found
        ahead = asker.leads(found.report.target, tip)
        return self._young_enough(repository, found, tip if ahead else found.report.target)

    def _asker(self, repository: Repository) -> Asker:
        channel, setting = self.channel, self.setting
        record = Trust(
            channel.introduction,
            # Keys of SSH need none; a ref that was asked for by its name has to be there.
            keyring=tuple(self._keyring_refs()) or channel.keyring,
            authorizations_path=channel.authorizations_path,
            historical=channel.historical,
            historical_sha1=channel.historical_sha1,
            require_every_commit=channel.require_every_commit,
        )
        return Asker(repository, record, setting.cache, setting.progress, setting.jobs)

    def _on_branch(self, asker: Asker, found: Outcome, tip: ObjectId) -> Outcome:
        """A commit that was named by somebody else has to be on the branch's trusted line."""
        report = asker.ask(tip, [found.report.target])
        if report.verdict is Verdict.AUTHENTIC:
            return found
        if report.error is not None:
            raise report.error
        return dataclasses.replace(
            found,
            report=report,
            obstacle=Obstacle.NOT_PUBLISHED_THERE,
            detail=f"no line leads from {found.report.target.hex()} to the tip of the branch"
            f" {self.channel.branch}, {tip.hex()}",
        )

    def _young_enough(self, repository: Repository, found: Outcome, newest: ObjectId) -> Outcome:
        """Hold the newest authentic commit that was seen against the clock."""
        committed = outline(repository.commit(newest)).date
        if self.channel.max_age is not None:
            age = Age(committed, self.setting.now, self.channel.max_age)
            if committed > self.setting.now + _FUTURE:
                raise UnsupportedRepositoryError(
                    f"commit {newest.hex()} was made in the future, by this machine's clock:"
                    " how old it is cannot be told",
                    "Set the clock right; if it is right, do not use the commit.",
                )
            if self.setting.now - committed > self.channel.max_age:
                return dataclasses.replace(found, obstacle=Obstacle.STALE, age=age)
            found = dataclasses.replace(found, age=age)
        return self._bind(found, outline(repository.commit(found.report.target)).date)

    # --- 5, 6 ---

    def _bind(self, found: Outcome, committed: int) -> Outcome:
        commit = found.report.target
        if self.before is not None and self.before.commit == commit:
            return dataclasses.replace(found, pin=self._again(self.before))
        tree = self._bring_below(commit)
        repository = self.mirror.repository
        try:
            hashes = nar_hash(repository, commit)
        except RefusedTreeError as error:
            return dataclasses.replace(found, obstacle=Obstacle.TREE, detail=error.message)
        self.warnings += [f"{one.kind.value}: {printable(one.path)}" for one in hashes.cautions]
        try:
            archived: str | None = hashes.as_archived().sri
        except RefusedTreeError:
            archived = None
        pin = Pin(
            self.channel.name,
            self.channel.url,
            self.channel.branch,
            commit,
            tree,
            hashes.plain.sri,
            archived,
            committed,
        )
        if not self.looks_only:
            self.state.record(pin)
            self.mirror.note = self._note(pin)
        return dataclasses.replace(found, pin=pin)

    def _again(self, pin: Pin) -> Pin:
        """Return the last pin, with all that it leads to here, and the URL it was seen at last."""
        if not self._has_all_of(pin):
            self._bring_below(pin.commit)
            if not self.looks_only:
                self.mirror.note = self._note(pin)
        if pin.url == self.channel.url:
            return pin
        seen = dataclasses.replace(pin, url=self.channel.url)
        if not self.looks_only:
            self.state.record(seen)
        return seen

    def _bring_below(self, commit: ObjectId | None) -> ObjectId:
        """Bring the whole tree of a commit, in a few batches, and return its id."""
        tree = tree_of(self.mirror.repository.commit(commit)) if commit is not None else None
        if commit is None or tree is None:
            raise MissingObjectError("a commit does not say which tree it has")
        for _ in range(_ROUNDS):
            trees, files = needs.missing_below(self.mirror.repository, tree)
            if trees:
                self._bring(trees, trees_only=True)
            elif files:
                self._bring(files)
            else:
                return tree
        raise MissingObjectError(
            f"the tree of commit {commit.hex()} could not be brought whole",
            "Nothing was changed. Try again, or from another server.",
        )
