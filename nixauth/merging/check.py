"""Ask what becomes of a merge before it is made.

1. BASE has to be authentic; where it is not, nothing else is asked.
2. What is new is found, and where the two parted.
3. A merge that nobody made is put to the session, so that the rule judges what is behind it.
4. Three files say what the merge's authorizations would be.
5. The rule is asked for each listed key whether a merge signed with it would be accepted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from nixauth import rule
from nixauth.authenticate import Session
from nixauth.discover import Walk
from nixauth.errors import UndecidedError
from nixauth.findings import MemoryStore, NoStore
from nixauth.history.objects import Objects
from nixauth.in_force import Files, Historical
from nixauth.keyring import Keyring
from nixauth.merging.ancestry import Parting, parting
from nixauth.merging.changes import three_way
from nixauth.merging.prediction import Hypothesis, KeyAtHand, another_file, candidates
from nixauth.merging.trial import LookingBehind, WithMerge
from nixauth.merging.values import (
    Candidate,
    Content,
    Effect,
    Kind,
    Limit,
    MergeReport,
    NewCommit,
    Origin,
    Outlook,
    State,
)
from nixauth.model import (
    Fingerprint,
    MissingKey,
    ObjectId,
    Problem,
    Refusal,
    Report,
    UnusableKey,
    Verdict,
    is_ssh,
)
from nixauth.rule import Own, Parent
from nixauth.signatures.commit_object import tree_of
from nixauth.signatures.openpgp.check import usability_fault
from nixauth.ssh_keys import rsa_bits

_SSH_RSA_BITS = 2048

_OUTLOOKS = {
    Verdict.AUTHENTIC: Outlook.ACCEPTED,
    Verdict.REFUSED: Outlook.REFUSED,
    Verdict.UNDECIDED: Outlook.UNDECIDED,
}


def check_merge(
    session: Session, base: ObjectId, head: ObjectId, *, merge_commit: bool = False
) -> MergeReport:
    """Say what becomes of merging `head` into `base`; what could not be decided is in the report.

    Where `head` descends from `base`, the branch is taken to be moved to it, unless `merge_commit`
    says that a merge is made all the same. The session's `after` and `stats` are not asked.
    Raises UsageError for options that make no sense, and nothing else of its own.
    """
    remembered = MemoryStore() if isinstance(session.stores, NoStore) else session.stores
    options = replace(session.options, after=None, stats=False)
    problems = session.problems
    session = replace(session, stores=remembered, options=options)
    session.problems = problems
    base_report = session.report(base)
    outlook = _OUTLOOKS[base_report.verdict]
    found = MergeReport(
        outlook, base, head, session.introduction, base_report, path=base_report.path
    )
    if outlook is not Outlook.ACCEPTED:
        return replace(found, error=base_report.error)
    try:
        return _Question(session, found, merge_commit=merge_commit).answer()
    except UndecidedError as error:
        return replace(found, outlook=Outlook.UNDECIDED, error=error)


@dataclass(frozen=True, slots=True)
class _Trial:
    """What the session said of the merge that nobody made."""

    base: Parent
    head: Parent
    new: Sequence[NewCommit]
    obstacles: Sequence[Refusal]
    doubt: UndecidedError | None
    """Why HEAD is neither trusted nor not trusted."""


class _Question:
    def __init__(self, session: Session, found: MergeReport, *, merge_commit: bool) -> None:
        self._session = session
        self._found = found
        self._merge_commit = merge_commit
        self._objects: Objects = session.objects
        self._files = _files(session)

    def answer(self) -> MergeReport:
        base, head = self._found.base, self._found.head
        parted = parting(self._objects, base, head)
        if not parted.new:
            return replace(self._found, kind=Kind.UP_TO_DATE)
        follows = base in parted.merge_bases
        ahead = replace(self._session, options=replace(self._session.options, after=base))
        fast_forward = ahead.report(head) if follows else None
        trial = self._try(parted)
        effect = self._effect(parted)
        hypothesis = self._hypothesis(trial, effect, fast_forward)
        who = tuple(candidates(hypothesis, dict(_keys(self._session.keyring, hypothesis))))
        merge = _merge_outlook(who, trial)
        kind = Kind.FAST_FORWARD if follows and not self._merge_commit else Kind.MERGE
        outlook, error = merge, trial.doubt if merge is Outlook.UNDECIDED else None
        if kind is Kind.FAST_FORWARD and fast_forward is not None:
            outlook, error = _OUTLOOKS[fast_forward.verdict], fast_forward.error
        in_force = trial.base.authorizations
        return replace(
            self._found,
            outlook=outlook,
            kind=kind,
            mode=in_force.history if in_force is not None else None,
            new=trial.new,
            merge=merge,
            fast_forward=fast_forward,
            obstacles=trial.obstacles,
            candidates=who,
            effect=effect,
            error=error,
        )

    # --- the merge that nobody made ---

    def _try(self, parted: Parting) -> _Trial:
        base, head = self._found.base, self._found.head
        tree = tree_of(self._objects.commit(base))
        if tree is None:
            raise ValueError("an authentic commit has a tree")
        objects = WithMerge.of(self._objects, tree, base, head)
        trial = replace(
            self._session,
            objects=objects,
            stores=LookingBehind(self._session.stores, frozenset(parted.new)),
        )
        trial.problems = self._session.problems
        report = trial.report(objects.merge)
        if report.error is not None:
            raise report.error
        if trial.walk is None or trial.judge is None:
            raise ValueError("a merge is judged by what is behind it")
        new = [_new_commit(trial.walk, commit) for commit in parted.new]
        node = trial.walk.in_region(head)
        return _Trial(
            trial.judge.parent(base),
            trial.judge.parent(head),
            new,
            [one for one in report.refusals if one.commit != objects.merge],
            node.error if node is not None and not node.trusted else None,
        )

    # --- its authorizations ---

    def _own(self, commit: ObjectId) -> Content:
        tree = tree_of(self._objects.commit(commit))
        if tree is None:
            return Problem(1, 1, "the commit object's headers are not in git's order")
        return self._files.own(tree)

    def _effect(self, parted: Parting) -> Effect:
        ancestors = [self._own(commit) for commit in parted.merge_bases]
        effect = three_way(ancestors, self._own(self._found.base), self._own(self._found.head))
        if effect.origin is Origin.BOTH:
            return effect
        fault = rule.ask_file(
            self._in_force(effect.result),
            self._files.path,
            parent_has_file=self._parent_has_file,
        )
        return replace(effect, fault=fault)

    def _in_force(self, own: Content) -> Own:
        """Return what would be in force in the merge; historical ones as in any commit."""
        if own is None and not self._parent_has_file():
            return self._files.historical
        return own

    def _parent_has_file(self) -> bool:
        parents = self._found.base, self._found.head
        return any(self._own(parent) is not None for parent in parents)

    # --- who may sign ---

    def _hypothesis(self, trial: _Trial, effect: Effect, fast_forward: Report | None) -> Hypothesis:
        follows = fast_forward is not None and fast_forward.verdict is Verdict.AUTHENTIC
        own: dict[Limit, Own] = {Limit.NONE: self._in_force(effect.result)}
        if effect.origin is Origin.BOTH:
            sides = self._own(self._found.base), self._own(self._found.head)
            own = {Limit.NONE: another_file(trial.base.authorizations, *sides)}
            own[Limit.KEEPS_BASE], own[Limit.KEEPS_HEAD] = map(self._in_force, sides)
        return Hypothesis(
            trial.base, trial.head, own, self._files.path, self._parent_has_file(), follows
        )


def _files(session: Session) -> Files:
    """Have the introduction fix the path once more, as the session did."""
    options = session.options
    tree = tree_of(session.objects.commit(session.introduction.commit))
    historical = Historical.read(options.historical) if options.historical is not None else None
    files = tree and Files.fixed_by(
        session.objects,
        tree,
        path=options.authorizations_path,
        historical=historical,
        every_commit=options.require_every_commit,
    )
    if not files:
        raise ValueError("a trusted introduction fixes a path")
    return files


def _new_commit(walk: Walk, commit: ObjectId) -> NewCommit:
    node = walk.nodes[commit]
    if node.trusted or node.ancestor:
        return NewCommit(commit, State.AUTHENTIC if node.line else State.TRUSTED)
    if node.error is not None:
        return NewCommit(commit, State.UNDECIDED, error=node.error)
    return NewCommit(commit, State.NOT_TRUSTED, node.reason)


def _keys(keyring: Keyring, hypothesis: Hypothesis) -> Iterator[tuple[Fingerprint, KeyAtHand]]:
    """Yield the listed keys, and the subkeys that are bound to listed ones."""
    files = [p.authorizations for p in hypothesis.parents if p.authorizations is not None]
    listed = dict.fromkeys(key for file in files for person in file.people for key in person.keys)
    blobs = {key: blob for file in files for key, blob in file.ssh_keys.items()}
    for key in listed:
        yield key, _at_hand(keyring, key, blobs.get(key))
        for subkey in () if is_ssh(key) else keyring.certificates.subkeys(key):
            if subkey not in listed and key in keyring.signer(subkey).primaries:
                yield subkey, _at_hand(keyring, subkey)


def _at_hand(keyring: Keyring, key: Fingerprint, ssh_key: bytes | None = None) -> KeyAtHand:
    signer = keyring.signer(key)
    if is_ssh(key):
        bits = rsa_bits(ssh_key) if ssh_key is not None else 0
        weak = f"it is an SSH RSA key of {bits} bits, fewer than {_SSH_RSA_BITS}"
        return KeyAtHand(signer, UnusableKey(key, weak) if 0 < bits < _SSH_RSA_BITS else None)
    public = keyring.certificates.get(key)
    if public is None:
        return KeyAtHand(signer, MissingKey(key))
    detail = usability_fault(public)
    return KeyAtHand(signer, UnusableKey(key, detail) if detail else None)


def _merge_outlook(who: Sequence[Candidate], trial: _Trial) -> Outlook:
    if any(one.may_sign and not one.service for one in who):
        return Outlook.ACCEPTED
    return Outlook.REFUSED if trial.doubt is None else Outlook.UNDECIDED
