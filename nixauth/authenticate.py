"""The one question: does a line of trusted commits lead from the introduction to the target?

1. The introduction is judged (or was found good before, in the same scope).
2. The commits between it and the target are found, as far as nothing is known of them.
3. They are judged parents first; what is found trusted is remembered at once.
4. The target is authentic when a line leads to it from the introduction; and from the commit
   that the caller has already, where one is given.

An authentic target is answered from the least that shows it. Before a refusal, and before
totals are given, everything that could matter is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TypeAlias

from nixauth.ahead import LookAhead
from nixauth.cautions import cautions
from nixauth.discover import Outlines, Walk
from nixauth.engines import Engine, Native
from nixauth.errors import UndecidedError
from nixauth.examination import Examiner
from nixauth.findings import NoStore, Stores
from nixauth.history.objects import Objects
from nixauth.introduce import Introduced, introduce
from nixauth.judging import Judge, Witness
from nixauth.keyring import Keyring
from nixauth.line import leads
from nixauth.model import (
    Authorizations,
    Introduction,
    NotDescendant,
    ObjectId,
    Refusal,
    Report,
    Verdict,
)
from nixauth.naming import totals, untrusted_beside, way_to_the_break
from nixauth.options import Options
from nixauth.signatures.commit_object import tree_of

__all__ = ["Options", "Session", "authenticate"]

_Refusals: TypeAlias = Sequence[Refusal]
"""What is to be named, never empty; None stands for what is authentic."""

Progress = Callable[[str, int, int], None]
"""Called with what is done (`discover`, `judge`), how much of it so far, and of how much (or 0)."""


def _silent(_what: str, _done: int, _all: int) -> None:
    pass


def authenticate(
    objects: Objects,
    keyring: Keyring,
    introduction: Introduction,
    target: ObjectId,
    options: Options | None = None,
    *,
    store: Stores | None = None,
    progress: Progress = _silent,
    engine: Engine | None = None,
    jobs: int = 1,
) -> Report:
    """Answer whether `target` is authentic; `docs/rule.md` has the rule.

    With `jobs` above 1 so many processes check signatures once there are some hundreds of them.
    The verdict is `undecided`, with the error, where the repository or the keyring did not allow
    an answer. Raises UsageError for options that make no sense, and nothing else of its own.
    """
    session = Session(
        objects,
        keyring,
        introduction,
        options or Options(),
        store or NoStore(),
        progress,
        engine or Native(),
        jobs,
    )
    return session.report(target)


@dataclass(slots=True)
class Session:
    """One question to one history."""

    objects: Objects
    keyring: Keyring
    introduction: Introduction
    options: Options
    stores: Stores
    progress: Progress = _silent
    engine: Engine = field(default_factory=Native)
    jobs: int = 1
    """How many processes may check signatures."""
    outlines: Outlines | None = None
    """Says what is known of commits that need not be read: asked of those in the store alone."""
    witness: Witness | None = None
    everything: bool = False
    """Whether all commits are looked at though no totals are wanted; `judged` has them then."""
    problems: list[str] = field(default_factory=list, init=False)
    """Why something was done with less than was wanted, a line each; it changes no answer."""
    walk: Walk | None = field(default=None, init=False)
    judge: Judge | None = field(default=None, init=False)
    introduced: Introduced | None = field(default=None, init=False)
    """What step 1 found out, where it held."""
    judged: list[ObjectId] = field(default_factory=list, init=False)
    """Where that was asked, everything that was judged, parents first."""
    _verified: int = field(default=0, init=False)
    _look_again: bool = field(default=False, init=False)

    @property
    def verified(self) -> int:
        """How many commits this run found trusted that were not known to be."""
        return self._verified + (self.judge.verified if self.judge is not None else 0)

    def report(self, target: ObjectId, *, look_again: bool = False) -> Report:
        """Answer for a target; what could not be decided is in the report.

        `look_again` has the target itself judged even when it is known to be trusted.
        """
        self._look_again = look_again
        try:
            return self._answer(target)
        except UndecidedError as error:
            return Report(Verdict.UNDECIDED, target, self.introduction, self.verified, error=error)

    def _answer(self, target: ObjectId) -> Report:
        introduced = introduce(
            self.objects, self.keyring, self.introduction, self.options, self.stores, self.engine
        )
        if not isinstance(introduced, Introduced):
            return self._refused(target, "", [Refusal(self.introduction.commit, introduced)])
        self.introduced = introduced
        refusals = self._ask(target, introduced)
        if refusals is None:
            refusals = self._ask_after(target, introduced)
        if refusals is None:
            return self._authentic(target, introduced)
        return self._refused(target, introduced.files.path, refusals)

    # --- steps 3 and 4 ---

    def _ask(self, target: ObjectId, introduced: Introduced) -> _Refusals | None:
        if target == self.introduction.commit:
            return None
        store = introduced.store

        def is_known(commit: ObjectId) -> bool:
            if self._look_again and commit == target:
                return False
            finding = store.get(commit) if introduced.whole else None
            return finding is not None and finding.line

        everything = self.options.stats or self.everything
        if not everything and is_known(target):
            return None
        return self._walk_and_judge(target, introduced, _nothing if everything else is_known)

    def _walk_and_judge(
        self,
        target: ObjectId,
        introduced: Introduced,
        is_known: Callable[[ObjectId], bool],
        *,
        certainly: bool = False,
    ) -> _Refusals | None:
        self._verified = self.verified
        walk = self.walk = Walk(
            self.objects,
            self.introduction.commit,
            introduced.parents,
            is_known,
            introduction_date=introduced.date,
        )
        files, store = introduced.files, introduced.store
        outlines = self.outlines
        if outlines is not None and introduced.whole:
            walk.outlines = lambda commit: outlines(commit) if store.get(commit) else None
        examiner = Examiner(
            self.objects,
            self.keyring,
            files.path,
            self.engine,
            sha1_may_count=self.options.historical_sha1,
        )
        judge = self.judge = Judge(
            self.objects,
            self.keyring,
            files,
            walk,
            store,
            examiner,
            whole=introduced.whole,
            introduction=(self.introduction.commit, introduced.authorizations),
            historical_sha1=self.options.historical_sha1,
            witness=self.witness,
        )
        jobs = self.jobs if isinstance(self.engine, Native) else 1  # another has its own processes
        ahead = LookAhead(examiner, files, store, walk.nodes, jobs=jobs, problems=self.problems)
        walk.offer = ahead.offer
        with closing(ahead):
            walk.discover(target, self._found)
            self._judge_all(target, ahead)
            node = walk.in_region(target)
            everything = self.options.stats or self.everything
            if node is None or not node.line or everything or certainly:
                self._make_certain(target, ahead)
        return self._refusals(walk, judge, target)

    def _found(self, done: int, everything: int) -> None:
        self.progress("discover", done, everything)

    def _judge_all(self, target: ObjectId, ahead: LookAhead) -> None:
        walk, judge = self._walked()
        everything = len(walk.nodes)
        try:
            done = 0
            self.judged = []
            for batch in ahead.in_order(walk.parents_first(target), walk.kept):
                for commit in batch:
                    judge.judge(commit)
                if self.everything:
                    self.judged += batch
                done += len(batch)
                self.progress("judge", done, everything)
        finally:
            judge.save()

    def _make_certain(self, target: ObjectId, ahead: LookAhead) -> None:
        """Look behind unsigned commits, and find all ancestors of the introduction if need be."""
        walk, judge = self._walked()
        if walk.pass_unsigned(self._found):
            self._judge_all(target, ahead)
        if self._are_beside(walk, target):
            walk.exhaust_ancestors()
            judge.certain = True
            self._judge_all(target, ahead)

    def _are_beside(self, walk: Walk, target: ObjectId) -> bool:
        """Say whether the target reaches what does not descend from the introduction."""
        # All nodes are asked first, since there is mostly nothing to be said of any of them.
        if all(node.descends or node.ancestor for node in walk.nodes.values()):
            return False
        return any(
            not walk.nodes[commit].descends
            for commit in walk.parents_first(target)
            if commit != target
        )

    def _walked(self) -> tuple[Walk, Judge]:
        if self.walk is None or self.judge is None:
            raise ValueError("nothing was walked yet")
        return self.walk, self.judge

    def _refusals(self, walk: Walk, judge: Judge, target: ObjectId) -> _Refusals | None:
        """Return None for a target that a line leads to, else the refusals to be named."""
        node = walk.nodes[target]
        if node.line and not node.ancestor:
            return None
        if node.unreadable and node.error is not None:
            raise node.error
        if node.ancestor or not node.descends:
            if not node.ancestor:
                self._raise_unread(walk, target)
            reason = NotDescendant(self.introduction.commit, descends_in_git=False)
            return [Refusal(target, reason)]
        if node.error is not None:
            raise node.error
        if node.trusted:
            self._raise_unread(walk, target)
            reason = NotDescendant(self.introduction.commit, descends_in_git=True)
            return [Refusal(target, reason)]
        return way_to_the_break(walk, judge, target)

    def _raise_unread(self, walk: Walk, target: ObjectId) -> None:
        """A history that is not all there does not show that something is not in it."""
        for commit in walk.parents_first(target):
            error = walk.nodes[commit].error
            if error is not None:
                raise error

    # --- step 5 ---

    def _ask_after(self, target: ObjectId, introduced: Introduced) -> _Refusals | None:
        """Ask whether the target is a step forward from the commit that the caller has."""
        after = self.options.after
        if after is None or after == target:
            return None
        self.objects.commit(after)  # a commit that is not there decides nothing
        if after == self.introduction.commit:
            return None
        if self._leads(introduced, after, target):
            return None
        ancestry = Walk(self.objects, self.introduction.commit, introduced.parents, _nothing)
        if ancestry.has_ancestor(after):
            return None
        beside = False
        if target != self.introduction.commit:
            self._walk_and_judge(target, introduced, _nothing, certainly=True)
            walk, _ = self._walked()
            if self._leads(introduced, after, target):
                return None
            self._raise_unread(walk, target)
            beside = walk.in_region(after) is not None
        early = ancestry.ancestors_end_early
        if early is not None and not self._descends(after, introduced):
            raise early
        return [Refusal(target, NotDescendant(after, descends_in_git=beside, step_forward=True))]

    def _leads(self, introduced: Introduced, after: ObjectId, target: ObjectId) -> bool:
        store = introduced.store if introduced.whole else NoStore().open()
        return leads(self.objects, store, self.walk, after, target)

    def _descends(self, commit: ObjectId, introduced: Introduced) -> bool:
        """Say whether a commit descends from the introduction in git's sense."""
        walk = Walk(self.objects, self.introduction.commit, introduced.parents, _nothing)
        walk.discover(commit, lambda _done, _all: None)
        walk.pass_unsigned(lambda _done, _all: None)
        return walk.met_introduction

    # --- the report ---

    def _refused(self, target: ObjectId, path: str, refusals: _Refusals) -> Report:
        if not refusals:  # that nothing is named does not mean that nothing is wrong
            raise ValueError("a commit is refused for no reason")
        return Report(
            Verdict.REFUSED,
            target,
            self.introduction,
            self.verified,
            path=path,
            refusals=refusals,
            untrusted=untrusted_beside(self.walk, target, refusals) if self.walk else {},
            warnings=cautions(self.keyring, None, None, self.options.now),
        )

    def _authentic(self, target: ObjectId, introduced: Introduced) -> Report:
        in_force, historical = self._in_force(target, introduced)
        stats = totals(self.walk, target) if self.options.stats else None
        return Report(
            Verdict.AUTHENTIC,
            target,
            self.introduction,
            self.verified,
            path=introduced.files.path,
            historical=historical,
            warnings=cautions(self.keyring, in_force, stats, self.options.now),
            stats=stats,
        )

    def _in_force(
        self, target: ObjectId, introduced: Introduced
    ) -> tuple[Authorizations | None, bool]:
        """Return the target's authorizations, and whether historical ones stand in for anything."""
        files = introduced.files
        tree = tree_of(self.objects.commit(target))
        own = files.own(tree) if tree is not None else None
        in_force = own if isinstance(own, Authorizations) else files.historical
        stands_in = files.historical is not None and (
            own is None or introduced.authorizations is files.historical
        )
        return in_force, stands_in


def _nothing(_commit: ObjectId) -> bool:
    return False
