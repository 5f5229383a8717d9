"""Bring the rule its values: what is known of the parents, the signature, the file in the tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from nixauth import rule
from nixauth.discover import Node, Walk
from nixauth.errors import EngineError, UndecidedError, UnreadableKeyringError
from nixauth.evidence import Claim, Testimony, examine
from nixauth.examination import Examiner
from nixauth.findings import Finding, Store
from nixauth.history.objects import Objects
from nixauth.in_force import UNSEEN, Files, OwnFile, Unseen
from nixauth.keyring import Keyring
from nixauth.model import (
    Authorizations,
    FileFault,
    Fingerprint,
    KeyFault,
    ObjectId,
    Problem,
    Reason,
    SignatureFault,
)
from nixauth.rule import Own, Parent, Trusted
from nixauth.signatures.commit_object import read_commit, tree_of

Witness: TypeAlias = Callable[[Sequence[tuple[ObjectId, Node]]], None]
"""Is told of commits that were found trusted; changes no answer."""

_Evidence: TypeAlias = Testimony | SignatureFault | KeyFault


class Judge:
    """Judges commits parents first and hands what it finds trusted to the store."""

    def __init__(
        self,
        objects: Objects,
        keyring: Keyring,
        files: Files,
        walk: Walk,
        store: Store,
        examiner: Examiner,
        *,
        whole: bool,
        introduction: tuple[ObjectId, Authorizations],
        historical_sha1: bool,
        witness: Witness | None = None,
    ) -> None:
        self.verified = 0
        """How many commits were found trusted that the store did not know."""
        self.certain = False
        """Whether the ancestors of the introduction are known as far as the repository has them."""
        self._objects = objects
        self._keyring = keyring
        self._files = files
        self._walk = walk
        self._nodes = walk.nodes
        self._store = store
        self._examiner = examiner
        self._whole = whole
        self._introduction, self._introduction_file = introduction
        self._historical_sha1 = historical_sha1
        self._witness = witness
        self._elsewhere: dict[ObjectId, OwnFile] = {}
        """The files of commits that are known to be trusted, and not on the way."""
        self._claim: tuple[ObjectId, Claim] | None = None
        """The signature that was read last."""
        self._doubt: UndecidedError | None = None
        """Why a parent of the commit at hand could not be looked at."""
        self._same: dict[tuple[int, ...], tuple[Finding, tuple[object, ...]]] = {}
        self._with_line: dict[int, tuple[Finding, Finding]] = {}
        self._bound: dict[tuple[Fingerprint, tuple[Fingerprint, ...]], bool] = {}
        self._unsaved: list[tuple[ObjectId, Finding]] = []

    # --- what is known of a parent ---

    def parent(self, commit: ObjectId) -> Parent:
        """Return a parent with its authorizations if it is trusted; raises UndecidedError."""
        return Parent(commit, self._in_force(commit))

    def _in_force(self, commit: ObjectId) -> Authorizations | None:
        """Return the authorizations of a trusted commit, None of one that is not trusted."""
        if commit == self._introduction:
            return self._introduction_file
        node = self._nodes.get(commit)
        if node is None:
            if not self._walk.is_known(commit):
                return None  # not looked at, and so not trusted
        elif node.finding is None and not node.ancestor:
            return None
        elif isinstance(node.own, Authorizations):
            return node.own
        own = self._stand_in_or_fault(commit)
        return own if isinstance(own, Authorizations) else None

    def _in_force_if_known(self, commit: ObjectId) -> Authorizations | None:
        """Take a parent as not trusted where it cannot be read: that only ever takes away."""
        try:
            return self._in_force(commit)
        except UnreadableKeyringError:
            raise
        except UndecidedError as error:
            self._doubt = error
            return None

    def ancestor_fault(self, commit: ObjectId) -> FileFault | None:
        """Say why a proper ancestor of the introduction is not trusted (step 2)."""
        own = self._stand_in_or_fault(commit)
        parents = self._nodes[commit].parents
        return rule.ask_file(
            own, self._files.path, parent_has_file=lambda: self._any_has_file(parents)
        )

    def _stand_in_or_fault(self, commit: ObjectId) -> Own:
        """Return the file of a commit of step 2, or of one known to be trusted."""
        own = self._own_file(commit)
        return self._files.historical if own is None else own

    def _own_file(self, commit: ObjectId) -> OwnFile:
        """Return the file in a commit's own tree, read once."""
        node = self._nodes.get(commit)
        own = node.own if node is not None else self._elsewhere.get(commit, UNSEEN)
        if not isinstance(own, Unseen):
            return own
        tree = tree_of(self._walk.content(commit))
        if tree is None:
            own = Problem(1, 1, "the commit object's headers are not in git's order")
        else:
            own = self._files.own(tree)
        if node is not None:
            node.own = own
        else:
            self._elsewhere[commit] = own
        return own

    def _any_has_file(self, parents: Sequence[ObjectId]) -> bool:
        return any(self._own_file(parent) is not None for parent in parents)

    def _leads_from_introduction(self, commit: ObjectId) -> bool:
        """Say whether a line is known to lead to a parent."""
        if commit == self._introduction:
            return True
        node = self._nodes.get(commit)
        return node.line if node is not None else self._walk.is_known(commit)

    def _descends(self, commit: ObjectId) -> bool:
        node = self._nodes.get(commit)
        return node.descends if node is not None else self._leads_from_introduction(commit)

    def _unknown(self, parents: Sequence[ObjectId]) -> UndecidedError | None:
        for parent in parents:
            node = self._nodes.get(parent)
            if node is not None and node.error is not None:
                return node.error
        return None

    # --- one commit ---

    def judge(self, commit: ObjectId) -> None:
        """Judge a commit whose parents were judged, and note the outcome in its node."""
        node = self._nodes[commit]
        if node.unreadable:
            return
        node.descends = any(map(self._descends, node.parents))
        node.error = self._doubt = None
        stored = node.recall(commit, self._store)
        if stored is not None and node.finding is None and self._whole:
            node.finding, node.remembered = stored, True
            node.line = stored.line or self._line(node)
        try:
            # An unsigned commit that nobody looked behind is not expanded, and not judged.
            if node.expanded and not self._is_complete(node):
                self._judge(commit, node)
        except UnreadableKeyringError:
            raise
        except EngineError as error:
            if error.ends_run:
                raise error.at(commit.hex()) from error
            node.error = None if node.trusted else error.at(commit.hex())
        except UndecidedError as error:
            node.error = None if node.trusted else self._walk.explain(error, commit)
        if node.finding is not None:
            self._note(commit, node, node.finding)

    def _line(self, node: Node) -> bool:
        for position in node.admitted_by:
            if position < len(node.parents) and self._leads_from_introduction(
                node.parents[position]
            ):
                return True
        return False

    def _is_complete(self, node: Node) -> bool:
        """Say whether nothing more can be found out about a commit that is trusted already."""
        if node.finding is None:
            return False
        node.line = node.line or self._line(node)
        if node.remembered and not self._is_bound_as_before(node.finding):
            return False
        if len(node.parents) == 1 and node.finding.admitted_by == (0,):  # as nearly always
            return True
        admitted = frozenset(node.admitted_by)
        return all(
            position in admitted or self._cannot_admit(parent)
            for position, parent in enumerate(node.parents)
        )

    def _is_bound_as_before(self, finding: Finding) -> bool:
        """Say whether the signer's key stands for the same primaries as when it was found."""
        binding = finding.signer, finding.primaries
        same = self._bound.get(binding)
        if same is None:
            same = self._keyring.primaries(finding.signer) == finding.primaries
            self._bound[binding] = same
        return same

    def _cannot_admit(self, parent: ObjectId) -> bool:
        node = self._nodes.get(parent)
        return node is not None and not node.ancestor and not node.trusted

    def _judge(self, commit: ObjectId, node: Node) -> None:
        in_force = [self._in_force_if_known(parent) for parent in node.parents]
        # A history has few kinds of commit: the same testimony, the same file, the same files of
        # the parents. The rule gets nothing else, so it says the same of each one of a kind.
        kind = (id(node.evidence), id(node.own), *map(id, in_force))
        known = self._same.get(kind)
        if known is not None and node.finding is None:
            self._trust(node, known[0])
            return
        parents = [Parent(*each) for each in zip(node.parents, in_force, strict=True)]
        outcome = self._decide(commit, node, parents)
        if not isinstance(outcome, Trusted):
            if node.finding is None:
                self._refuse(commit, node, outcome)
            return
        finding = self._finding_of(node, outcome)
        own_file = not isinstance(node.own, Unseen | None)
        if node.finding is None and own_file and _is_settled(node.evidence):
            kept = (node.evidence, node.own, *in_force)  # so that nothing else gets their ids
            kind = (id(node.evidence), id(node.own), *map(id, in_force))
            self._same[kind] = finding, kept
        self._trust(node, finding)

    def _decide(self, commit: ObjectId, node: Node, parents: Sequence[Parent]) -> Trusted | Reason:
        refusal = rule.ask_parents(parents)
        if refusal is not None:
            return refusal
        evidence = self._examine(commit, node)
        if not isinstance(evidence, Testimony | rule.Signer):
            return evidence
        return rule.judge(
            parents,
            (evidence,) if isinstance(evidence, rule.Signer) else evidence.signers,
            _found_before
            if isinstance(evidence, rule.Signer)
            else lambda signer: self._verifies(commit, node, signer),
            lambda: self._own(commit, node),
            self._files.path,
            lambda: self._any_has_file(node.parents),
        )

    def _examine(self, commit: ObjectId, node: Node) -> _Evidence | rule.Signer:
        """Step 3c, once a run; nothing but the signer for a commit that was found trusted."""
        if node.finding is not None:
            return self._keyring.signer(node.finding.signer)
        stored = None if self._whole else node.recall(commit, self._store)
        if stored is not None and self._keyring.has(stored.signer):
            return self._keyring.signer(stored.signer)
        if node.evidence is None:
            read = self._read(commit, node)
            node.evidence = self._examiner.testimony(read) if isinstance(read, Claim) else read
        return node.evidence

    def _read(self, commit: ObjectId, node: Node) -> Claim | SignatureFault | KeyFault:
        """Read the signature of a commit that nobody examined ahead of its turn."""
        if self._claim is not None and self._claim[0] == commit:
            return self._claim[1]
        evidence = examine(
            read_commit(self._walk.content(commit)),
            self._keyring,
            lambda: self._is_historical(commit, node),
            self._examiner.engine,
        )
        if isinstance(evidence, Claim):
            self._claim = commit, evidence
        return evidence

    def _verifies(self, commit: ObjectId, node: Node, signer: rule.Signer) -> bool:
        """Step 3e; for a key that no file listed when it was asked for, it is done now."""
        known = node.evidence.outcomes if isinstance(node.evidence, Testimony) else {}
        outcome = known.get(signer.key)
        if isinstance(outcome, UndecidedError):
            raise outcome
        if outcome is None:
            claim = self._read(commit, node)
            if not isinstance(claim, Claim):
                return False
            claim.outcomes.update(known)
            outcome = claim.verifies(signer)
            node.evidence = self._examiner.testimony(claim)
        return outcome

    def _is_historical(self, commit: ObjectId, node: Node) -> bool:
        """Say whether SHA-1 counts here: historical authorizations stand in here."""
        return (
            self._historical_sha1
            and self._files.historical is not None
            and self._own_file(commit) is None
            and not self._any_has_file(node.parents)
        )

    def _own(self, commit: ObjectId, node: Node) -> Own:
        own = self._own_file(commit)
        if own is None and self._files.historical is not None:
            return None if self._any_has_file(node.parents) else self._files.historical
        return own

    def _finding_of(self, node: Node, found: Trusted) -> Finding:
        """Put what was found together with what an earlier run had found."""
        return Finding(
            found.signer,
            tuple(sorted(self._keyring.signer(found.signer).primaries)),
            found.person.name,
            found.person.service,
            tuple(sorted({*node.admitted_by, *found.admitted_by})),
            line=False,
        )

    def _trust(self, node: Node, finding: Finding) -> None:
        if node.finding is None:
            self.verified += 1
        node.finding = finding
        node.remembered = False
        node.reason = None
        node.line = node.line or self._line(node)

    def _note(self, commit: ObjectId, node: Node, finding: Finding) -> None:
        """Have the store remember what it does not know."""
        if node.line and not finding.line:
            finding = self._lined(finding)
        if finding is not node.stored and finding != node.stored:
            node.stored = finding
            self._unsaved.append((commit, finding))
            if len(self._unsaved) >= self._store.batch:
                self.save()

    def _lined(self, finding: Finding) -> Finding:
        """Return the finding with a line that leads to it, the same object for the same one."""
        known = self._with_line.get(id(finding))
        if known is None:
            known = self._with_line[id(finding)] = finding, replace(finding, line=True)
        return known[1]

    def _refuse(self, commit: ObjectId, node: Node, reason: Reason) -> None:
        """Note a refusal, unless something that could not be read might have changed it."""
        unknown = self._unknown(node.parents) or self._doubt
        if self.certain and not node.descends and self._walk.ancestors_end_early is not None:
            # It may be an ancestor of the introduction, of which no signature is asked.
            node.error = self._walk.ancestors_end_early
            return
        if unknown is not None:
            evidence = self._examine(commit, node)
            if isinstance(evidence, Testimony | rule.Signer):
                node.error = unknown
                return
            reason = evidence  # refused for its own bytes, whatever its parents are
        node.reason = reason

    def save(self) -> None:
        """Hand what was found to the store."""
        if self._unsaved:
            self._store.put(self._unsaved)
            if self._witness is not None:
                self._witness([(commit, self._nodes[commit]) for commit, _ in self._unsaved])
            self._unsaved = []


def _is_settled(evidence: object) -> bool:
    """Say whether the mathematics has said yes for the one key that may have signed."""
    return (
        isinstance(evidence, Testimony)
        and [*evidence.outcomes.values()] == [True]
        and (len(evidence.signers) == 1)
    )


def _found_before(_signer: rule.Signer) -> bool:
    """The mathematics was done in an earlier run."""
    return True
