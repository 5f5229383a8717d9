"""An update of a channel: the pin moves to a commit that was vouched for, or stays as it was.

1. Ask the server where the branch is (and, where a revision is published, which one).
2. Bring commits and root trees, then the files that say who may sign, then the keys.
3. Is the commit authentic, and a step forward from the last pin? (The rule, steps 1 to 5.)
4. Is what is newest young enough?
5. Bring the tree, and compute its hash from git's objects.
6. Record the pin, and only then say so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from nixauth.authenticate import Progress
from nixauth.channels.fetching import Fetching
from nixauth.channels.mirror import Limits, Mirror
from nixauth.channels.own_directory import alone
from nixauth.channels.state import State
from nixauth.channels.values import Age, Channel, Obstacle, Outcome, Pin
from nixauth.display import printable
from nixauth.errors import (
    CorruptObjectError,
    FetchError,
    MissingObjectError,
    UndecidedError,
    UnsupportedRepositoryError,
)
from nixauth.history.repository import Repository
from nixauth.model import ObjectId, Verdict
from nixauth.nar import RefusedTreeError, nar_hash
from nixauth.recorded import Asker
from nixauth.signatures.commit_object import outline
from nixauth.trust import Trust

_FUTURE = 24 * 3600
"""Seconds by which a commit may be ahead of the clock before one of the two must be wrong."""


@dataclass(slots=True)
class Setting:
    """What updates are made with: our own directory for the channel, the stores, the clock.

    `now` is in seconds since 1970. `show` is told what git says, None for nobody. `waits` is called
    when another update of the channel has to be waited for.
    """

    directory: Path
    cache: Path | None
    now: int
    progress: Progress
    show: Callable[[str], None] | None = None
    jobs: int = 1
    limits: Limits = field(default_factory=Limits)
    waits: Callable[[], None] | None = None


def update(
    channel: Channel, setting: Setting, wanted: ObjectId | None = None, *, downgrade: bool = False
) -> Outcome:
    """Update a channel to its branch's tip, or to a commit of the branch that is `wanted`.

    With `downgrade` the new pin need not be a step forward. Raises NixauthError where nothing
    could be decided; the pin is then as it was.
    """
    with alone(setting.directory, setting.waits):
        return _Update(channel, setting, downgrade=downgrade).run(wanted)


def look(channel: Channel, setting: Setting, wanted: ObjectId) -> Outcome:
    """Ask about a commit of a channel's branch as `update` does, and leave the pin as it is.

    What is there already is not fetched again. The outcome's pin is what the commit would be
    pinned by. Raises NixauthError where nothing could be decided.
    """
    with alone(setting.directory, setting.waits):
        return _Update(channel, setting, looks_only=True).run(wanted)


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
        place = setting.directory / "repository.git"
        self.mirror = Mirror(place, channel.url, setting.show, setting.limits)
        self.fetching = Fetching(channel, self.mirror, self.before, setting.progress)
        if not downgrade:
            self.fetching.require_pin()
        self.warnings = self.fetching.warnings

    def run(self, wanted: ObjectId | None) -> Outcome:
        place = ""
        if wanted is None and self.channel.revision_url is not None:
            # What speaks HTTP takes a while to load, and is for those alone that need it.
            from nixauth.channels.revision import published  # noqa: PLC0415

            wanted, place = published(self.channel.revision_url)
        if self.looks_only and wanted is not None:
            outcome = self._look(wanted)
        else:
            outcome = self._whole(wanted)
            self._tidy()
        outcome = dataclasses.replace(outcome, published_at=place)
        return dataclasses.replace(outcome, warnings=tuple(dict.fromkeys(self.warnings)))

    def _look(self, wanted: ObjectId) -> Outcome:
        """Ask about a commit by what is here, and ask the server where that is not enough."""
        tip = self.fetching.known_tip(wanted)
        if tip is None:
            return self._judge(self.fetching.tip(), wanted)
        outcome = self._judge(tip, wanted)
        if outcome.obstacle is not Obstacle.NOT_PUBLISHED_THERE:
            return outcome
        try:
            # What a server once had there must not be believed for longer than it is there.
            tip = self.fetching.tip()
        except FetchError as error:
            self.warnings.append(f"this is as of the last update: {error.message}")
            return outcome
        return self._judge(tip, wanted)

    def _whole(self, wanted: ObjectId | None) -> Outcome:
        """Fetch and judge; where something is not here as it should be, once more from nothing.

        A server that once kept something back, or a disk that lost it, must not have the last
        word: git takes what it has for complete, and never asks for it again.
        """
        try:
            outcome = self._attempt(wanted)
            lacking = _lacking(outcome)
            if lacking is None:
                return outcome
        except (MissingObjectError, CorruptObjectError, FetchError) as error:
            lacking = _without_frames(error)
        if self.mirror.is_new or (isinstance(lacking, FetchError) and not self.mirror.is_rotten):
            raise lacking
        with self.fetching.anew():
            outcome = self._attempt(wanted)
            lacking = _lacking(outcome)
            if lacking is not None:
                raise lacking
        return outcome

    def _attempt(self, wanted: ObjectId | None) -> Outcome:
        tip = self.fetching.tip()
        return self._judge(tip, wanted if wanted is not None else tip)

    def _tidy(self) -> None:
        try:
            self.mirror.tidy()
        except FetchError as error:
            self.warnings.append(f"packs could not be put together: {error.message}")

    # --- 3, 4 ---

    def _judge(self, tip: ObjectId, target: ObjectId) -> Outcome:
        channel, repository = self.channel, self.mirror.repository
        asker = self._asker(repository)
        after = [self.floor] if self.floor is not None else []
        if self.floor is not None and not repository.has(self.floor):
            raise MissingObjectError(
                f"{channel.url} does not have the last pin, {self.floor.hex()}: whether its tip is"
                " a step forward from there cannot be told",
                "It may have been set back. Ask its maintainers, and compare with other servers.",
            )
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
        # A pin was on the branch once, and a look at it is no step to it.
        known = {tip, self.floor} if self.looks_only else {tip}
        named = found.report.target not in known and not found.left
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
            keyring=tuple(self.fetching.keyring_refs()) or channel.keyring,
            authorizations_path=channel.authorizations_path,
            historical=channel.historical,
            historical_sha1=channel.historical_sha1,
            require_every_commit=channel.require_every_commit,
        )
        return Asker(repository, record, setting.cache, setting.progress, setting.jobs)

    def _on_branch(self, asker: Asker, found: Outcome, tip: ObjectId) -> Outcome:
        """A commit that was named by somebody else has to be on the branch's trusted line."""
        report = asker.ask(tip, [found.report.target])
        if report.verdict is Verdict.REFUSED and self.channel.newest_authentic:
            report = asker.newest(tip, [found.report.target]).found or report
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
        tree = self.fetching.bring_below(commit)
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
            self.fetching.remember(pin)
        return dataclasses.replace(found, pin=pin)

    def _again(self, pin: Pin) -> Pin:
        """Return the last pin, with all that it leads to here, and the URL it was seen at last."""
        if not self.fetching.has_all_of(pin):
            self.fetching.bring_below(pin.commit)
            if not self.looks_only:
                self.fetching.remember(pin)
        if pin.url == self.channel.url:
            return pin
        seen = dataclasses.replace(pin, url=self.channel.url)
        if not self.looks_only:
            self.state.record(seen)
        return seen


def _without_frames(error: UndecidedError) -> UndecidedError:
    """Have an error keep nothing open that is read where it was raised."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def _lacking(outcome: Outcome) -> UndecidedError | None:
    """Return what is not here as it should be, where that is why nothing could be decided."""
    error = outcome.report.error
    found = isinstance(error, MissingObjectError | CorruptObjectError)
    return error if found and outcome.obstacle is None else None
